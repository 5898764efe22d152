/// The host's config file: what a session takes from it, jobs, and runners.
#pragma once

#include "input/runner.hpp"
#include "session/host_config.hpp"

#include <filesystem>
#include <optional>
#include <string_view>

namespace host {

/// Beside a study file.
inline constexpr std::string_view kHostConfigFileName = "study_host.json";
/// More jobs than this are taken for a mistake.
inline constexpr int kMaxJobs = 4096;

struct HostConfig : study::HostConfig {
  int jobs = 1;
  /// The lines of experiments' logs begin with their times.
  bool log_times = false;
  Runners runners;
};

/// Reads `given` if there is one (`--config`), else `study_host.json` beside the study file if that
/// exists, else takes the built-in default: `manifest_writer` alone, results in `results` under the
/// current directory. Throws `study::InputError`: `study_host.json:5: …`; an unknown key names the
/// nearest known one.
[[nodiscard]] HostConfig load_host_config(const std::optional<std::filesystem::path>& given,
                                          const std::filesystem::path& study_file);

}  // namespace host
