/// Processes of experiments whose host has been killed.
///
/// An experiment dies with its host (spawn.hpp), but not the processes that it has started itself.
/// One that goes on would compete with its own retry for the machine, and write the same files. So
/// each experiment's environment names its study, the host keeps a list of what it sees its
/// experiments start, for those that have cleared their environment, and whoever resumes the study
/// ends what is left.
#pragma once

#include "run/processes.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace host {

/// What marks the processes of the experiments of a study: "NAME=value" each. Experiments may use
/// them, too.
///
///   STUDY_DIR   the study directory, absolute, without symbolic links
///   STUDY_ID    which directory that is, also when it is renamed: device and inode
[[nodiscard]] std::vector<std::string> study_marks(const std::filesystem::path& study_dir);

/// The file in the study directory that lists the processes of its experiments while they run.
inline constexpr std::string_view kProcessListName = ".study.processes";

/// Keeps the list, or removes it where it is empty. It is there for the case that the host is
/// killed, and nothing depends on it otherwise: errors are ignored.
void keep_process_list(const std::filesystem::path& study_dir,
                       const std::vector<ProcessId>& processes) noexcept;

/// Ends all processes on this machine that bear the marks of the study or are on its list, and all
/// that descend from them: SIGTERM, then SIGKILL after the grace period. Gives one sentence for
/// each. This process, its session and its ancestors are never among them.
///
/// The caller holds the study's lock, so whoever bears the marks has lost its host. Throws
/// `study::StudyError` that names the processes which can't be ended, e.g. another user's.
std::vector<std::string> end_orphans(const std::filesystem::path& study_dir);

}  // namespace host
