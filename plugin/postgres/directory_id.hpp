/// What tells the same directory, under whatever paths on whatever machines, from two directories.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace study::postgres {

/// The file in the study directory that holds it.
inline constexpr std::string_view kDirectoryIdFileName = ".study_id";

/// Which study directory it is. Its path doesn't tell: there are symbolic links, bind mounts and
/// shares that each host mounts elsewhere.
struct DirectoryId {
  std::string token;       ///< what its file says; a copy of the directory has the same
  std::int64_t inode = 0;  ///< of the directory: the same for all hosts that share it (NFS,
                           ///< Lustre), and another one for a copy
  friend bool operator==(const DirectoryId&, const DirectoryId&) = default;
};

/// 32 random hex digits.
[[nodiscard]] std::string random_token();

/// The id of the study directory; empty if it has none. Throws `StudyError` for a file that holds
/// something else, `FileError` if it can't be read.
[[nodiscard]] std::optional<DirectoryId> read_directory_id(const std::filesystem::path& study_dir);

/// The same, and gives the directory one if it has none; of several who do that at once, all get
/// the same. Synced when it returns.
[[nodiscard]] DirectoryId make_directory_id(const std::filesystem::path& study_dir,
                                            const std::string& token);

}  // namespace study::postgres
