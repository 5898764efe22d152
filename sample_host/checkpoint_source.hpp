/// Where the state of an interrupted study is read from.
#pragma once

#include "host_log.hpp"
#include "observer_set.hpp"
#include "preflight.hpp"

#include <study/manifest.hpp>
#include <study/timestamp.hpp>

#include <filesystem>
#include <span>
#include <string>

namespace study_host {

/// The checkpoint of the first observer that has one. An observer whose checkpoint can't be read is
/// warned of, and the next one is asked.
///
/// Throws `study::StudyError` if there is none, if those that are there can't be read, or if one
/// was written by a newer version: that one may be whole, and nobody here can tell what it says.
[[nodiscard]] study::StudyManifest read_checkpoint(std::span<const NamedObserver> observers,
                                                   const std::filesystem::path& study_dir,
                                                   HostLog& log);

/// Reconstructs the state from the result files: a run whose file is there has completed, at the
/// file's last modification. Whether it is a result, nobody has looked yet. Also finds files that
/// were named for one cycle in a study of several, and the other way round.
[[nodiscard]] study::StudyManifest rebuild_checkpoint(const PreparedStudy& study,
                                                      const std::filesystem::path& study_dir,
                                                      study::Timestamp started_at);

/// Why the file is no result; empty if it is one.
[[nodiscard]] std::string result_problem(const std::filesystem::path& file);

}  // namespace study_host
