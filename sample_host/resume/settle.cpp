#include "resume/settle.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace host {
namespace {

using study::ExperimentState;
using study::ManifestEntry;

class Settler {
 public:
  Settler(const study::StudyManifest& checkpoint, FailedRuns failed_runs,
          const ResultProblem& result_problem)
      : failed_runs_(failed_runs), result_problem_(result_problem) {
    for (const ManifestEntry& entry : checkpoint.experiments) {
      earlier_[entry.config_hash].push_back(&entry);
    }
    for (auto& [hash, entries] : earlier_) {
      std::stable_sort(entries.begin(), entries.end(),
                       [](const auto* a, const auto* b) { return a->cycle < b->cycle; });
      // No sink writes an entry twice, but none may be handed on twice either.
      entries.erase(std::unique(entries.begin(), entries.end(),
                                [](const auto* a, const auto* b) { return a->cycle == b->cycle; }),
                    entries.end());
    }
  }

  /// Settles the entries of one configuration, which are `[first, last)`, in order of their cycles.
  void take(std::vector<ManifestEntry>::const_iterator first,
            std::vector<ManifestEntry>::const_iterator last) {
    const auto found = earlier_.find(first->config_hash);
    static const std::vector<const ManifestEntry*> kNone;
    const auto& entries = found == earlier_.end() ? kNone : found->second;
    auto before = entries.begin();
    for (; first != last; ++first) {
      while (before != entries.end() && (*before)->cycle < first->cycle) ++before;
      const bool is_known = before != entries.end() && (*before)->cycle == first->cycle;
      out_.manifest.experiments.push_back(*first);
      if (is_known && stays(**before, false)) adopt(**before, first->config_summary);
    }
    const std::int32_t n_cycles = std::prev(last)->cycle;
    for (const ManifestEntry* entry : entries) {
      if (entry->cycle <= n_cycles || !stays(*entry, true)) continue;
      out_.manifest.experiments.emplace_back();
      adopt(*entry, std::prev(last)->config_summary);
    }
  }

  [[nodiscard]] Settlement finish(study::ManifestHead head) && {
    out_.manifest.head = std::move(head);
    return std::move(out_);
  }

 private:
  /// `is_surplus`: a cycle that the study doesn't have any more, so that nothing could be run
  /// again.
  bool stays(const ManifestEntry& entry, bool is_surplus) {
    if (entry.status == ExperimentState::failed) {
      return is_surplus || failed_runs_ == FailedRuns::stay_failed;
    }
    if (entry.status != ExperimentState::completed) return false;
    const std::string problem = result_problem_(entry);
    if (problem.empty()) return true;
    out_.warnings.push_back(entry.config_summary + ", cycle " + std::to_string(entry.cycle) +
                            (is_surplus ? ": is dropped: " : ": is run again: ") + problem);
    return false;
  }

  /// The summary is the present study's, since it depends on what varies in all of it.
  void adopt(const ManifestEntry& entry, const std::string& summary) {
    out_.manifest.experiments.back() = entry;
    out_.manifest.experiments.back().config_summary = summary;
  }

  FailedRuns failed_runs_;
  const ResultProblem& result_problem_;
  std::unordered_map<std::string_view, std::vector<const ManifestEntry*>> earlier_;
  Settlement out_;
};

}  // namespace

Settlement settle(const study::StudyManifest& checkpoint, const study::StudyManifest& fresh,
                  FailedRuns failed_runs, const ResultProblem& result_problem) {
  Settler settler(checkpoint, failed_runs, result_problem);
  for (auto first = fresh.experiments.begin(); first != fresh.experiments.end();) {
    const auto last = std::find_if(first, fresh.experiments.end(), [&](const ManifestEntry& entry) {
      return entry.config_hash != first->config_hash;
    });
    settler.take(first, last);
    first = last;
  }
  study::ManifestHead head = fresh.head;
  head.started_at = checkpoint.head.started_at;
  return std::move(settler).finish(std::move(head));
}

}  // namespace host
