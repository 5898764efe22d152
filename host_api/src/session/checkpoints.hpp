/// What the observers of a study know of it, each for itself and all together.
#pragma once

#include "session/observers.hpp"

#include <study/log.hpp>
#include <study/manifest.hpp>
#include <study/observer.hpp>
#include <study/study_config.hpp>
#include <study/study_plan.hpp>
#include <study/timestamp.hpp>

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace study {

struct NamedCheckpoint {
  std::string observer;
  StudyManifest manifest;
};

/// What there is to say of one observer's checkpoint.
struct CheckpointRemark {
  std::string observer;
  std::string text;
};

struct CheckpointAnswers {
  std::vector<NamedCheckpoint> checkpoints;  ///< in the order in which the observers were asked
  std::vector<CheckpointRemark> failures;    ///< why the others' can't be read
};

/// Asks all: a store that could not be written for a while, or was left out of a run, answers with
/// an old state and doesn't know that it is old. Never throws for what an observer does.
[[nodiscard]] CheckpointAnswers ask_observers(std::span<const NamedObserver> observers,
                                              const CheckpointQuery& query);

/// On one line; empty without any.
[[nodiscard]] std::string join_texts(std::span<const CheckpointRemark> remarks);

/// Takes away the checkpoints of studies that did not begin at `started_at`, or if none did, not
/// when that of the first did, and gives them.
std::vector<NamedCheckpoint> take_out_other_studies(std::vector<NamedCheckpoint>& checkpoints,
                                                    std::optional<Timestamp> started_at);

/// The one with the last change comes first; among equals, the one with the most completed, then
/// the one that was asked first.
void sort_by_progress(std::vector<NamedCheckpoint>& checkpoints);

/// A warning for each but the first of sorted `checkpoints` that ends earlier than the first, or
/// has fewer completed.
[[nodiscard]] std::vector<CheckpointRemark> describe_stale(
    std::span<const NamedCheckpoint> checkpoints);

/// What all that have answered know together: the state of the most advanced one, and what any
/// other has as completed, since that is final whoever tells it. One whose checkpoint is behind,
/// another study's or can't be read is warned of by name. There is at least one checkpoint.
/// `started_at`: of the study, if that is known. Linear but for the sorting.
[[nodiscard]] StudyManifest merge_checkpoints(CheckpointAnswers answers,
                                              std::optional<Timestamp> started_at,
                                              const LogFunction& log);

/// Warns if none of the `latest` run's observers, which alone know its state, is among `observers`.
void warn_of_left_out_observers(std::span<const std::string> latest,
                                std::span<const NamedObserver> observers, const LogFunction& log);

/// The stems that a run's result files may have, the present one first: files that were named for
/// one cycle stay when the study gets several, and the other way round.
[[nodiscard]] std::vector<std::string> possible_stems(const boost::json::object& fields,
                                                      const PlannedConfiguration& configuration,
                                                      int cycle);

/// Reconstructs the state from the result files: a run whose file is there has completed, at the
/// file's last modification. Whether it is a result, nobody has looked yet.
[[nodiscard]] StudyManifest rebuild_checkpoint(const StudyConfig& config, const StudyPlan& plan,
                                               const std::filesystem::path& study_dir,
                                               Timestamp started_at);

}  // namespace study
