/// The studies of a results folder, and those that observers know, one line each.
#pragma once

#include "input/host_config.hpp"
#include "terminal/host_log.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>
#include <study/study_lock.hpp>
#include <study/timestamp.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace host {

struct ListedStudy {
  std::filesystem::path study_dir;  ///< in the folder as it was given, or as its host calls it
  std::string problem;              ///< why nothing below is known; empty if it is
  std::string name;
  std::string word;  ///< `status_word`
  study::Timestamp started_at;
  std::optional<study::Timestamp> completed_at;
  study::ManifestCounters counters;
  std::int64_t running = 0;  ///< of the pending ones
  std::string design_hash;
  std::string host;  ///< that wrote last; empty where nobody knows
  study::WriterState writer = study::WriterState::unknown;
};

/// All directories in `results_dir` in which a study has ever been run, the latest first, those
/// that can't be read last. Looks at each as `status` does (`open_study_directory`). Throws
/// `study::InputError` where there is no such folder.
[[nodiscard]] std::vector<ListedStudy> list_studies(
    const std::filesystem::path& results_dir, const std::optional<std::filesystem::path>& config,
    HostLog& log);

/// Those in the config's results folder, if there is one, and all that its observers know, also of
/// other hosts, each once. The observers are asked in the place of manifests. Warns of those that
/// can't tell. Throws `study::InputError` where there is nobody to ask and no folder, and where
/// nobody can tell.
[[nodiscard]] std::vector<ListedStudy> list_known_studies(const HostConfig& config, HostLog& log);

/// The same for what a person has given in the place of a study's directory; empty where it is one,
/// or none is in it.
[[nodiscard]] std::vector<ListedStudy> studies_in_place_of_one(
    const std::filesystem::path& given, const std::optional<std::filesystem::path>& config,
    HostLog& log);

/// Them, below a line that says what `given` is.
[[nodiscard]] std::string text_in_place_of_one(const std::filesystem::path& given,
                                               const std::vector<ListedStudy>& studies);

/// For who needs one: that `given` is none, and what to do.
[[nodiscard]] study::InputError several_in_place_of_one(const std::filesystem::path& given,
                                                        std::size_t count);

/// A table: start, state, completed, failed, pending, name, host, directory; what can't be read
/// with its reason. The hosts are left out where there is none but this one. Names are cut,
/// directories never. Every line ends with a newline.
[[nodiscard]] std::string list_text(const std::vector<ListedStudy>& studies);

/// `[{"study_dir": …, "problem": null, "study_name": …, "status": …, "started_at": …,
/// "completed_at": …, "completed": …, "failed": …, "pending": …, "running": …, "study_design_hash":
/// …, "host": …, "writer": "alive" | "gone" | "none" | "unknown"}, …]`: with a problem, the rest is
/// null; so is a host that isn't known. Further keys may come. Ends with a newline.
[[nodiscard]] std::string list_json(const std::vector<ListedStudy>& studies);

}  // namespace host
