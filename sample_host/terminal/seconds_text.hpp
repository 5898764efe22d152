/// Durations as a person reads them.
#pragma once

#include <chrono>
#include <string>

namespace host {

/// `0.5 s`, `600 s`: no more digits than needed, at most milliseconds. For given limits and gaps.
[[nodiscard]] std::string seconds_text(std::chrono::milliseconds duration);

/// `70 ms`, `1.2 s`, `3 min 05 s`, `2 h 07 min`: for measured times.
[[nodiscard]] std::string elapsed_text(std::chrono::steady_clock::duration duration);

/// `1 s`, `18 s`, `3 min 05 s`, `2 h 07 min`: for what nobody knows to the tenth of a second.
[[nodiscard]] std::string estimate_text(std::chrono::steady_clock::duration duration);

}  // namespace host
