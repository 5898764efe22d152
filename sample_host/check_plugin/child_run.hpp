/// Runs a piece of work in a process of its own and tells how it ended, however it ended.
#pragma once

#include "check_plugin/check_case.hpp"
#include "check_plugin/leftover_processes.hpp"
#include "check_plugin/stop_signals.hpp"

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>

namespace plugin_check {

enum class Verdict { pass, fail, skip };

struct CaseResult {
  Verdict verdict = Verdict::fail;
  std::string text;  ///< why; for a pass a remark, mostly none
  std::chrono::milliseconds duration{0};
};

/// A signal has asked to stop.
class Interrupted : public std::runtime_error {
 public:
  explicit Interrupted(int signal) : std::runtime_error("interrupted"), signal_(signal) {}
  [[nodiscard]] int signal() const { return signal_; }

 private:
  int signal_;
};

/// How the process of a piece of work ends that has passed.
enum class ChildEnd {
  at_once,  ///< nothing that the plugin has left behind is called any more
  normal,   ///< through exit(3), with all that it calls; what goes wrong there is a failure
};

/// Takes the stop signals as long as it lives. The process has only one thread, and no children of
/// its own.
class ChildRunner {
 public:
  using Work = std::function<std::string(const StepFunction& step)>;

  /// Forks, and calls `work` there. A failure is: what it throws but `CaseSkipped`, a signal, an
  /// exit(3) under its feet, no end within `limit`. With the child go all processes that it has
  /// started. What it prints is swallowed, but for the last line if it dies.
  ///
  /// The caller has flushed what it prints. Throws `Interrupted` for a signal since the last call,
  /// when the child is gone.
  [[nodiscard]] CaseResult run(const Work& work, std::chrono::milliseconds limit,
                               ChildEnd end = ChildEnd::at_once) const;

 private:
  StopSignals stop_;
  LeftoverProcesses leftovers_;
};

}  // namespace plugin_check
