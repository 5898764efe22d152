#include "session/result_check.hpp"

#include "session/checkpoints.hpp"
#include "session/json_check.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <array>
#include <chrono>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

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

/// Whether nobody but this machine writes to the file system.
bool is_this_machines(int fd) {
  struct statfs info {};
  if (::fstatfs(fd, &info) != 0) return false;
  constexpr auto kLocal = std::to_array<unsigned long>(
      {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, TMPFS_MAGIC});
  return std::ranges::find(kLocal, static_cast<unsigned long>(info.f_type)) != kLocal.end();
}

/// What is changed gets the time of the kernel's last tick, which lies up to so far back.
constexpr std::chrono::milliseconds kClockTick{10};

/// By the present clock. What is older may have been made before a power loss.
Timestamp boot_time() {
  timespec up{};
  if (::clock_gettime(CLOCK_BOOTTIME, &up) != 0) return now();
  return now() - std::chrono::seconds(up.tv_sec + 1);
}

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
                         ResultForm form, bool were_looked_into)
    : study_dir_(std::move(study_dir)), form_(form) {
  if (were_looked_into) {
    directory_ = open_file(study_dir_.c_str(), O_RDONLY | O_DIRECTORY);
    if (directory_ && is_this_machines(directory_.get())) whole_since_ = boot_time();
  }
  list_directory();
  if (!owners_.empty()) find_owners(config, plan);
}

void ResultCheck::list_directory() {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(study_dir_, ignored)) {
    const std::string name = entry.path().filename().native();
    if (is_result_name(name)) owners_.try_emplace(name.substr(0, name.rfind('.')));
  }
}

void ResultCheck::find_owners(const StudyConfig& config, const StudyPlan& plan) {
  for (const PlannedConfiguration& configuration : plan.configurations) {
    const AllFields fields(config.experiments[configuration.experiment_index]);
    for (int cycle = 1; cycle <= configuration.n_cycles; ++cycle) {
      for (const std::string& stem : possible_stems(*fields, configuration, cycle)) {
        const auto found = owners_.find(stem);
        if (found == owners_.end() || found->second) continue;
        const Run run(configuration.config_hash, cycle);
        found->second = run;
        stems_[run].push_back(found->first);
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
  const auto owner = owners_.find(std::string_view(name).substr(0, name.rfind('.')));
  const bool is_foreign = owner != owners_.end() && owner->second &&
                          *owner->second != Run(entry.config_hash, entry.cycle);
  if (is_foreign || claimed_.contains(name)) return named + "another experiment's";
  std::string problem;
  if (!is_unchanged(entry)) problem = result_problem(study_dir_ / name, form_);
  if (problem.empty()) claimed_.insert(name);
  return problem;
}

/// Only a power loss could have taken what was there when the run completed.
bool ResultCheck::is_unchanged(const ManifestEntry& entry) const {
  if (!whole_since_ || !entry.completed_at) return false;
  const Timestamp completed_at = *entry.completed_at;
  if (completed_at < *whole_since_ || completed_at > now()) return false;
  struct stat status {};
  return ::fstatat(directory_.get(), entry.result_file->c_str(), &status, 0) == 0 &&
         S_ISREG(status.st_mode) && modification_time(status) + kClockTick <= completed_at;
}

std::optional<UntoldResult> ResultCheck::untold_result(const ManifestEntry& entry) {
  const auto stems = stems_.find({entry.config_hash, entry.cycle});
  if (stems == stems_.end()) return std::nullopt;
  for (const std::string_view stem : stems->second) {
    const std::string name = std::string(stem) + ".json";
    if (claimed_.contains(name)) continue;
    if (!result_problem(study_dir_ / name, form_).empty()) continue;
    claimed_.insert(name);
    return UntoldResult{name, modification_time(study_dir_ / name).value_or(now())};
  }
  return std::nullopt;
}

std::size_t ResultCheck::count_untold(const ResumedState& state) const {
  boost::unordered_flat_set<Run> unfinished;
  auto again = state.run_again.begin();
  for (std::size_t i = 0; i < state.manifest.experiments.size(); ++i) {
    const ManifestEntry& entry = state.manifest.experiments[i];
    const bool is_again = again != state.run_again.end() && *again == i;
    if (is_again) ++again;
    if (entry.status == ExperimentState::pending && !is_again) {
      unfinished.emplace(entry.config_hash, entry.cycle);
    }
  }
  std::size_t count = 0;
  for (const auto& [stem, owner] : owners_) {
    const std::string name = stem + ".json";
    if (!owner || !unfinished.contains(*owner) || claimed_.contains(name)) continue;
    if (!result_problem(study_dir_ / name, form_).empty()) continue;
    unfinished.erase(*owner);  // it may have two names
    ++count;
  }
  return count;
}

}  // namespace study
