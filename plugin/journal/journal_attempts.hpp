/// The attempts that the lines of a journal tell of.
#pragma once

#include "checkpoint/entry_table.hpp"

#include <study/attempt.hpp>

#include <map>
#include <string>

namespace study::journal {

/// Hands each attempt over when its end is known, or that nobody knows it.
class AttemptReplay {
 public:
  /// `take` must outlive it.
  explicit AttemptReplay(const TakeAttempt& take) : take_(take) {}

  /// A transition of `entry`, which is the state after it. `transition.attributes` are the line's,
  /// which are all of the attempt up to now.
  void move(const ManifestEntryView& entry, const checkpoint::Transition& transition);

  /// The study goes on with another host: whatever was running, that one's death has interrupted.
  void interrupt_all();

  /// The journal is at its end: whatever is running, runs.
  void finish();

 private:
  void hand_over_all(AttemptState state);

  const TakeAttempt& take_;
  std::map<checkpoint::EntryIndex, StudyAttempt> running_;
};

}  // namespace study::journal
