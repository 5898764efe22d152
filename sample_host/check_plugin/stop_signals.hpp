/// Signals that ask to stop, taken when it suits.
#pragma once

#include <study/posix.hpp>

#include <signal.h>

namespace plugin_check {

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

}  // namespace plugin_check
