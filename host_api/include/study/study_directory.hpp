/// The directory in which a study keeps its manifest, results and logs.
#pragma once

#include <study/timestamp.hpp>

#include <filesystem>
#include <string_view>
#include <vector>

namespace study {

/// Throws `InputError` for a name that cannot name a directory or be shown on a terminal: empty,
/// over 200 bytes, with `/` or what `visible()` would not leave as it is, beginning with a dot,
/// beginning or ending with a blank, or not UTF-8.
void check_study_name(std::string_view study_name);

/// Creates `{results_dir}/{study_name}_{timestamp}` and gives its path; `results_dir` is created
/// too if need be. Where the name is taken, `_1`, `_2`, … is appended: two studies never share a
/// directory, also not two processes that start in the same second, since mkdir(2) decides.
///
/// Throws `InputError` for the name, `StudyError` if the directory can't be created or written to.
[[nodiscard]] std::filesystem::path create_study_directory(const std::filesystem::path& results_dir,
                                                           std::string_view study_name,
                                                           Timestamp started_at);

/// The directories in `results_dir` whose names say that they are of studies of that name, newest
/// first: by the time in the name, then by the number behind it. What is in them isn't looked at.
/// Empty where `results_dir` can't be listed.
[[nodiscard]] std::vector<std::filesystem::path> study_directories(
    const std::filesystem::path& results_dir, std::string_view study_name);

}  // namespace study
