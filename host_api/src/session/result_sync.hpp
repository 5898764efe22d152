/// The results of a study on the disk, without waiting for what others write.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace study {

/// What all processes of this machine have written and no disk has yet; 0 where nobody tells.
[[nodiscard]] std::uint64_t dirty_bytes();

/// Waits until the files `names` of `study_dir`, and their names, are on the disk, such as a power
/// loss leaves them there. Empty, or what is wrong.
///
/// A syncfs(2) costs less than an fsync(2) of each of thousands, and waits for all that is written
/// on the file system: of `dirty`, which is in all of them, whatever is on this one. The way that
/// is likely to take less time is taken.
[[nodiscard]] std::string sync_results(const std::filesystem::path& study_dir,
                                       std::span<const std::string> names,
                                       std::uint64_t dirty = dirty_bytes());

}  // namespace study
