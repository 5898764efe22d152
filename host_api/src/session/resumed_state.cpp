#include "session/resumed_state.hpp"

#include "base/format.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>
#include <unordered_map>

namespace study {
namespace {

using Cycles = std::map<std::int32_t, const ManifestEntry*>;

/// By configuration. No sink writes an entry twice, but none may be handed on twice either: the
/// first one counts.
std::unordered_map<std::string_view, Cycles> cycles_of(const StudyManifest& checkpoint) {
  std::unordered_map<std::string_view, Cycles> cycles;
  for (const ManifestEntry& entry : checkpoint.experiments) {
    cycles[entry.config_hash].try_emplace(entry.cycle, &entry);
  }
  return cycles;
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

  /// Of a cycle that the study has, which is run again otherwise.
  bool keep(const ManifestEntry& entry, const std::string& summary) {
    if (entry.status == ExperimentState::running) return keep_running(entry, summary);
    const bool stays = entry.status == ExperimentState::failed
                           ? failed_runs_ == FailedRuns::stay_failed
                           : has_result(entry, "is run again");
    if (stays) append(entry, summary);
    return stays;
  }

  /// Of a cycle that the study doesn't have any more, so that nothing could be run again.
  void keep_surplus(const ManifestEntry& entry, const std::string& summary) {
    if (entry.status == ExperimentState::failed || has_result(entry, "is dropped")) {
      append(entry, summary);
    }
  }

 private:
  /// It may have completed, and its writer died before it could tell.
  bool keep_running(const ManifestEntry& entry, const std::string& summary) {
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
  Keeper keeper(failed_runs, result_problem, find_untold_result, out);
  const auto earlier = cycles_of(checkpoint);
  const Cycles none;
  for (auto entry = fresh.experiments.begin(); entry != fresh.experiments.end(); ++entry) {
    const auto found = earlier.find(entry->config_hash);
    const Cycles& cycles = found == earlier.end() ? none : found->second;
    const auto before = cycles.find(entry->cycle);
    if (before == cycles.end() || !keeper.keep(*before->second, entry->config_summary)) {
      out.manifest.experiments.push_back(*entry);
    }
    const auto next = std::next(entry);
    if (next != fresh.experiments.end() && next->config_hash == entry->config_hash) continue;
    for (auto surplus = cycles.upper_bound(entry->cycle); surplus != cycles.end(); ++surplus) {
      keeper.keep_surplus(*surplus->second, entry->config_summary);
    }
  }
  return out;
}

}  // namespace study
