#include "resume/checkpoint_answers.hpp"

#include <study/error.hpp>

#include <algorithm>
#include <exception>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

namespace host {
namespace {

using study::ExperimentState;
using study::ManifestEntry;
using study::StudyManifest;
using study::Timestamp;

std::string advance_text(const NamedCheckpoint& checkpoint) {
  return std::to_string(study::count_entries(checkpoint.manifest).completed) + " completed, " +
         "last changed " + study::format_timestamp(last_change(checkpoint.manifest));
}

std::string reason_of(const study::CheckpointError& error) {
  const bool is_newer = error.kind() == study::CheckpointError::Kind::newer_version;
  return std::string(is_newer ? "it was written by a newer version: " : "") + error.what();
}

}  // namespace

CheckpointAnswers ask_observers(std::span<const study::NamedObserver> observers,
                                const study::CheckpointQuery& query) {
  CheckpointAnswers answers;
  for (const auto& [name, observer] : observers) {
    try {
      auto manifest = observer->read_checkpoint(query);
      if (manifest) answers.checkpoints.push_back({name, *std::move(manifest)});
    } catch (const study::CheckpointError& error) {
      answers.failures.push_back({name, reason_of(error)});
    } catch (const std::exception& error) {
      answers.failures.push_back({name, error.what()});
    }
  }
  return answers;
}

std::string join_reasons(const std::vector<CheckpointFailure>& failures) {
  std::string text;
  for (const CheckpointFailure& failure : failures) {
    text += (text.empty() ? "" : "; ") + failure.reason;
  }
  return text;
}

Timestamp last_change(const StudyManifest& manifest) {
  Timestamp last = std::max(manifest.head.started_at,
                            manifest.head.completed_at.value_or(manifest.head.started_at));
  for (const ManifestEntry& entry : manifest.experiments) {
    last = std::max({last, entry.started_at.value_or(last), entry.completed_at.value_or(last)});
  }
  return last;
}

std::vector<NamedCheckpoint> rank(std::vector<NamedCheckpoint>& checkpoints,
                                  std::optional<Timestamp> started_at) {
  if (checkpoints.empty()) return {};
  const auto began_then = [&](const NamedCheckpoint& checkpoint) {
    return checkpoint.manifest.head.started_at == started_at;
  };
  if (std::none_of(checkpoints.begin(), checkpoints.end(), began_then)) {
    started_at = checkpoints.front().manifest.head.started_at;
  }
  const auto others = std::stable_partition(checkpoints.begin(), checkpoints.end(), began_then);
  std::vector<NamedCheckpoint> alien(std::make_move_iterator(others),
                                     std::make_move_iterator(checkpoints.end()));
  checkpoints.erase(others, checkpoints.end());
  const auto advance = [](const NamedCheckpoint& checkpoint) {
    return std::tuple(last_change(checkpoint.manifest),
                      study::count_entries(checkpoint.manifest).completed);
  };
  std::stable_sort(checkpoints.begin(), checkpoints.end(),
                   [&](const auto& a, const auto& b) { return advance(a) > advance(b); });
  return alien;
}

std::vector<CheckpointFailure> describe_stale(std::span<const NamedCheckpoint> checkpoints) {
  std::vector<CheckpointFailure> stale;
  for (const NamedCheckpoint& checkpoint : checkpoints) {
    const NamedCheckpoint& first = checkpoints.front();
    if (advance_text(checkpoint) == advance_text(first)) continue;
    stale.push_back({checkpoint.observer, "the checkpoint of " + checkpoint.observer +
                                              " is behind (" + advance_text(checkpoint) +
                                              "): that of " + first.observer + " counts (" +
                                              advance_text(first) + ")"});
  }
  return stale;
}

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

}  // namespace host
