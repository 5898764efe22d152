/// Processes that a child has started and not ended.
#pragma once

namespace plugin_check {

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

}  // namespace plugin_check
