#include "session/checkpoints.hpp"

#include "base/format.hpp"
#include "manifest/last_change.hpp"
#include "session/result_file.hpp"

#include <study/error.hpp>

#include <algorithm>
#include <exception>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

namespace study {
namespace {

std::string reason_of(const CheckpointError& error) {
  const bool is_newer = error.kind() == CheckpointError::Kind::newer_version;
  return std::string(is_newer ? "it was written by a newer version: " : "") + error.what();
}

struct Progress {
  Timestamp last_change;
  std::int64_t completed;
  // NOLINTNEXTLINE(modernize-use-nullptr): takes the 0 that <=> is compared with for a pointer
  friend auto operator<=>(const Progress&, const Progress&) = default;
};

Progress progress_of(const NamedCheckpoint& checkpoint) {
  return {last_change(checkpoint.manifest), count_entries(checkpoint.manifest).completed};
}

std::string progress_text(const Progress& progress) {
  return study::format("{} completed, last changed {}", progress.completed,
                       format_timestamp(progress.last_change));
}

/// Makes completed in the first of sorted `checkpoints` what only another one has as completed.
/// Gives their number.
std::size_t adopt_completed(std::span<NamedCheckpoint> checkpoints) {
  std::map<std::pair<std::string_view, int>, const ManifestEntry*> completed;
  for (const NamedCheckpoint& other : checkpoints.subspan(1)) {
    for (const ManifestEntry& entry : other.manifest.experiments) {
      if (entry.status != ExperimentState::completed) continue;
      completed.try_emplace({entry.config_hash, entry.cycle}, &entry);
    }
  }
  std::size_t adopted = 0;
  for (ManifestEntry& entry : checkpoints.front().manifest.experiments) {
    if (entry.status == ExperimentState::completed) continue;
    const auto found = completed.find({entry.config_hash, entry.cycle});
    if (found == completed.end()) continue;
    entry = *found->second;
    ++adopted;
  }
  return adopted;
}

}  // namespace

CheckpointAnswers ask_observers(std::span<const NamedObserver> observers,
                                const CheckpointQuery& query) {
  CheckpointAnswers answers;
  for (const auto& [name, observer] : observers) {
    try {
      auto manifest = observer->read_checkpoint(query);
      if (manifest) answers.checkpoints.push_back({name, *std::move(manifest)});
    } catch (const CheckpointError& error) {
      answers.failures.push_back({name, reason_of(error)});
    } catch (const std::exception& error) {
      answers.failures.push_back({name, error.what()});
    }
  }
  return answers;
}

std::string join_texts(std::span<const CheckpointRemark> remarks) {
  std::string text;
  for (const CheckpointRemark& remark : remarks) text += (text.empty() ? "" : "; ") + remark.text;
  return text;
}

std::vector<NamedCheckpoint> take_out_other_studies(std::vector<NamedCheckpoint>& checkpoints,
                                                    std::optional<Timestamp> started_at) {
  if (checkpoints.empty()) return {};
  const auto began_then = [&](const NamedCheckpoint& checkpoint) {
    return checkpoint.manifest.head.started_at == started_at;
  };
  if (std::none_of(checkpoints.begin(), checkpoints.end(), began_then)) {
    started_at = checkpoints.front().manifest.head.started_at;
  }
  const auto others = std::stable_partition(checkpoints.begin(), checkpoints.end(), began_then);
  std::vector<NamedCheckpoint> taken(std::make_move_iterator(others),
                                     std::make_move_iterator(checkpoints.end()));
  checkpoints.erase(others, checkpoints.end());
  return taken;
}

void sort_by_progress(std::vector<NamedCheckpoint>& checkpoints) {
  std::stable_sort(checkpoints.begin(), checkpoints.end(),
                   [](const auto& a, const auto& b) { return progress_of(a) > progress_of(b); });
}

std::vector<CheckpointRemark> describe_stale(std::span<const NamedCheckpoint> checkpoints) {
  std::vector<CheckpointRemark> stale;
  for (const NamedCheckpoint& checkpoint : checkpoints) {
    const NamedCheckpoint& first = checkpoints.front();
    const Progress progress = progress_of(checkpoint);
    if (progress == progress_of(first)) continue;
    stale.push_back({checkpoint.observer,
                     study::format("the checkpoint of {} is behind ({}): that of {} counts ({})",
                                   checkpoint.observer, progress_text(progress), first.observer,
                                   progress_text(progress_of(first)))});
  }
  return stale;
}

StudyManifest merge_checkpoints(CheckpointAnswers answers, std::optional<Timestamp> started_at,
                                const LogFunction& log) {
  const auto warn = [&](const std::string& text) { log(LogSeverity::warning, {}, text); };
  for (const CheckpointRemark& failure : answers.failures) {
    warn("a checkpoint can't be read: " + failure.text);
  }
  std::vector<NamedCheckpoint>& checkpoints = answers.checkpoints;
  for (const NamedCheckpoint& other : take_out_other_studies(checkpoints, started_at)) {
    warn(study::format(
        "the checkpoint of {} is of another study, which began at {}: it is passed over",
        other.observer, format_timestamp(other.manifest.head.started_at)));
  }
  sort_by_progress(checkpoints);
  for (const CheckpointRemark& stale : describe_stale(checkpoints)) warn(stale.text);
  const std::string& first = checkpoints.front().observer;
  log(LogSeverity::info, {}, "resuming from the checkpoint of " + first);
  if (const std::size_t adopted = adopt_completed(checkpoints); adopted > 0) {
    warn(
        study::format("the checkpoint of {} lacks {} completed experiments that another observer "
                      "has: they count",
                      first, adopted));
  }
  return std::move(checkpoints.front().manifest);
}

void warn_of_left_out_observers(std::span<const std::string> latest,
                                std::span<const NamedObserver> observers, const LogFunction& log) {
  std::string names;
  for (const std::string& name : latest) {
    const auto is_it = [&](const NamedObserver& observer) { return observer.name == name; };
    if (std::any_of(observers.begin(), observers.end(), is_it)) return;
    names += (names.empty() ? "" : ", ") + name;
  }
  if (names.empty()) return;
  log(LogSeverity::warning, {},
      study::format("the latest run's checkpoint is known to {}, which is not enabled now: the "
                    "study goes on from an older one",
                    names));
}

std::vector<std::string> possible_stems(const boost::json::object& fields,
                                        const PlannedConfiguration& configuration, int cycle) {
  std::vector<std::string> stems{result_stem(fields, configuration, cycle)};
  if (cycle > 1) return stems;
  PlannedConfiguration other = configuration;
  other.n_cycles = configuration.n_cycles > 1 ? 1 : 2;
  stems.push_back(result_stem(fields, other, cycle));
  return stems;
}

StudyManifest rebuild_checkpoint(const StudyConfig& config, const StudyPlan& plan,
                                 const std::filesystem::path& study_dir, Timestamp started_at) {
  StudyManifest manifest = initial_manifest(config, plan, started_at);
  auto entry = manifest.experiments.begin();
  for (const PlannedConfiguration& configuration : plan.configurations) {
    const AllFields fields(config.experiments[configuration.experiment_index]);
    for (int cycle = 1; cycle <= configuration.n_cycles; ++cycle, ++entry) {
      for (const std::string& stem : possible_stems(*fields, configuration, cycle)) {
        entry->completed_at = modification_time(study_dir / (stem + ".json"));
        if (!entry->completed_at) continue;
        entry->status = ExperimentState::completed;
        entry->result_file = stem + ".json";
        break;
      }
    }
  }
  return manifest;
}

}  // namespace study
