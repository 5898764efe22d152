#include "resume/resume.hpp"

#include "resume/changed_study.hpp"
#include "resume/checkpoint_source.hpp"
#include "resume/settle.hpp"
#include "resume/study_record.hpp"
#include "resume/study_results.hpp"

#include <study/error.hpp>
#include <study/study_lock.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace host {
namespace {

namespace fs = std::filesystem;
using study::ExperimentState;

constexpr std::string_view kHostConfigName = "study_host.json";

void warn_of_differences(const study::ManifestHead& before, const study::ManifestHead& now,
                         HostLog& log) {
  if (before.framework_version != now.framework_version) {
    log.warning("the study began with version " + before.framework_version +
                " and goes on with version " + now.framework_version +
                ": its results may not be comparable");
  }
  if (before.study_name != now.study_name) {
    log.warning("the study was called " + before.study_name + " and goes on as " + now.study_name);
  }
}

/// Of the latest run. One that can't be read is only warned of: what it tells is known otherwise,
/// or else asked for.
std::optional<StudyRecord> known_record(const fs::path& study_dir, HostLog& log) {
  try {
    return read_study_record(study_dir);
  } catch (const study::StudyError& error) {
    log.warning(error.what());
    return std::nullopt;
  }
}

/// None of those that know the state of the latest run is asked now.
void warn_of_left_out_observers(const StudyRecord& record,
                                std::span<const study::NamedObserver> observers, HostLog& log) {
  std::string names;
  for (const std::string& name : record.observers.value_or(std::vector<std::string>())) {
    const auto is_it = [&](const study::NamedObserver& observer) { return observer.name == name; };
    if (std::any_of(observers.begin(), observers.end(), is_it)) return;
    names += (names.empty() ? "" : ", ") + name;
  }
  if (names.empty()) return;
  log.warning("the latest run's checkpoint is known to " + names +
              ", which is not enabled now: the study goes on from an older one");
}

void warn_of_untold_results(std::size_t count, HostLog& log) {
  if (count == 0) return;
  const bool is_one = count == 1;
  log.warning(std::to_string(count) + (is_one ? " experiment has" : " experiments have") +
              " a valid result that the checkpoint doesn't tell of and " + (is_one ? "is" : "are") +
              " run again; --rebuild would count what is there");
}

std::string path_text(const fs::path& path) {
  return path.string();
}

}  // namespace

StudyOptions complete_options(StudyOptions options, const fs::path& study_dir) {
  std::error_code ignored;
  const bool is_known = !options.study.empty();
  std::optional<StudyRecord> record;
  try {
    record = read_study_record(study_dir);
  } catch (const study::StudyError&) {
    if (!is_known) throw;
  }
  if (!record && !is_known) {
    throw study::StudyError("nothing to resume in " + path_text(study_dir) + ": there is no " +
                            std::string(kRecordFileName) + "; give the study file");
  }
  if (!record) return options;
  if (!is_known) {
    options.study = record->study_file;
    options.copies = record->copies;
  }
  if (!options.config && record->host_config &&
      !(is_known && fs::exists(options.study.parent_path() / kHostConfigName, ignored))) {
    if (!fs::exists(*record->host_config, ignored)) {
      throw study::StudyError("the host config " + path_text(*record->host_config) +
                              " that the study began with is gone; give one with --config");
    }
    options.config = record->host_config;
  }
  return options;
}

void check_holds_study(const ResumeOptions& options, bool has_study_file) {
  if (options.rebuild && has_study_file) return;
  std::error_code ignored;
  for (const std::string_view name :
       {study::kLockFileName, kRecordFileName, study::kManifestFileName}) {
    if (fs::exists(fs::symlink_status(options.study_dir / name, ignored))) return;
  }
  throw study::StudyError(
      nothing_to_resume(options.study_dir, "there is neither a " + std::string(kRecordFileName) +
                                               " nor a " + std::string(study::kManifestFileName)));
}

study::StudyManifest settled_state(const ResumeOptions& options, const PreparedStudy& study,
                                   std::span<const study::NamedObserver> observers, HostLog& log) {
  const fs::path& study_dir = options.study_dir;
  const auto record = known_record(study_dir, log);
  const auto started_at = record ? std::optional(record->started_at) : std::nullopt;
  const study::StudyManifest checkpoint =
      options.rebuild ? rebuild_checkpoint(study, study_dir, started_at.value_or(study::now()))
                      : read_checkpoint(observers, study_dir, started_at, log);
  if (record && !options.rebuild) warn_of_left_out_observers(*record, observers, log);
  check_design(options, checkpoint, study, log);
  const study::StudyManifest fresh =
      study::initial_manifest(study.config, study.plan, checkpoint.head.started_at);
  warn_of_differences(checkpoint.head, fresh.head, log);
  ResultCheck results(study, study_dir);
  Settlement settlement = settle(
      checkpoint, fresh, options.skip_failed ? FailedRuns::stay_failed : FailedRuns::are_run_again,
      [&](const study::ManifestEntry& entry) { return results.problem(entry); });
  for (const std::string& warning : settlement.warnings) log.warning(warning);
  if (!options.rebuild) warn_of_untold_results(results.count_untold(checkpoint), log);
  return std::move(settlement.manifest);
}

void leave_out_done(PreparedStudy& study, const study::StudyManifest& settled) {
  std::map<std::pair<std::string_view, int>, ExperimentState> states;
  for (const study::ManifestEntry& entry : settled.experiments) {
    states[{entry.config_hash, entry.cycle}] = entry.status;
  }
  study.schedule = without_done(study.schedule, [&](const ScheduledRun& run) {
    const auto& hash = study.plan.configurations[run.configuration].config_hash;
    const ExperimentState state = states.at({hash, run.cycle});
    return state == ExperimentState::completed || state == ExperimentState::failed;
  });
}

void remove_leftovers(const fs::path& study_dir) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(study_dir, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with('.') || !name.ends_with(".tmp")) continue;
    if (entry.symlink_status(ignored).type() != fs::file_type::regular) continue;
    fs::remove(entry.path(), ignored);
  }
}

}  // namespace host
