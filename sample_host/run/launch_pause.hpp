/// What becomes of a study whose experiments can't be launched.
#pragma once

#include <chrono>
#include <optional>

namespace host {

/// When what launches experiments has failed, nothing is started for a time, then for twice as long
/// each: 0.25 s, 0.5 s, ... 16 s, half a minute in all. A controller of Slurm's that is started
/// anew is away for some seconds; a node that dies takes its step at once. One object, one thread.
class LaunchPause {
 public:
  using Clock = std::chrono::steady_clock;
  using Milliseconds = std::chrono::milliseconds;

  static constexpr Milliseconds kFirst{250};
  /// So often in a row it may fail; then nothing more is started.
  static constexpr int kMaxFailures = 8;

  void note_success() { failures_ = 0; }
  /// The pause that begins, if one does: what was at work when it had begun has failed for the same
  /// reason, and counts once.
  [[nodiscard]] std::optional<Milliseconds> note_failure(Clock::time_point now) {
    if (now < until_ || ++failures_ >= kMaxFailures) return std::nullopt;
    const Milliseconds pause = kFirst * (1 << (failures_ - 1));
    until_ = now + pause;
    return pause;
  }

  [[nodiscard]] Clock::time_point until() const { return until_; }
  [[nodiscard]] bool is_given_up() const { return failures_ >= kMaxFailures; }

 private:
  int failures_ = 0;  ///< one after the other
  Clock::time_point until_{};
};

}  // namespace host
