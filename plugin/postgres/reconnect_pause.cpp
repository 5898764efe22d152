#include "postgres/reconnect_pause.hpp"

#include <algorithm>

namespace study::postgres {

using std::chrono::milliseconds;

milliseconds reconnect_pause(int failures, bool hurried, std::mt19937& random) {
  constexpr milliseconds kFirst{50};
  constexpr milliseconds kLongest{10'000};
  constexpr milliseconds kLongestHurried{250};
  if (failures == 0) return milliseconds(0);
  const milliseconds pause =
      std::min(hurried ? kLongestHurried : kLongest, kFirst * (1 << std::min(failures - 1, 10)));
  return milliseconds(std::uniform_int_distribution(pause.count() / 2, pause.count())(random));
}

}  // namespace study::postgres
