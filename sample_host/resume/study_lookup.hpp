/// Where studies lie among the results of a host: `{results_dir}/{study_name}_{timestamp}`.
#pragma once

#include <study/manifest.hpp>

#include <filesystem>
#include <string_view>

namespace host {

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
