/// Manifests as our tests read them: what is written has to satisfy the schema, too.
#pragma once

#include "support/json_schema.hpp"

#include <study/atomic_file.hpp>
#include <study/json.hpp>
#include <study/manifest.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace study_test {

[[nodiscard]] inline const JsonSchema& manifest_schema() {
  static const JsonSchema schema(study::parse_json(
      study::read_file(STUDY_TEST_DATA_DIR "/manifest_2_0.schema.json"), "schema"));
  return schema;
}

/// `text` as JSON. Throws `std::runtime_error` if tests/data/manifest_2_0.schema.json doesn't allow
/// it.
inline boost::json::value check_manifest_text(std::string_view text) {
  boost::json::value document = study::parse_json(text, "manifest");
  const std::string violation = manifest_schema().violation(document);
  if (!violation.empty()) throw std::runtime_error("not of the schema: " + violation);
  return document;
}

/// `study::parse_manifest` of a text that the schema allows.
[[nodiscard]] inline study::StudyManifest parse_valid_manifest(std::string_view text,
                                                               std::string_view source) {
  check_manifest_text(text);
  return study::parse_manifest(text, source);
}

/// `study::read_manifest_file` of a file that the schema allows and whose counters are those of its
/// entries, which the parser doesn't look at.
[[nodiscard]] inline std::optional<study::StudyManifest> read_valid_manifest(
    const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  const std::string text = study::read_file(path);
  const boost::json::value document = check_manifest_text(text);
  study::StudyManifest manifest = study::parse_manifest(text, path.string());
  const study::ManifestCounters counters = study::count_entries(manifest);
  const auto says = [&](const char* key, std::int64_t expected) {
    return document.at(key).to_number<std::int64_t>() == expected;
  };
  if (!says("completed", counters.completed) || !says("failed", counters.failed) ||
      !says("pending", counters.pending) ||
      !says("total_experiments", static_cast<std::int64_t>(manifest.experiments.size()))) {
    throw std::runtime_error("counters that are not those of the entries");
  }
  return manifest;
}

}  // namespace study_test
