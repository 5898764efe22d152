/// The studies of a results folder, one line each.
#pragma once

#include "terminal/host_log.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>
#include <study/timestamp.hpp>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace host {

struct ListedStudy {
  std::filesystem::path study_dir;  ///< in the folder as it was given
  std::string problem;              ///< why nothing below is known; empty if it is
  std::string name;
  std::string word;  ///< `status_word`
  study::Timestamp started_at;
  std::optional<study::Timestamp> completed_at;
  study::ManifestCounters counters;
};

/// All directories in `results_dir` in which a study has ever been run, the latest first, those
/// that can't be read last. Looks at each as `status` does (`open_study_directory`). Throws
/// `study::InputError` where there is no such folder.
[[nodiscard]] std::vector<ListedStudy> list_studies(
    const std::filesystem::path& results_dir, const std::optional<std::filesystem::path>& config,
    HostLog& log);

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

/// A table: start, state, completed, failed, pending, name, directory; what can't be read with its
/// reason. Names are cut, directories never. Every line ends with a newline.
[[nodiscard]] std::string list_text(const std::vector<ListedStudy>& studies);

/// `[{"study_dir": …, "problem": null, "study_name": …, "status": …, "started_at": …,
/// "completed_at": …, "completed": …, "failed": …, "pending": …}, …]`: with a problem, the rest is
/// null. Further keys may come. Ends with a newline.
[[nodiscard]] std::string list_json(const std::vector<ListedStudy>& studies);

}  // namespace host
