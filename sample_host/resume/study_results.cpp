#include "resume/study_results.hpp"

#include "input/input_error.hpp"
#include "resume/study_record.hpp"
#include "run/result.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>

#include <algorithm>
#include <array>
#include <set>

#include <sys/stat.h>

namespace host {
namespace {

namespace fs = std::filesystem;
using study::ExperimentState;

constexpr std::array<std::string_view, 4> kOwnNames{study::kManifestFileName, kRecordFileName,
                                                    "study.json", "study.base.json"};

}  // namespace

std::string result_problem(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return "its result " + file.string() + " is not there";
  if (!S_ISREG(status.st_mode)) return "its result " + file.string() + " is no file";
  try {
    const std::string problem = json_problem(study::read_file(file));
    return problem.empty() ? problem : "its result " + file.string() + " is no JSON: " + problem;
  } catch (const study::FileError& error) {
    return std::string("its result can't be read: ") + error.what();
  }
}

bool is_result_name(std::string_view name) {
  return name.find('/') == std::string_view::npos && !name.starts_with('.') &&
         name.ends_with(".json") && !name.ends_with(".config.json") &&
         std::find(kOwnNames.begin(), kOwnNames.end(), name) == kOwnNames.end();
}

bool has_result_files(const fs::path& study_dir) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(study_dir, ignored)) {
    if (is_result_name(entry.path().filename().string())) return true;
  }
  return false;
}

std::vector<std::string> possible_stems(const PreparedStudy& study, std::size_t configuration,
                                        int cycle) {
  const auto& planned = study.plan.configurations[configuration];
  std::vector<std::string> stems{study::result_stem(study.config, study.plan, planned, cycle)};
  if (cycle > 1) return stems;
  study::StudyPlan other;  // only the number of cycles counts for a stem
  other.n_cycles = study.plan.n_cycles > 1 ? 1 : 2;
  stems.push_back(study::result_stem(study.config, other, planned, cycle));
  return stems;
}

ResultCheck::ResultCheck(const PreparedStudy& study, fs::path study_dir)
    : study_dir_(std::move(study_dir)) {
  for (std::size_t i = 0; i < study.plan.configurations.size(); ++i) {
    for (int cycle = 1; cycle <= study.plan.n_cycles; ++cycle) {
      for (const std::string& stem : possible_stems(study, i, cycle)) {
        owners_.try_emplace(stem + ".json", study.plan.configurations[i].config_hash, cycle);
      }
    }
  }
}

std::string ResultCheck::problem(const study::ManifestEntry& entry) {
  if (!entry.result_file) return "the checkpoint names no result file";
  const std::string& name = *entry.result_file;
  const std::string named = "the checkpoint names " + visible(name) + " as its result, which is ";
  if (!is_result_name(name)) return named + "no result of this study";
  const auto owner = owners_.find(name);
  const bool is_foreign =
      owner != owners_.end() && owner->second != Run(entry.config_hash, entry.cycle);
  if (is_foreign || claimed_.contains(name)) return named + "another experiment's";
  std::string problem = result_problem(study_dir_ / name);
  if (problem.empty()) claimed_.insert(name);
  return problem;
}

std::size_t ResultCheck::count_untold(const study::StudyManifest& checkpoint) const {
  std::set<Run> unfinished;
  for (const study::ManifestEntry& entry : checkpoint.experiments) {
    const bool is_pending =
        entry.status == ExperimentState::pending || entry.status == ExperimentState::running;
    if (is_pending) unfinished.emplace(entry.config_hash, entry.cycle);
  }
  std::size_t count = 0;
  for (const auto& [name, run] : owners_) {
    if (!unfinished.contains(run) || claimed_.contains(name)) continue;
    if (!result_problem(study_dir_ / name).empty()) continue;
    unfinished.erase(run);  // it may have two names
    ++count;
  }
  return count;
}

}  // namespace host
