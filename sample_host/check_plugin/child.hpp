/// Runs a piece of work in a process of its own and tells how it ended, however it ended.
#pragma once

#include "check_plugin/case.hpp"

#include <study/posix.hpp>

#include <signal.h>

namespace host {

/// A signal has asked to stop.
class Interrupted : public std::runtime_error {
 public:
  explicit Interrupted(int signal) : std::runtime_error("interrupted"), signal_(signal) {}
  [[nodiscard]] int signal() const { return signal_; }

 private:
  int signal_;
};

/// While it lives, orphans among this process's descendants become its children (prctl(2),
/// PR_SET_CHILD_SUBREAPER), whatever session or group they have moved to.
class LeftoverProcesses {
 public:
  /// Throws `study::FileError`.
  LeftoverProcesses();
  LeftoverProcesses(const LeftoverProcesses&) = delete;
  LeftoverProcesses& operator=(const LeftoverProcesses&) = delete;
  ~LeftoverProcesses();

  /// Kills and reaps all children of this process, and theirs. Not those that it may not kill,
  /// such as another user's. Needs /proc/PID/task/PID/children, proc_pid_task(5); where the kernel
  /// has none, they stay.
  void end() const;

 private:
  int was_subreaper_ = 0;
};

/// While it lives, SIGINT, SIGTERM and SIGHUP wait in a descriptor instead of ending the process,
/// so that what must not stay behind can be removed first. What the process was told to ignore, as
/// by nohup, stays ignored. One that nobody has taken has its usual effect in the end.
class StopSignals {
 public:
  /// Throws `study::FileError`.
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  /// Readable as soon as there is one.
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  /// Takes it; 0 for none.
  [[nodiscard]] int take() const;

  /// For a forked child: signals have their usual effect there.
  void release_in_child() const;

 private:
  sigset_t old_{};
  study::UniqueFd descriptor_;
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

}  // namespace host
