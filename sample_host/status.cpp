#include "status.hpp"

#include "console.hpp"
#include "seconds_text.hpp"

#include <string_view>

namespace study_host {
namespace {

using study::ExperimentState;
using study::ManifestEntry;
using study::StudyManifest;

std::string time_text(const StudyManifest& manifest) {
  std::string text = "  started " + study::format_timestamp(manifest.head.started_at);
  if (const auto& end = manifest.head.completed_at) {
    text += ", ended " + study::format_timestamp(*end) + " after " +
            elapsed_text(*end - manifest.head.started_at);
  }
  return text + "\n";
}

std::string entry_title(const ManifestEntry& entry) {
  return "  " + visible(entry.config_summary) + ", cycle " + std::to_string(entry.cycle);
}

/// A heading and a line for each entry in `state`; nothing if there is none.
template <class Describe>
std::string section(const StudyManifest& manifest, ExperimentState state, std::string_view heading,
                    const Describe& describe) {
  std::string text;
  for (const ManifestEntry& entry : manifest.experiments) {
    if (entry.status != state) continue;
    if (text.empty()) text = std::string(heading) + ":\n";
    text += entry_title(entry) + describe(entry) + "\n";
  }
  return text;
}

}  // namespace

std::string status_text(const StudyManifest& manifest) {
  const study::ManifestCounters counters = study::count_entries(manifest);
  std::string text = visible(manifest.head.study_name) + ": " +
                     std::string(to_string(manifest.head.status)) + "\n";
  text += "  " + std::to_string(counters.completed) + " completed, " +
          std::to_string(counters.failed) + " failed, " + std::to_string(counters.pending) +
          " pending of " + std::to_string(manifest.experiments.size()) + "\n";
  text += time_text(manifest);
  text += section(manifest, ExperimentState::running, "running", [](const ManifestEntry& entry) {
    return entry.started_at ? ", since " + study::format_timestamp(*entry.started_at)
                            : std::string();
  });
  text += section(manifest, ExperimentState::failed, "failed", [](const ManifestEntry& entry) {
    return ": " + visible(entry.error_type.value_or("Error")) + ": " +
           visible(entry.error_message.value_or(""));
  });
  return text;
}

std::string status_json(const StudyManifest& manifest) {
  return "{\"manifest\": " + study::render_manifest(manifest) + "}\n";
}

}  // namespace study_host
