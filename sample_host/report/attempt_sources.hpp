/// Who is asked for the attempts at a study's runs.
#pragma once

#include "report/attempt_history.hpp"
#include "terminal/host_log.hpp"

#include <filesystem>
#include <optional>

namespace host {

/// The attempts that the study's observers know of: those of the config that is `given`, else those
/// of the latest run's, where it may be loaded (trust.hpp). Without such a config, the sinks whose
/// files lie where they would by default, asked by study-host's own plugins.
///
/// Never throws for what is wrong with any of that, nor for a study whose directory is not here.
[[nodiscard]] AttemptHistory read_attempt_history(const std::filesystem::path& study_dir,
                                                  const std::optional<std::filesystem::path>& given,
                                                  HostLog& log);

}  // namespace host
