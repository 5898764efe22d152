#include "terminal/durations.hpp"

#include "base/format.hpp"

#include <algorithm>

namespace host {

using std::chrono::seconds;

namespace {

std::string whole_text(seconds duration) {
  return duration < std::chrono::minutes(1) ? study::format("{} s", duration.count())
                                            : elapsed_text(duration);
}

}  // namespace

std::string limit_text(std::chrono::milliseconds duration) {
  std::string text = std::to_string(duration.count() / 1000);
  if (const auto rest = duration.count() % 1000; rest != 0) {
    std::string digits = std::to_string(1000 + rest).substr(1);
    digits.resize(digits.find_last_not_of('0') + 1);
    text += "." + digits;
  }
  return text + " s";
}

std::string microseconds_text(std::chrono::microseconds duration) {
  if (duration < std::chrono::seconds(1)) {
    return std::to_string(std::chrono::floor<std::chrono::milliseconds>(duration).count()) + " ms";
  }
  const auto tenths = std::chrono::round<std::chrono::duration<long, std::deci>>(duration).count();
  const long whole = tenths / 10;
  if (whole < 60) return study::format("{}.{} s", whole, tenths % 10);
  if (whole < 3600) return study::format("{} min {:02} s", whole / 60, whole % 60);
  return study::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string left_text(std::chrono::steady_clock::duration duration) {
  return whole_text(std::max(std::chrono::round<seconds>(duration), seconds(1)));
}

std::string age_text(std::chrono::microseconds age) {
  return whole_text(std::max(std::chrono::floor<seconds>(age), seconds(0)));
}

std::string time_text(study::Timestamp time) {
  return study::format_timestamp(std::chrono::floor<seconds>(time));
}

std::string log_time_text(study::Timestamp time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto rest = std::chrono::floor<std::chrono::milliseconds>(time - whole);
  std::string text = study::format_timestamp(whole);
  text.pop_back();
  return study::format("{}.{:03}Z", text, rest.count());
}

}  // namespace host
