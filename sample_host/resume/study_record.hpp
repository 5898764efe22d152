/// What a study directory keeps, beyond the checkpoint, so that the study can be resumed; and where
/// studies lie among the results of a host: `{results_dir}/{study_name}_{timestamp}`.
#pragma once

#include "plan/prepared_study.hpp"

#include <study/manifest.hpp>
#include <study/timestamp.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace host {

inline constexpr std::string_view kRecordFileName = "study_record.json";
/// The name of the observer that keeps `manifest.json`.
inline constexpr std::string_view kManifestObserver = "manifest_writer";

/// `study_record.json`. Beside it lie the study file and the file that its `base` names, byte for
/// byte as they were given: `study.yaml` and `study.base.yaml`, or `.json`; with a number where
/// such a file was there that is no copy of a study's.
struct StudyRecord {
  std::filesystem::path study_file;                  ///< where it was; absolute, and perhaps gone
  StudyCopies copies;                                ///< absolute
  std::optional<std::filesystem::path> host_config;  ///< absolute; empty for the built-in default
  std::string framework_version;
  std::filesystem::path working_directory;  ///< absolute; empty for a record that doesn't tell
  /// The names of those of the latest run; empty for a record that doesn't tell.
  std::optional<std::vector<std::string>> observers;
  study::Timestamp started_at;  ///< of the study
};

/// Writes the record of `study`, which `observers` observe, and the copies into `study_dir`, in the
/// place of earlier ones, and readable for nobody who can't read the original. The record comes
/// last and names the copies, so that a killed host leaves none that promises more than is there.
/// Throws `study::FileError`.
void keep_study_record(const std::filesystem::path& study_dir, const PreparedStudy& study,
                       const std::vector<std::string>& observers, study::Timestamp started_at);

/// Empty where there is none. Throws `study::StudyError` for one that can't be read.
[[nodiscard]] std::optional<StudyRecord> read_study_record(const std::filesystem::path& study_dir);

/// Whether a study has ever been run in the directory: whether anything is there that every run
/// leaves, be it that it was killed.
[[nodiscard]] bool holds_study(const std::filesystem::path& study_dir);

/// The same, but for a manifest: that is also the name of files of other programs.
[[nodiscard]] bool holds_writer_s_files(const std::filesystem::path& study_dir);

/// Throws `study::InputError` that names the file's directory if a person has given a file, such as
/// `manifest.json`, for a study's directory.
void refuse_file_as_directory(const std::filesystem::path& study_dir);

/// The directory of the study that `head` is of, known by its name and its start; empty if it is
/// not there.
[[nodiscard]] std::filesystem::path find_study_directory(const std::filesystem::path& results_dir,
                                                         const study::ManifestHead& head);

/// The directory of the latest study of that name, by the directories' names alone; empty if there
/// is none.
[[nodiscard]] std::filesystem::path latest_study_directory(const std::filesystem::path& results_dir,
                                                           std::string_view study_name);

}  // namespace host
