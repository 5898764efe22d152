#include "resume/checkpoint_source.hpp"

#include "resume/checkpoint_answers.hpp"
#include "resume/study_results.hpp"

#include <study/error.hpp>

#include <chrono>
#include <utility>
#include <vector>

#include <sys/stat.h>

namespace host {
namespace {

namespace fs = std::filesystem;

/// What the person can do where no checkpoint can be used.
constexpr std::string_view kRebuildOffer =
    "--rebuild reconstructs the states from the result files in the directory";

study::Timestamp modification_time(const struct stat& status) {
  return study::Timestamp(std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::seconds(status.st_mtim.tv_sec) +
      std::chrono::nanoseconds(status.st_mtim.tv_nsec)));
}

std::string nobody_has(std::span<const study::NamedObserver> observers) {
  if (observers.empty()) return "no observer is enabled, so that nobody can be asked";
  std::string names;
  for (const study::NamedObserver& observer : observers) {
    names += (names.empty() ? "" : ", ") + observer.name;
  }
  return "no checkpoint is known to " + names;
}

/// One line for each observer that has no part in what the study goes on from.
void warn_of_the_rest(const CheckpointAnswers& answers, const std::vector<NamedCheckpoint>& alien,
                      HostLog& log) {
  for (const CheckpointFailure& failure : answers.failures) {
    log.warning("a checkpoint can't be read: " + failure.reason);
  }
  for (const NamedCheckpoint& other : alien) {
    log.warning("the checkpoint of " + other.observer + " is of another study, which began at " +
                study::format_timestamp(other.manifest.head.started_at) + ": it is passed over");
  }
  for (const CheckpointFailure& stale : describe_stale(answers.checkpoints)) {
    log.warning(stale.reason);
  }
}

}  // namespace

std::string nothing_to_resume(const fs::path& study_dir, const std::string& reason) {
  std::string message = "nothing to resume in " + study_dir.string() + ": " + reason;
  if (has_result_files(study_dir)) {
    message += ", but there are result files: " + std::string(kRebuildOffer) +
               "; or add the observer that kept the study's checkpoint to the host config";
  }
  return message;
}

study::StudyManifest read_checkpoint(std::span<const study::NamedObserver> observers,
                                     const fs::path& study_dir,
                                     std::optional<study::Timestamp> started_at, HostLog& log) {
  CheckpointAnswers answers = ask_observers(observers, {study_dir, {}, study_dir.parent_path()});
  if (answers.checkpoints.empty() && !answers.failures.empty()) {
    throw study::StudyError("no checkpoint in " + study_dir.string() + " can be read: " +
                            join_reasons(answers.failures) + "; " + std::string(kRebuildOffer));
  }
  if (answers.checkpoints.empty()) {
    throw study::StudyError(nothing_to_resume(study_dir, nobody_has(observers)));
  }
  const std::vector<NamedCheckpoint> alien = rank(answers.checkpoints, started_at);
  warn_of_the_rest(answers, alien, log);
  const std::string& first = answers.checkpoints.front().observer;
  log.info("resuming from the checkpoint of " + first);
  if (const std::size_t adopted = adopt_completed(answers.checkpoints); adopted > 0) {
    log.warning("the checkpoint of " + first + " lacks " + std::to_string(adopted) +
                " completed experiments that another observer has: they count");
  }
  return std::move(answers.checkpoints.front().manifest);
}

study::StudyManifest rebuild_checkpoint(const PreparedStudy& study, const fs::path& study_dir,
                                        study::Timestamp started_at) {
  study::StudyManifest manifest = study::initial_manifest(study.config, study.plan, started_at);
  const auto n_cycles = static_cast<std::size_t>(study.plan.n_cycles);
  for (std::size_t i = 0; i < manifest.experiments.size(); ++i) {
    study::ManifestEntry& entry = manifest.experiments[i];
    for (const std::string& stem : possible_stems(study, i / n_cycles, entry.cycle)) {
      const fs::path file = study_dir / (stem + ".json");
      struct stat status {};
      if (::stat(file.c_str(), &status) != 0) continue;
      entry.status = study::ExperimentState::completed;
      entry.result_file = stem + ".json";
      entry.completed_at = modification_time(status);
      break;
    }
  }
  return manifest;
}

}  // namespace host
