/// Where the state of an interrupted study is read from.
#pragma once

#include "plan/preflight.hpp"
#include "session/observers.hpp"
#include "terminal/host_log.hpp"

#include <study/manifest.hpp>
#include <study/timestamp.hpp>

#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace host {

/// What all observers that have a checkpoint know together: the state of the most advanced one, and
/// what any other has as completed. One whose checkpoint is behind, another study's or can't be
/// read is warned of by name. `started_at`: of the study, if that is known.
///
/// Throws `study::StudyError` if there is none, or if those that are there can't be read.
[[nodiscard]] study::StudyManifest read_checkpoint(std::span<const study::NamedObserver> observers,
                                                   const std::filesystem::path& study_dir,
                                                   std::optional<study::Timestamp> started_at,
                                                   HostLog& log);

/// Reconstructs the state from the result files: a run whose file is there has completed, at the
/// file's last modification. Whether it is a result, nobody has looked yet. Also finds files that
/// were named for one cycle in a study of several, and the other way round.
[[nodiscard]] study::StudyManifest rebuild_checkpoint(const PreparedStudy& study,
                                                      const std::filesystem::path& study_dir,
                                                      study::Timestamp started_at);

/// For a directory in which no study has ever been run: nothing to resume, and what to do if there
/// are results.
[[nodiscard]] std::string nothing_to_resume(const std::filesystem::path& study_dir,
                                            const std::string& reason);

}  // namespace host
