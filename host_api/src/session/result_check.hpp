/// The results in a study directory: which files are, and whose.
#pragma once

#include "session/result_file.hpp"
#include "session/resumed_state.hpp"

#include <study/manifest.hpp>
#include <study/study_config.hpp>
#include <study/study_plan.hpp>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace study {

/// Why the file is no result of that form; empty if it is one.
[[nodiscard]] std::string result_problem(const std::filesystem::path& file,
                                         ResultForm form = ResultForm::json);

/// Whether a result may be called so: a name that leads nowhere else, is not hidden, and is none of
/// the files that a study itself has.
[[nodiscard]] bool is_result_name(std::string_view name);

/// As `is_result_name`, also in a folder of the study's: LLenergyMeasure's later releases give each
/// run one.
[[nodiscard]] bool is_result_path(std::string_view name);

/// Whether any JSON file there is called like a result.
[[nodiscard]] bool has_result_files(const std::filesystem::path& study_dir);

/// Checks what a checkpoint says of results. A checkpoint is a file like any other, and may have
/// been edited: no run counts because of another's result, or of a file from elsewhere.
class ResultCheck {
 public:
  /// Linear in the study. `plan` outlives this.
  ResultCheck(const StudyConfig& config, const StudyPlan& plan, std::filesystem::path study_dir,
              ResultForm form = ResultForm::json);

  /// Why the entry's result doesn't count; empty if it does, and then no other entry's may be the
  /// same file.
  [[nodiscard]] std::string problem(const ManifestEntry& entry);

  /// The result that a run which was under way has left whole, in its place, where nothing was told
  /// of it any more; empty if there is none. No other entry's may be the same file then.
  [[nodiscard]] std::optional<UntoldResult> untold_result(const ManifestEntry& entry);

  /// How many runs that `checkpoint` has as pending or running have a valid result all the same.
  [[nodiscard]] std::size_t count_untold(const StudyManifest& checkpoint) const;

 private:
  using Run = std::pair<std::string_view, int>;  ///< configuration hash and cycle

  const std::filesystem::path study_dir_;
  const ResultForm form_;
  /// Of each name that a run's result may have as JSON; with other endings it is the same one's.
  std::unordered_map<std::string, Run> owners_;
  std::unordered_set<std::string> claimed_;
};

}  // namespace study
