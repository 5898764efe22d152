#include "session/resumed_state.hpp"

#include "base/format.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

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

/// Whether the checkpoint has the plan's entries, in the plan's order.
bool has_entries_of(const StudyPlan& plan, const std::vector<ManifestEntry>& entries) {
  bool is_so = true;
  std::size_t count = 0;
  for_each_initial_entry(plan, [&](const ManifestEntryView& fresh) {
    is_so = is_so && count < entries.size() && entries[count].cycle == fresh.cycle &&
            entries[count].config_hash == fresh.config_hash;
    ++count;
  });
  return is_so && count == entries.size();
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

/// What becomes of the entries of a checkpoint.
class Settlement {
 public:
  Settlement(FailedRuns failed_runs, const ResultProblem& result_problem,
             const FindUntoldResult& find_untold_result, ResumedState& out)
      : failed_runs_(failed_runs),
        result_problem_(result_problem),
        find_untold_result_(find_untold_result),
        out_(out) {}

  /// Of a run that the study has: what doesn't stay is run, with a warning if it had completed.
  /// `position`: in the state.
  void settle(ManifestEntry& entry, const ManifestEntryView& fresh, std::size_t position) {
    const bool had_not_ended =
        entry.status == ExperimentState::running || entry.status == ExperimentState::pending;
    if (had_not_ended ? is_untold(entry) : stays(entry)) {
      take_summary(entry, fresh.config_summary);
      return;
    }
    if (!had_not_ended) out_.run_again.push_back(position);
    entry = fresh.copy();
  }

  /// Whether one of a cycle that the study doesn't have any more, so that nothing could be run
  /// again, stays.
  bool keeps_surplus(const ManifestEntry& entry) {
    return entry.status == ExperimentState::failed || has_result(entry, "is dropped");
  }

  /// The summary is the present study's, since it depends on what varies in all of it.
  static void take_summary(ManifestEntry& entry, std::string_view summary) {
    entry.config_summary = summary;
  }

 private:
  bool stays(const ManifestEntry& entry) {
    return entry.status == ExperimentState::failed ? failed_runs_ == FailedRuns::stay_failed
                                                   : has_result(entry, "is run again");
  }

  /// It may have completed, and its writer died, or its store was away, before it could be told.
  bool is_untold(ManifestEntry& entry) {
    const auto result = find_untold_result_ ? find_untold_result_(entry) : std::nullopt;
    if (!result) return false;
    entry.status = ExperimentState::completed;
    entry.foreign_status.clear();
    entry.result_file = result->file_name;
    entry.completed_at = std::max(result->made_at, entry.started_at.value_or(result->made_at));
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

  FailedRuns failed_runs_;
  const ResultProblem& result_problem_;
  const FindUntoldResult& find_untold_result_;
  ResumedState& out_;
};

/// Of a checkpoint with other runs than the plan's: those of the plan, each with what the
/// checkpoint has of it, and behind a configuration's those of cycles that only the checkpoint has.
void settle_each(const StudyManifest& checkpoint, const StudyPlan& plan, Settlement& settlement,
                 std::vector<ManifestEntry>& out) {
  const EarlierEntries earlier(checkpoint);
  for (const PlannedConfiguration& configuration : plan.configurations) {
    ManifestEntryView fresh;
    fresh.config_hash = configuration.config_hash;
    fresh.config_summary = configuration.config_summary;
    const auto cycles = earlier.of(fresh.config_hash);
    auto next = cycles.begin();
    for (fresh.cycle = 1; fresh.cycle <= configuration.n_cycles; ++fresh.cycle) {
      const bool is_there = next != cycles.end() && (*next)->cycle == fresh.cycle;
      out.push_back(is_there ? **next++ : fresh.copy());
      settlement.settle(out.back(), fresh, out.size() - 1);
    }
    for (; next != cycles.end(); ++next) {
      if (!settlement.keeps_surplus(**next)) continue;
      out.push_back(**next);
      Settlement::take_summary(out.back(), fresh.config_summary);
    }
  }
}

}  // namespace

ResumedState resumed_state(StudyManifest checkpoint, const ManifestHead& head,
                           const StudyPlan& plan, FailedRuns failed_runs,
                           const ResultProblem& result_problem,
                           const FindUntoldResult& find_untold_result) {
  ResumedState out{.manifest = {head, {}}, .warnings = differences_between(checkpoint.head, head)};
  out.manifest.head.started_at = checkpoint.head.started_at;
  Settlement settlement(failed_runs, result_problem, find_untold_result, out);
  std::vector<ManifestEntry>& entries = out.manifest.experiments;
  if (!has_entries_of(plan, checkpoint.experiments)) {
    settle_each(checkpoint, plan, settlement, entries);
    return out;
  }
  entries = std::move(checkpoint.experiments);
  std::size_t position = 0;
  for_each_initial_entry(plan, [&](const ManifestEntryView& fresh) {
    settlement.settle(entries[position], fresh, position);
    ++position;
  });
  return out;
}

}  // namespace study
