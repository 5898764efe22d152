#include "terminal/seconds_text.hpp"

#include <algorithm>
#include <cstdio>

namespace host {

std::string seconds_text(std::chrono::milliseconds duration) {
  std::string text = std::to_string(duration.count() / 1000);
  if (const auto rest = duration.count() % 1000; rest != 0) {
    std::string digits = std::to_string(1000 + rest).substr(1);
    digits.resize(digits.find_last_not_of('0') + 1);
    text += "." + digits;
  }
  return text + " s";
}

std::string elapsed_text(std::chrono::steady_clock::duration duration) {
  if (duration < std::chrono::seconds(1)) {
    return std::to_string(std::chrono::floor<std::chrono::milliseconds>(duration).count()) + " ms";
  }
  const auto tenths = std::chrono::round<std::chrono::duration<long, std::deci>>(duration).count();
  const long seconds = tenths / 10;
  char text[64];
  if (seconds < 60) {
    std::snprintf(text, sizeof text, "%ld.%ld s", seconds, tenths % 10);
  } else if (seconds < 3600) {
    std::snprintf(text, sizeof text, "%ld min %02ld s", seconds / 60, seconds % 60);
  } else {
    std::snprintf(text, sizeof text, "%ld h %02ld min", seconds / 3600, seconds / 60 % 60);
  }
  return text;
}

std::string estimate_text(std::chrono::steady_clock::duration duration) {
  using std::chrono::seconds;
  const seconds whole = std::max(std::chrono::round<seconds>(duration), seconds(1));
  return whole < std::chrono::minutes(1) ? std::to_string(whole.count()) + " s"
                                         : elapsed_text(whole);
}

}  // namespace host
