#include "manifest/last_change.hpp"

#include <study/manifest.hpp>

#include <algorithm>

namespace study {
namespace {

[[nodiscard]] std::optional<std::string> copy_of(const std::optional<std::string_view>& text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

}  // namespace

ManifestEntryView::ManifestEntryView(const ManifestEntry& entry)
    : config_hash(entry.config_hash),
      config_summary(entry.config_summary),
      cycle(entry.cycle),
      status(entry.status),
      result_file(entry.result_file),
      error_type(entry.error_type),
      error_message(entry.error_message),
      started_at(entry.started_at),
      completed_at(entry.completed_at) {}

ManifestEntry ManifestEntryView::copy() const {
  return {.config_hash = std::string(config_hash),
          .config_summary = std::string(config_summary),
          .cycle = cycle,
          .status = status,
          .result_file = copy_of(result_file),
          .error_type = copy_of(error_type),
          .error_message = copy_of(error_message),
          .started_at = started_at,
          .completed_at = completed_at};
}

ManifestCounters count_entries(const StudyManifest& manifest) {
  ManifestCounters counters;
  for (const ManifestEntry& entry : manifest.experiments) {
    ++(entry.status == ExperimentState::completed ? counters.completed
       : entry.status == ExperimentState::failed  ? counters.failed
                                                  : counters.pending);
  }
  return counters;
}

ManifestHead initial_head(const StudyConfig& config, const StudyPlan& plan, Timestamp started_at) {
  ManifestHead head;
  head.study_name = config.study_name;
  head.study_design_hash = plan.study_design_hash;
  head.framework_version = config.framework_version;
  head.started_at = started_at;
  return head;
}

StudyManifest initial_manifest(const StudyConfig& config, const StudyPlan& plan,
                               Timestamp started_at) {
  StudyManifest manifest{.head = initial_head(config, plan, started_at), .experiments = {}};
  manifest.experiments.reserve(plan.total_runs());
  for_each_initial_entry(plan, [&manifest](const ManifestEntryView& entry) {
    manifest.experiments.push_back(entry.copy());
  });
  return manifest;
}

Timestamp last_change(const StudyManifest& manifest) {
  Timestamp last = std::max(manifest.head.started_at,
                            manifest.head.completed_at.value_or(manifest.head.started_at));
  for (const ManifestEntry& entry : manifest.experiments) {
    last = std::max({last, entry.started_at.value_or(last), entry.completed_at.value_or(last)});
  }
  return last;
}

}  // namespace study
