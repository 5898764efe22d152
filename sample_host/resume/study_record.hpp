/// What a study directory keeps, beyond the checkpoint, so that the study can be resumed.
#pragma once

#include "plan/preflight.hpp"

#include <study/timestamp.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace host {

inline constexpr std::string_view kRecordFileName = "study_record.json";
/// The name of the observer that keeps `manifest.json`.
inline constexpr std::string_view kManifestObserver = "manifest_writer";

/// `study_record.json`. Beside it lie the study file and the file that its `base` names, byte for
/// byte as they were given: `study.yaml` and `study.base.yaml`, or `.json`.
struct StudyRecord {
  std::filesystem::path study_file;                  ///< where it was; absolute, and perhaps gone
  StudyCopies copies;                                ///< absolute
  std::optional<std::filesystem::path> host_config;  ///< absolute; empty for the built-in default
  std::string framework_version;
  /// The names of those of the latest run; empty for a record that doesn't tell.
  std::optional<std::vector<std::string>> observers;
  study::Timestamp started_at;  ///< of the study
};

/// Writes the record of `study`, which `observers` observe, and the copies into `study_dir`, in the
/// place of earlier ones. The record comes last and names the copies, so that a killed host leaves
/// none that promises more than is there. Throws `study::FileError`.
void keep_study_record(const std::filesystem::path& study_dir, const PreparedStudy& study,
                       const std::vector<std::string>& observers, study::Timestamp started_at);

/// Empty where there is none. Throws `study::StudyError` for one that can't be read.
[[nodiscard]] std::optional<StudyRecord> read_study_record(const std::filesystem::path& study_dir);

}  // namespace host
