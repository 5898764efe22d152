#include "terminal/clock_text.hpp"

#include "terminal/seconds_text.hpp"

#include <algorithm>

namespace host {

using std::chrono::microseconds;
using std::chrono::seconds;

std::string second_text(study::Timestamp time) {
  return study::format_timestamp(std::chrono::floor<seconds>(time));
}

std::string age_text(microseconds age) {
  const auto whole = std::chrono::floor<seconds>(std::max(age, microseconds(0)));
  return whole < std::chrono::minutes(1) ? std::to_string(whole.count()) + " s"
                                         : elapsed_text(whole);
}

}  // namespace host
