/// Whether a process that a test has started, or whose number it was told, is still there.
#pragma once

#include "run/processes.hpp"

namespace study_test {

/// A zombie isn't.
[[nodiscard]] inline bool is_alive(pid_t pid) {
  const auto facts = host::read_process(pid);
  return facts && !facts->has_ended;
}

}  // namespace study_test
