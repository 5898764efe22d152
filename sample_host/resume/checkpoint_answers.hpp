/// What several observers know of one study, and which of them knows the most.
#pragma once

#include "session/observers.hpp"

#include <study/manifest.hpp>
#include <study/observer.hpp>
#include <study/timestamp.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace host {

struct NamedCheckpoint {
  std::string observer;
  study::StudyManifest manifest;
};

/// An observer's that could not be read.
struct CheckpointFailure {
  std::string observer;
  std::string reason;
};

struct CheckpointAnswers {
  /// In the order in which the observers were asked; after `rank` the most advanced first.
  std::vector<NamedCheckpoint> checkpoints;
  std::vector<CheckpointFailure> failures;
};

/// Asks all: a store that could not be written for a while, or was left out of a run, answers with
/// an old state and doesn't know that it is old. Never throws for what an observer does.
[[nodiscard]] CheckpointAnswers ask_observers(std::span<const study::NamedObserver> observers,
                                              const study::CheckpointQuery& query);

/// The failures' reasons on one line; empty without any.
[[nodiscard]] std::string join_reasons(const std::vector<CheckpointFailure>& failures);

/// The last moment that the checkpoint tells of. Linear.
[[nodiscard]] study::Timestamp last_change(const study::StudyManifest& manifest);

/// Takes away the checkpoints of studies that did not begin at `started_at`, or if none did, not
/// when that of the first did, and gives them. Of the rest, the one with the last change comes
/// first; among equals, the one with the most completed, then the one that was asked first.
std::vector<NamedCheckpoint> rank(std::vector<NamedCheckpoint>& checkpoints,
                                  std::optional<study::Timestamp> started_at);

/// A warning for each but the first of ranked `checkpoints` that ends earlier than the first, or
/// has fewer completed.
[[nodiscard]] std::vector<CheckpointFailure> describe_stale(
    std::span<const NamedCheckpoint> checkpoints);

/// Makes completed in the first of ranked `checkpoints` what only another one has as completed:
/// `completed` is final, whoever tells it. Gives their number. Linear.
std::size_t adopt_completed(std::span<NamedCheckpoint> checkpoints);

}  // namespace host
