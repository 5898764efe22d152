/// Runs a piece of work in a process of its own and tells how it ended, however it ended.
#pragma once

#include "check_plugin/check_case.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace plugin_check {

enum class Verdict { pass, fail, skip };

struct CaseResult {
  Verdict verdict = Verdict::fail;
  std::string text;  ///< why; for a pass a remark, mostly none
  std::chrono::milliseconds duration{0};
};

/// Forks, and calls `work` there. A failure is: what it throws but `CaseSkipped`, a signal, an
/// exit(3) under its feet, no end within `limit`. With the child go all processes that it has
/// started in its session. What it prints is swallowed, but for the last line if it dies.
///
/// The caller has only one thread, and has flushed what it prints.
[[nodiscard]] CaseResult run_in_child(
    const std::function<std::string(const StepFunction& step)>& work,
    std::chrono::milliseconds limit);

}  // namespace plugin_check
