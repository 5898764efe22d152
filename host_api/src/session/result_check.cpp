#include "session/result_check.hpp"

#include "session/checkpoints.hpp"
#include "session/json_check.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <array>
#include <set>

#include <sys/stat.h>

namespace study {
namespace {

namespace fs = std::filesystem;

/// Those of `study-host` among them.
constexpr auto kOwnNames = std::to_array<std::string_view>(
    {kManifestFileName, "study_record.json", "study.json", "study.base.json", "study.yaml",
     "study.base.yaml", "study.log", "journal.jsonl", "study_experiments.jsonl"});
/// What else a run leaves beside its result.
constexpr auto kOtherEndings =
    std::to_array<std::string_view>({".config.json", ".rejected.json", ".log", ".parquet"});

}  // namespace

std::string result_problem(const fs::path& file, ResultForm form) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return "its result " + file.string() + " is not there";
  if (!S_ISREG(status.st_mode)) return "its result " + file.string() + " is no file";
  if (form == ResultForm::any || file.extension() != ".json") return {};
  try {
    const std::string problem = json_problem_of_file(file);
    return problem.empty() ? problem : "its result " + file.string() + " is no JSON: " + problem;
  } catch (const FileError& error) {
    return std::string("its result can't be read: ") + error.what();
  }
}

bool is_result_name(std::string_view name) {
  return !name.empty() && name.find('/') == std::string_view::npos && !name.starts_with('.') &&
         std::ranges::none_of(kOtherEndings, [&](auto ending) { return name.ends_with(ending); }) &&
         std::ranges::find(kOwnNames, name) == kOwnNames.end();
}

bool is_result_path(std::string_view name) {
  for (std::size_t slash = name.find('/'); slash != name.npos; slash = name.find('/')) {
    if (slash == 0 || name.starts_with('.')) return false;
    name.remove_prefix(slash + 1);
  }
  return is_result_name(name);
}

bool has_result_files(const fs::path& study_dir) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(study_dir, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".json") && is_result_name(name)) return true;
  }
  return false;
}

ResultCheck::ResultCheck(const StudyConfig& config, const StudyPlan& plan, fs::path study_dir,
                         ResultForm form)
    : study_dir_(std::move(study_dir)), form_(form) {
  for (const PlannedConfiguration& configuration : plan.configurations) {
    const AllFields fields(config.experiments[configuration.experiment_index]);
    for (int cycle = 1; cycle <= configuration.n_cycles; ++cycle) {
      for (const std::string& stem : possible_stems(*fields, configuration, cycle)) {
        owners_.try_emplace(stem + ".json", configuration.config_hash, cycle);
      }
    }
  }
}

std::string ResultCheck::problem(const ManifestEntry& entry) {
  if (form_ == ResultForm::none && !entry.result_file) return {};
  if (!entry.result_file) return "the checkpoint names no result file";
  const std::string& name = *entry.result_file;
  const std::string named = "the checkpoint names " + visible(name) + " as its result, which is ";
  if (!is_result_path(name)) return named + "no result of this study";
  const auto owner = owners_.find(name.substr(0, name.rfind('.')) + ".json");
  const bool is_foreign =
      owner != owners_.end() && owner->second != Run(entry.config_hash, entry.cycle);
  if (is_foreign || claimed_.contains(name)) return named + "another experiment's";
  std::string problem = result_problem(study_dir_ / name, form_);
  if (problem.empty()) claimed_.insert(name);
  return problem;
}

std::optional<UntoldResult> ResultCheck::untold_result(const ManifestEntry& entry) {
  const Run run(entry.config_hash, entry.cycle);
  for (const auto& [name, owner] : owners_) {
    if (owner != run || claimed_.contains(name)) continue;
    if (!result_problem(study_dir_ / name, form_).empty()) continue;
    claimed_.insert(name);
    return UntoldResult{name, modification_time(study_dir_ / name).value_or(now())};
  }
  return std::nullopt;
}

std::size_t ResultCheck::count_untold(const StudyManifest& checkpoint) const {
  std::set<Run> unfinished;
  for (const ManifestEntry& entry : checkpoint.experiments) {
    const bool is_pending =
        entry.status == ExperimentState::pending || entry.status == ExperimentState::running;
    if (is_pending) unfinished.emplace(entry.config_hash, entry.cycle);
  }
  std::size_t count = 0;
  for (const auto& [name, run] : owners_) {
    if (!unfinished.contains(run) || claimed_.contains(name)) continue;
    if (!result_problem(study_dir_ / name, form_).empty()) continue;
    unfinished.erase(run);  // it may have two names
    ++count;
  }
  return count;
}

}  // namespace study
