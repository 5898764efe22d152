/// Processes of experiments whose host has been killed.
///
/// An experiment dies with its host (spawn.hpp), but not the processes that it has started itself.
/// One that goes on would compete with its own retry for the machine, and write the same files. So
/// all that experiments start is marked, by its environment and, should it clear that, by a limit
/// that it inherits, and whoever resumes the study ends what is left.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace host {

/// What marks the processes of the experiments of a study: "NAME=value" each. Experiments may use
/// them, too.
///
///   STUDY_DIR   the study directory, absolute, without symbolic links
///   STUDY_ID    which directory that is, also when it is renamed: device, inode, birth
[[nodiscard]] std::vector<std::string> study_marks(const std::filesystem::path& study_dir);

/// What the processes of the study's experiments are marked with (`process_mark`): the lowest of
/// `kMarksOfStudy` numbers, one for each attempt that a host makes. Which study it is, is told by
/// the same: two studies on a machine have the same once in 2^30 times.
[[nodiscard]] std::uint64_t first_mark(const std::filesystem::path& study_dir);
inline constexpr std::uint64_t kMarksOfStudy = std::uint64_t{1} << 31;

/// The names of all processes on this machine that bear a mark of the study, and of all that
/// descend from them. This process, its session and its ancestors are never among them.
[[nodiscard]] std::vector<std::string> find_orphans(const std::filesystem::path& study_dir);

/// Ends them: SIGTERM, then SIGKILL after the grace period. Gives one sentence for each.
///
/// The caller holds the study's lock, so whoever bears the marks has lost its host. Throws
/// `study::StudyError` that names the processes which can't be ended, e.g. another user's.
std::vector<std::string> end_orphans(const std::filesystem::path& study_dir);

}  // namespace host
