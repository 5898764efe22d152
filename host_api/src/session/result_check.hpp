/// The results in a study directory: which files are, and whose.
#pragma once

#include "session/result_file.hpp"
#include "session/resumed_state.hpp"

#include <study/manifest.hpp>
#include <study/posix.hpp>
#include <study/study_config.hpp>
#include <study/study_plan.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

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

/// Finds a `std::string` by a `std::string_view`.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

/// Checks what a checkpoint says of results. A checkpoint is a file like any other, and may have
/// been edited: no run counts because of another's result, or of a file from elsewhere.
class ResultCheck {
 public:
  /// Linear in the study and its directory, which is listed once. `plan` outlives this.
  /// `were_looked_into`: each result was, before it was told of.
  ResultCheck(const StudyConfig& config, const StudyPlan& plan, std::filesystem::path study_dir,
              ResultForm form = ResultForm::json, bool were_looked_into = false);

  /// Why the entry's result doesn't count; empty if it does, and then no other entry's may be the
  /// same file.
  [[nodiscard]] std::string problem(const ManifestEntry& entry);

  /// The result that a run has left whole, in its place, where nothing was told of it any more;
  /// empty if there is none. No other entry's may be the same file then.
  [[nodiscard]] std::optional<UntoldResult> untold_result(const ManifestEntry& entry);

  /// How many runs that are to be run, though not again, have a valid result all the same.
  [[nodiscard]] std::size_t count_untold(const ResumedState& state) const;

 private:
  using Run = std::pair<std::string_view, int>;  ///< configuration hash and cycle

  [[nodiscard]] bool is_unchanged(const ManifestEntry& entry) const;
  void list_directory();
  void find_owners(const StudyConfig& config, const StudyPlan& plan);

  const std::filesystem::path study_dir_;
  const ResultForm form_;
  /// Of what has been made since then and not changed, nothing has been lost; empty: it may have.
  std::optional<Timestamp> whole_since_;
  UniqueFd directory_;
  /// The names in the directory up to their last dot, each with whose result may be called so. Most
  /// runs of a study that is resumed have left nothing: to look for each would take a `stat`.
  boost::unordered_flat_map<std::string, std::optional<Run>, TextHash, std::equal_to<>> owners_;
  boost::unordered_flat_map<Run, std::vector<std::string_view>> stems_;  ///< the other way round
  boost::unordered_flat_set<std::string> claimed_;
};

}  // namespace study
