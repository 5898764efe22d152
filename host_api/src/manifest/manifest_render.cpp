#include "manifest/entry_text.hpp"

#include <study/json.hpp>
#include <study/manifest.hpp>

#include <array>
#include <charconv>
#include <cstdint>

namespace study {
namespace {

void append_integer(std::string& out, std::int64_t value) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_optional(std::string& out, const std::optional<std::string_view>& text) {
  if (text) {
    append_json_string(out, *text);
  } else {
    out += entry_text::kNull;
  }
}

void append_time(std::string& out, Timestamp time) {
  out += '"';
  append_timestamp(out, time);
  out += '"';
}

void append_optional(std::string& out, const std::optional<Timestamp>& time) {
  if (time) {
    append_time(out, *time);
  } else {
    out += entry_text::kNull;
  }
}

}  // namespace

void append_manifest_head(std::string& out, const ManifestHead& head,
                          const ManifestCounters& counters) {
  append_manifest_fixed_head(out, head);
  append_manifest_changing_head(out, head, counters);
}

void append_manifest_fixed_head(std::string& out, const ManifestHead& head) {
  out += "{\n  \"schema_version\": ";
  append_json_string(out, kManifestSchemaVersion);
  out += ",\n  \"study_name\": ";
  append_json_string(out, head.study_name);
  out += ",\n  \"study_design_hash\": ";
  append_json_string(out, head.study_design_hash);
  out += ",\n  \"llenergymeasure_version\": ";
  append_json_string(out, head.framework_version);
  out += ",\n  \"started_at\": ";
  append_time(out, head.started_at);
  out += ',';
}

void append_manifest_changing_head(std::string& out, const ManifestHead& head,
                                   const ManifestCounters& counters) {
  out += "\n  \"completed_at\": ";
  append_optional(out, head.completed_at);
  out += ",\n  \"status\": ";
  append_json_string(out, to_string(head.status));
  out += ",\n  \"total_experiments\": ";
  append_integer(out, counters.completed + counters.failed + counters.pending);
  out += ",\n  \"completed\": ";
  append_integer(out, counters.completed);
  out += ",\n  \"failed\": ";
  append_integer(out, counters.failed);
  out += ",\n  \"pending\": ";
  append_integer(out, counters.pending);
  out += ",\n  \"experiments\": [";
}

void append_manifest_entry(std::string& out, const ManifestEntryView& entry) {
  using namespace entry_text;
  out += kIndentation;
  out += kConfigHash;
  append_json_string(out, entry.config_hash);
  out += kConfigSummary;
  append_json_string(out, entry.config_summary);
  out += kCycle;
  append_integer(out, entry.cycle);
  out += kStatus;
  append_json_string(out, to_string(entry.status));
  out += kResultFile;
  append_optional(out, entry.result_file);
  out += kErrorType;
  append_optional(out, entry.error_type);
  out += kErrorMessage;
  append_optional(out, entry.error_message);
  out += kStartedAt;
  append_optional(out, entry.started_at);
  out += kCompletedAt;
  append_optional(out, entry.completed_at);
  out += kEnd;
}

std::string render_manifest(const StudyManifest& manifest) {
  std::string out;
  out.reserve(512 + 512 * manifest.experiments.size());
  append_manifest_head(out, manifest.head, count_entries(manifest));
  if (manifest.experiments.empty()) return out += "]\n}";  // as Python writes an empty list
  const char* separator = "\n";
  for (const ManifestEntry& entry : manifest.experiments) {
    out += separator;
    append_manifest_entry(out, entry);
    separator = ",\n";
  }
  out += '\n';
  out += kManifestTail;
  return out;
}

}  // namespace study
