/// The host's config file: which observers are loaded, from where, with which options.
#pragma once

#include "input/runner.hpp"
#include "session/observers.hpp"

#include <study/atomic_file.hpp>
#include <study/observer_search.hpp>

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace host {

/// Beside a study file.
inline constexpr std::string_view kHostConfigFileName = "study_host.json";
/// More jobs than this are taken for a mistake.
inline constexpr int kMaxJobs = 4096;

struct HostConfig {
  std::filesystem::path file;         ///< absolute; empty for the built-in default
  std::filesystem::path results_dir;  ///< absolute
  bool names_results_dir = false;     ///< the file does
  study::ObserverSearchPath search;
  std::vector<study::ObserverConfig> observers;  ///< also the disabled ones
  int jobs = 1;
  /// Of the results: `power` puts each on the disk before its run counts as completed.
  study::Durability durability = study::Durability::process;
  Runners runners;
};

/// Reads `given` if there is one (`--config`), else `study_host.json` beside the study file if that
/// exists, else takes the built-in default: `manifest_writer` alone, results in `results` under the
/// current directory. Throws `study::InputError`: `study_host.json:5: …`; an unknown key names the
/// nearest known one.
[[nodiscard]] HostConfig load_host_config(const std::optional<std::filesystem::path>& given,
                                          const std::filesystem::path& study_file);

}  // namespace host
