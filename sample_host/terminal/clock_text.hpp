/// Points in time and ages as a person reads them.
#pragma once

#include <study/timestamp.hpp>

#include <chrono>
#include <string>

namespace host {

/// `2026-02-27T16:30:01Z`.
[[nodiscard]] std::string second_text(study::Timestamp time);

/// `58 s`, `3 min 05 s`, `2 h 07 min`: of what goes on, so without tenths of seconds. A negative
/// age, from a clock that is behind another machine's, is none.
[[nodiscard]] std::string age_text(std::chrono::microseconds age);

}  // namespace host
