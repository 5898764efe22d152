/// What tells the same directory on two machines from two directories of the same path.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace study::postgres {

/// The file in the study directory that holds it.
inline constexpr std::string_view kDirectoryIdFileName = ".study_id";

/// 32 random hex digits.
[[nodiscard]] std::string random_token();

/// The id of the study directory; empty if it has none. Throws `StudyError` for a file that holds
/// something else, `FileError` if it can't be read.
[[nodiscard]] std::optional<std::string> read_directory_id(const std::filesystem::path& study_dir);

/// The same, and gives the directory one if it has none; of several who do that at once, all get
/// the same. Synced when it returns.
[[nodiscard]] std::string make_directory_id(const std::filesystem::path& study_dir,
                                            const std::string& token);

}  // namespace study::postgres
