#include "session/resumed_state.hpp"

#include "base/format.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>
#include <tuple>

namespace study {
namespace {

/// The entries of a checkpoint by configuration, and of each by cycle.
class EarlierEntries {
 public:
  explicit EarlierEntries(const StudyManifest& checkpoint) {
    entries_.reserve(checkpoint.experiments.size());
    for (const ManifestEntry& entry : checkpoint.experiments) entries_.push_back(&entry);
    const auto comes_before = [](const ManifestEntry* a, const ManifestEntry* b) {
      return std::tie(a->config_hash, a->cycle) < std::tie(b->config_hash, b->cycle);
    };
    std::stable_sort(entries_.begin(), entries_.end(), comes_before);
    // No sink writes an entry twice, but none may be handed on twice either: the first one counts.
    const auto is_twin = [](const ManifestEntry* a, const ManifestEntry* b) {
      return a->cycle == b->cycle && a->config_hash == b->config_hash;
    };
    entries_.erase(std::unique(entries_.begin(), entries_.end(), is_twin), entries_.end());
  }

  [[nodiscard]] std::span<const ManifestEntry* const> of(std::string_view config_hash) const {
    const auto begin = std::partition_point(
        entries_.begin(), entries_.end(),
        [&](const ManifestEntry* entry) { return entry->config_hash < config_hash; });
    const auto end = std::partition_point(begin, entries_.end(), [&](const ManifestEntry* entry) {
      return entry->config_hash == config_hash;
    });
    return {begin, end};
  }

 private:
  std::vector<const ManifestEntry*> entries_;
};

bool is_same_run(const ManifestEntry& a, const ManifestEntry& b) {
  return a.cycle == b.cycle && a.config_hash == b.config_hash;
}

std::vector<std::string> differences_between(const ManifestHead& before, const ManifestHead& now) {
  std::vector<std::string> differences;
  if (before.framework_version != now.framework_version) {
    differences.push_back(
        study::format("the study began with version {} and goes on with version {}: its results "
                      "may not be comparable",
                      before.framework_version, now.framework_version));
  }
  if (before.study_name != now.study_name) {
    differences.push_back(study::format("the study was called {} and goes on as {}",
                                        before.study_name, now.study_name));
  }
  return differences;
}

/// Which entries of the checkpoint are kept, and a warning for each that isn't and might have been.
class Keeper {
 public:
  Keeper(FailedRuns failed_runs, const ResultProblem& result_problem,
         const FindUntoldResult& find_untold_result, ResumedState& out)
      : failed_runs_(failed_runs),
        result_problem_(result_problem),
        find_untold_result_(find_untold_result),
        out_(out) {}

  /// `fresh`, an entry of the study, or in its place what the checkpoint has, which may be null.
  void take(const ManifestEntry* earlier, const ManifestEntry& fresh) {
    if (earlier != nullptr && keep(*earlier, fresh.config_summary)) return;
    out_.manifest.experiments.push_back(fresh);
  }

  /// Of a cycle that the study doesn't have any more, so that nothing could be run again.
  void keep_surplus(const ManifestEntry& entry, const std::string& summary) {
    if (entry.status == ExperimentState::failed || has_result(entry, "is dropped")) {
      append(entry, summary);
    }
  }

 private:
  /// Of a cycle that the study has, which is run again otherwise.
  bool keep(const ManifestEntry& entry, const std::string& summary) {
    const bool has_not_ended =
        entry.status == ExperimentState::running || entry.status == ExperimentState::pending;
    if (has_not_ended) return keep_untold(entry, summary);
    const bool stays = entry.status == ExperimentState::failed
                           ? failed_runs_ == FailedRuns::stay_failed
                           : has_result(entry, "is run again");
    if (stays) append(entry, summary);
    return stays;
  }

  /// It may have completed, and its writer died, or its store was away, before it could be told.
  bool keep_untold(const ManifestEntry& entry, const std::string& summary) {
    const auto result = find_untold_result_ ? find_untold_result_(entry) : std::nullopt;
    if (!result) return false;
    append(entry, summary);
    ManifestEntry& kept = out_.manifest.experiments.back();
    kept.status = ExperimentState::completed;
    kept.result_file = result->file_name;
    kept.completed_at = std::max(result->made_at, entry.started_at.value_or(result->made_at));
    ++out_.adopted;
    return true;
  }

  bool has_result(const ManifestEntry& entry, std::string_view otherwise) {
    if (entry.status != ExperimentState::completed) return false;
    const std::string problem = result_problem_(entry);
    if (problem.empty()) return true;
    out_.warnings.push_back(study::format("{}, cycle {}: {}: {}", entry.config_summary, entry.cycle,
                                          otherwise, problem));
    return false;
  }

  /// The summary is the present study's, since it depends on what varies in all of it.
  void append(const ManifestEntry& entry, const std::string& summary) {
    out_.manifest.experiments.push_back(entry);
    out_.manifest.experiments.back().config_summary = summary;
  }

  FailedRuns failed_runs_;
  const ResultProblem& result_problem_;
  const FindUntoldResult& find_untold_result_;
  ResumedState& out_;
};

}  // namespace

ResumedState resumed_state(const StudyManifest& checkpoint, const StudyManifest& fresh,
                           FailedRuns failed_runs, const ResultProblem& result_problem,
                           const FindUntoldResult& find_untold_result) {
  ResumedState out{{fresh.head, {}}, differences_between(checkpoint.head, fresh.head)};
  out.manifest.head.started_at = checkpoint.head.started_at;
  out.manifest.experiments.reserve(fresh.experiments.size());
  Keeper keeper(failed_runs, result_problem, find_untold_result, out);
  if (std::ranges::equal(checkpoint.experiments, fresh.experiments, is_same_run)) {  // the rule
    for (std::size_t i = 0; i < fresh.experiments.size(); ++i) {
      keeper.take(&checkpoint.experiments[i], fresh.experiments[i]);
    }
    return out;
  }
  const EarlierEntries earlier(checkpoint);
  for (auto entry = fresh.experiments.begin(); entry != fresh.experiments.end(); ++entry) {
    const auto cycles = earlier.of(entry->config_hash);
    const auto from = std::ranges::lower_bound(cycles, entry->cycle, {}, &ManifestEntry::cycle);
    const bool is_there = from != cycles.end() && (*from)->cycle == entry->cycle;
    keeper.take(is_there ? *from : nullptr, *entry);
    const auto next = std::next(entry);
    if (next != fresh.experiments.end() && next->config_hash == entry->config_hash) continue;
    for (const ManifestEntry* surplus :
         std::span(is_there ? std::next(from) : from, cycles.end())) {
      keeper.keep_surplus(*surplus, entry->config_summary);
    }
  }
  return out;
}

}  // namespace study
