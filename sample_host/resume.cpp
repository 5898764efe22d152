#include "resume.hpp"

#include "checkpoint_source.hpp"
#include "design_change.hpp"
#include "settle.hpp"
#include "study_record.hpp"

#include <study/identity.hpp>
#include <study/study_plan.hpp>

#include <map>
#include <optional>
#include <set>
#include <utility>

namespace study_host {
namespace {

namespace fs = std::filesystem;
using study::ExperimentState;

constexpr std::string_view kHostConfigName = "study_host.json";

Design design_of(const study::StudyConfig& config, const study::StudyPlan& plan) {
  Design design;
  for (const auto& planned : plan.configurations) {
    design.push_back({planned.config_hash, planned.config_summary,
                      &config.experiments[planned.experiment_index].config});
  }
  return design;
}

/// What the checkpoint itself tells of the configurations: no fields.
Design design_of(const study::StudyManifest& checkpoint) {
  Design design;
  std::set<std::string_view> known;
  for (const study::ManifestEntry& entry : checkpoint.experiments) {
    if (!known.insert(entry.config_hash).second) continue;
    design.push_back({entry.config_hash, entry.config_summary, nullptr});
  }
  return design;
}

/// The kept copy is what the checkpoint is of only if their design is the same: a host may have
/// been killed between writing one and the other, and anybody may have edited the copy.
std::string account_of_change(const fs::path& study_dir, const study::StudyManifest& checkpoint,
                              const PreparedStudy& study) {
  const Design now = design_of(study.config, study.plan);
  try {
    if (const auto record = read_study_record(study_dir)) {
      const study::StudyConfig config =
          make_config(load_study_copies(record->study_file, record->copies));
      const study::StudyPlan plan = study::make_plan(config);
      if (plan.study_design_hash == checkpoint.head.study_design_hash) {
        return describe_design_change(design_of(config, plan), now);
      }
    }
  } catch (const study::Error&) {  // without the copy the account is only less exact
  }
  return describe_design_change(design_of(checkpoint), now);
}

void check_design(const ResumeOptions& options, const study::StudyManifest& checkpoint,
                  const PreparedStudy& study, HostLog& log) {
  if (checkpoint.head.study_design_hash == study.plan.study_design_hash) return;
  const std::string account = account_of_change(options.study_dir, checkpoint, study);
  if (!options.force) {
    throw DesignChanged(study.file.path.string() + " is not the study that began in " +
                            options.study_dir.string() +
                            ": resume it with its own study file, or leave STUDY out, or go on "
                            "with --force: what is "
                            "unchanged is kept then, the rest follows the new study",
                        account);
  }
  log.warning("the study has changed since it began; it goes on because of --force");
  for (std::size_t at = 0; at < account.size();) {
    const std::size_t end = account.find('\n', at);
    log.info(account.substr(at, end - at));
    at = end + 1;
  }
}

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

study::Timestamp recorded_start(const fs::path& study_dir, HostLog& log) {
  try {
    if (const auto record = read_study_record(study_dir)) return record->started_at;
  } catch (const study::StudyError& error) {
    log.warning(error.what());
  }
  return study::now();
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

study::StudyManifest settled_state(const ResumeOptions& options, const PreparedStudy& study,
                                   std::span<const NamedObserver> observers, HostLog& log) {
  const study::StudyManifest checkpoint =
      options.rebuild
          ? rebuild_checkpoint(study, options.study_dir, recorded_start(options.study_dir, log))
          : read_checkpoint(observers, options.study_dir, log);
  check_design(options, checkpoint, study, log);
  const study::StudyManifest fresh =
      study::initial_manifest(study.config, study.plan, checkpoint.head.started_at);
  warn_of_differences(checkpoint.head, fresh.head, log);
  Settlement settlement = settle(
      checkpoint, fresh, options.skip_failed ? FailedRuns::stay_failed : FailedRuns::are_run_again,
      [&](const study::ManifestEntry& entry) {
        if (!entry.result_file) return std::string("the checkpoint names no result file");
        return result_problem(options.study_dir / *entry.result_file);
      });
  for (const std::string& warning : settlement.warnings) log.warning(warning);
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

}  // namespace study_host
