/// The manifest, schema 2.0: the checkpoint of a study as a value, its text form, and its rules.
///
/// The schema is that of LLenergyMeasure (tests/data/manifest_2_0.schema.json); no other fields
/// exist.
#pragma once

#include <study/experiment_state.hpp>
#include <study/study_config.hpp>
#include <study/study_plan.hpp>
#include <study/timestamp.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace study {

inline constexpr std::string_view kManifestSchemaVersion = "2.0";
inline constexpr std::string_view kManifestFileName = "manifest.json";

/// The record of one experiment in one cycle.
struct ManifestEntry {
  std::string config_hash;
  std::string config_summary;
  std::int32_t cycle = 1;
  ExperimentState status = ExperimentState::pending;
  std::optional<std::string> result_file;  ///< relative to the study directory
  std::optional<std::string> error_type;
  std::optional<std::string> error_message;
  std::optional<Timestamp> started_at;
  std::optional<Timestamp> completed_at;
  /// Another writer's word for a state that this program doesn't write, such as `skipped`: `status`
  /// is then pending. Empty else, and never written.
  std::string foreign_status{};

  friend bool operator==(const ManifestEntry&, const ManifestEntry&) = default;
};

/// A `ManifestEntry` whose texts are somebody else's, who must outlive it.
struct ManifestEntryView {
  std::string_view config_hash;
  std::string_view config_summary;
  std::int32_t cycle = 1;
  ExperimentState status = ExperimentState::pending;
  std::optional<std::string_view> result_file;
  std::optional<std::string_view> error_type;
  std::optional<std::string_view> error_message;
  std::optional<Timestamp> started_at;
  std::optional<Timestamp> completed_at;

  ManifestEntryView() = default;
  /// Implicit, as from a string to a string_view.
  ManifestEntryView(const ManifestEntry& entry);

  /// With texts of its own.
  [[nodiscard]] ManifestEntry copy() const;

  friend bool operator==(const ManifestEntryView&, const ManifestEntryView&) = default;
};

/// How many entries are in which state. `pending` counts pending and running:
/// `completed + failed + pending` is the number of entries.
struct ManifestCounters {
  std::int64_t completed = 0;
  std::int64_t failed = 0;
  std::int64_t pending = 0;

  friend bool operator==(const ManifestCounters&, const ManifestCounters&) = default;
};

/// Everything but the entries.
struct ManifestHead {
  std::string study_name;
  std::string study_design_hash;
  std::string framework_version;  ///< `llenergymeasure_version` in the text
  Timestamp started_at;
  std::optional<Timestamp> completed_at;
  StudyStatus status = StudyStatus::running;
  /// The same as an entry's, such as `circuit_breaker`; `status` is then interrupted.
  std::string foreign_status{};

  friend bool operator==(const ManifestHead&, const ManifestHead&) = default;
};

struct StudyManifest {
  ManifestHead head;
  std::vector<ManifestEntry> experiments;

  friend bool operator==(const StudyManifest&, const StudyManifest&) = default;
};

/// The manifest's head before anything ran, status running.
[[nodiscard]] ManifestHead initial_head(const StudyConfig& config, const StudyPlan& plan,
                                        Timestamp started_at);

/// Calls `visit(const ManifestEntryView&)` for each of the manifest's entries before anything ran:
/// one pending entry for each (configuration, cycle 1..n_cycles), the cycles of one configuration
/// together. Their texts are the plan's.
template <typename Visit>
void for_each_initial_entry(const StudyPlan& plan, const Visit& visit) {
  for (const PlannedConfiguration& planned : plan.configurations) {
    ManifestEntryView entry;
    entry.config_hash = planned.config_hash;
    entry.config_summary = planned.config_summary;
    for (entry.cycle = 1; entry.cycle <= planned.n_cycles; ++entry.cycle) {
      visit(static_cast<const ManifestEntryView&>(entry));
    }
  }
}

/// Both, with texts of its own.
[[nodiscard]] StudyManifest initial_manifest(const StudyConfig& config, const StudyPlan& plan,
                                             Timestamp started_at);

[[nodiscard]] ManifestCounters count_entries(const StudyManifest& manifest);

/// Reads manifest text, of any version that calls itself 2.x: later ones have added fields, which
/// are passed over, and words for states, which are taken for the nearest one that is known.
/// Checked are types, required fields and timestamps. The counters in the text are *not* trusted:
/// after a power loss they may be from another moment than the entries, so whoever needs them
/// counts.
///
/// Throws `CheckpointError`: `newer_version` if `schema_version` is 3.0 or later, else
/// `corrupt`, with the place in the text. `source` is what messages call it, such as the file's
/// path.
[[nodiscard]] StudyManifest parse_manifest(std::string_view text, std::string_view source);

/// Reads and parses a manifest file; empty where there is no file of that name.
/// Throws `FileError` where it can't be read, `CheckpointError` as above, and for what is no file.
[[nodiscard]] std::optional<StudyManifest> read_manifest_file(const std::filesystem::path& path);

/// The canonical text: two-space indent, UTF-8, keys in the schema's order, no newline at the end.
/// Byte for byte what tests/data/manifest_golden.json shows. Strings must be valid UTF-8.
[[nodiscard]] std::string render_manifest(const StudyManifest& manifest);

// The pieces of that text, for writers that lay it out themselves.

/// From `{` to `"experiments": [`, without a newline behind it: the two that follow.
void append_manifest_head(std::string& out, const ManifestHead& head,
                          const ManifestCounters& counters);
/// From `{` to the comma behind `started_at`: what stays the same as long as a study runs.
void append_manifest_fixed_head(std::string& out, const ManifestHead& head);
/// The rest of the head. The total is the counters' sum.
void append_manifest_changing_head(std::string& out, const ManifestHead& head,
                                   const ManifestCounters& counters);
/// One entry, from its indentation to its closing brace, without comma or newline.
void append_manifest_entry(std::string& out, const ManifestEntryView& entry);
/// What follows the last entry's newline: the closing brackets.
inline constexpr std::string_view kManifestTail = "  ]\n}";

}  // namespace study
