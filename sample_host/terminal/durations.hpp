/// Durations and points in time as a person reads them.
#pragma once

#include <study/timestamp.hpp>

#include <chrono>
#include <string>

namespace host {

/// `0.5 s`, `600 s`: no more digits than needed, at most milliseconds. For given limits and gaps.
[[nodiscard]] std::string limit_text(std::chrono::milliseconds duration);

[[nodiscard]] std::string microseconds_text(std::chrono::microseconds duration);

/// `70 ms`, `1.2 s`, `3 min 05 s`, `2 h 07 min`: for measured times. Also between any two moments
/// that a manifest can name, which nanoseconds can't tell.
template <class Duration>
[[nodiscard]] std::string elapsed_text(Duration duration) {
  return microseconds_text(std::chrono::floor<std::chrono::microseconds>(duration));
}

/// `1 s`, `18 s`, `3 min 05 s`, `2 h 07 min`: for an estimate of what is left, which nobody knows
/// to the tenth of a second.
[[nodiscard]] std::string left_text(std::chrono::steady_clock::duration duration);

/// The same of what goes on, in whole seconds that have passed. A negative age, from a clock that
/// is behind another machine's, is none: `0 s`.
[[nodiscard]] std::string age_text(std::chrono::microseconds age);

/// `2026-02-27T16:30:01Z`.
[[nodiscard]] std::string time_text(study::Timestamp time);

/// `2026-02-27T16:30:00.123Z`: a fraction of three digits, also when zero, so that columns align.
[[nodiscard]] std::string log_time_text(study::Timestamp time);

}  // namespace host
