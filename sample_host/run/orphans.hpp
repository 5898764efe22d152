/// Processes of experiments whose host has been killed.
///
/// An experiment dies with its host (spawn.hpp), but not the processes that it has started itself.
/// One that goes on would compete with its own retry for the machine, and write the same files. So
/// each experiment's environment names its study, and whoever resumes the study ends what is left.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace host {

/// What marks the processes of the experiments of this host in the study: "NAME=value" each.
/// Experiments may use them, too.
///
///   STUDY_DIR              the study directory, absolute, without symbolic links
///   STUDY_HOST_SESSION     the host's session, getsid(2)
[[nodiscard]] std::vector<std::string> study_marks(const std::filesystem::path& study_dir);

/// Ends all processes on this machine that bear the marks of the study: SIGTERM, then SIGKILL after
/// the grace period. Gives one sentence for each. A process that has left its host's session
/// (setsid(2)) is a daemon that was meant to stay, and does.
///
/// The caller holds the study's lock, so whoever bears the marks has lost its host. Throws
/// `study::StudyError` that names the processes which can't be ended, e.g. another user's.
std::vector<std::string> end_orphans(const std::filesystem::path& study_dir);

}  // namespace host
