#include "resume/open_study.hpp"

#include "base/format.hpp"
#include "resume/result_check.hpp"
#include "resume/study_difference.hpp"
#include "resume/study_record.hpp"
#include "run/orphans.hpp"
#include "session/checkpoints.hpp"
#include "session/resumed_state.hpp"

#include <study/atomic_file.hpp>
#include <study/manifest.hpp>
#include <study/study_directory.hpp>

#include <string_view>
#include <system_error>

namespace host {
namespace {

namespace fs = std::filesystem;
using study::ExperimentState;

/// What the person can do where no checkpoint can be used.
constexpr std::string_view kRebuildOffer =
    "--rebuild reconstructs the states from the result files in the directory";
constexpr std::string_view kForceOffer =
    "go on with --force: what is unchanged is kept then, the rest follows the new study";

[[noreturn]] void refuse_to_resume(const fs::path& study_dir, const std::string& reason) {
  std::string message = "nothing to resume in " + study_dir.string() + ": " + reason;
  if (has_result_files(study_dir)) {
    message += study::format(
        ", but there are result files: {}; or add the observer that kept the study's checkpoint "
        "to the host config",
        kRebuildOffer);
  }
  throw study::StudyError(message);
}

/// The options with what the latest run's record knows in the place of what they leave open.
StudyOptions complete_options(StudyOptions options, const StudyRecord& record) {
  std::error_code ignored;
  const bool is_known = !options.study.empty();
  if (!is_known) {
    options.study = record.study_file;
    options.copies = record.copies;
  }
  if (options.config || !record.host_config ||
      (is_known && fs::exists(options.study.parent_path() / kHostConfigFileName, ignored))) {
    return options;
  }
  if (!fs::exists(*record.host_config, ignored)) {
    throw study::StudyError(study::format(
        "the host config {} that the study began with is gone; give one with --config",
        record.host_config->string()));
  }
  options.config = record.host_config;
  return options;
}

study::StudyManifest ask_for_checkpoint(std::span<const study::NamedObserver> observers,
                                        const fs::path& study_dir,
                                        std::optional<study::Timestamp> started_at,
                                        const study::LogFunction& log) {
  study::CheckpointAnswers answers =
      study::ask_observers(observers, {study_dir, {}, study_dir.parent_path()});
  if (!answers.checkpoints.empty()) {
    return study::merge_checkpoints(std::move(answers), started_at, log);
  }
  if (!answers.failures.empty()) {
    throw study::StudyError(study::format("no checkpoint in {} can be read: {}; {}",
                                          study_dir.string(), study::join_texts(answers.failures),
                                          kRebuildOffer));
  }
  refuse_to_resume(study_dir, observers.empty()
                                  ? "no observer is enabled, so that nobody can be asked"
                                  : "no checkpoint is known to " + study::join_names(observers));
}

void warn_of_untold_results(std::size_t count, HostLog& log) {
  if (count == 0) return;
  const bool is_one = count == 1;
  log.warning(study::format(
      "{} experiment{} a valid result that the checkpoint doesn't tell of and {} run again; "
      "--rebuild would count what is there",
      count, is_one ? " has" : "s have", is_one ? "is" : "are"));
}

/// What a killed host has left half-written: `.*.tmp`.
void remove_leftovers(const fs::path& study_dir) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(study_dir, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with('.') || !name.ends_with(".tmp")) continue;
    if (entry.symlink_status(ignored).type() != fs::file_type::regular) continue;
    fs::remove(entry.path(), ignored);
  }
}

}  // namespace

OpenStudy::OpenStudy(StudyOptions options, ResumeOptions resume, HostLog& log)
    : log_(log), resume_(std::move(resume)) {
  if (!resume_.study_dir.empty()) options = enter_study_dir(std::move(options));
  study_ = prepare_study(options);
}

/// Whether it is one can be told without the lock, which leaves a file behind; everything else is
/// asked under it.
StudyOptions OpenStudy::enter_study_dir(StudyOptions options) {
  refuse_file_as_directory(resume_.study_dir);
  std::error_code ignored;
  if (!fs::is_directory(resume_.study_dir, ignored)) {
    throw study::StudyError("there is no study directory " + resume_.study_dir.string());
  }
  study_dir_ = fs::absolute(resume_.study_dir).lexically_normal();
  if (!study_dir_.has_filename()) study_dir_ = study_dir_.parent_path();
  const bool is_rebuilt_from_file = resume_.rebuild && !options.study.empty();
  if (!is_rebuilt_from_file && !holds_study(study_dir_)) {
    refuse_to_resume(study_dir_, study::format("there is neither a {} nor a {}", kRecordFileName,
                                               study::kManifestFileName));
  }
  lock();
  read_record(!options.study.empty());
  return record_ ? complete_options(std::move(options), *record_) : options;
}

/// With a study file given, one that can't be read is only warned of: what it tells is known
/// otherwise, or else asked for.
void OpenStudy::read_record(bool has_study_file) {
  is_copy_read_ = !has_study_file;
  try {
    record_ = read_study_record(study_dir_);
  } catch (const study::StudyError& error) {
    if (!has_study_file) throw;
    log_.warning(error.what());
  }
  if (record_ || has_study_file) return;
  throw study::StudyError(
      study::format("nothing to resume in {}: there is no {}; give the study file",
                    study_dir_.string(), kRecordFileName));
}

void OpenStudy::lock() {
  lock_ = study::StudyLock::acquire(study_dir_);
  if (!lock_->weakness().empty()) log_.warning(lock_->weakness());
}

void OpenStudy::find_state(std::span<const study::NamedObserver> observers) {
  observers_.reserve(observers.size());
  for (const study::NamedObserver& observer : observers) observers_.push_back(observer.name);
  if (resume_.study_dir.empty()) return;
  for (const std::string& sentence : end_orphans(study_dir_)) log_.warning(sentence);
  go_on_from(find_checkpoint(observers));
  leave_out_done();
  remove_leftovers(study_dir_);
}

study::StudyManifest OpenStudy::find_checkpoint(std::span<const study::NamedObserver> observers) {
  const auto started_at = record_ ? std::optional(record_->started_at) : std::nullopt;
  if (resume_.rebuild) {
    return study::rebuild_checkpoint(study_.config, study_.plan, study_dir_,
                                     started_at.value_or(study::now()));
  }
  const study::LogFunction log = log_.services().log;
  study::StudyManifest checkpoint = ask_for_checkpoint(observers, study_dir_, started_at, log);
  if (record_ && record_->observers) {
    study::warn_of_left_out_observers(*record_->observers, observers, log);
  }
  return checkpoint;
}

void OpenStudy::check_design(const study::StudyManifest& checkpoint) {
  if (checkpoint.head.study_design_hash == study_.plan.study_design_hash) return;
  auto [account, is_copy_right] = describe_study_difference(record_, checkpoint, study_);
  if (resume_.force) {
    log_.warning("the study has changed since it began; it goes on because of --force");
    for (const std::string& line : account) log_.info(line);
    return;
  }
  const std::string place = study_dir_.string();
  const std::string refusal =
      is_copy_read_ ? study::format(
                          "{}, the study file that is kept, is not the study that the checkpoint "
                          "in {} is of: give the study's own file, or start over from the "
                          "results with --rebuild, or {}",
                          record_->copies.study.string(), place, kForceOffer)
                    : study::format(
                          "{} is not the study that began in {}: resume it with its own study "
                          "file{}, or {}",
                          study_.file.path.string(), place,
                          is_copy_right ? ", or leave STUDY out" : "", kForceOffer);
  account.insert(account.begin(), "the study in " + place + " has changed:");
  throw DesignChanged(refusal, std::move(account));
}

void OpenStudy::go_on_from(const study::StudyManifest& checkpoint) {
  check_design(checkpoint);
  started_at_ = checkpoint.head.started_at;
  ResultCheck results(study_.config, study_.plan, study_dir_);
  study::ResumedState state = study::resumed_state(
      checkpoint, study::initial_manifest(study_.config, study_.plan, started_at_),
      resume_.skip_failed ? study::FailedRuns::stay_failed : study::FailedRuns::are_run_again,
      [&](const study::ManifestEntry& entry) { return results.problem(entry); });
  for (const std::string& warning : state.warnings) log_.warning(warning);
  if (!resume_.rebuild) warn_of_untold_results(results.count_untold(checkpoint), log_);
  done_ = study::count_entries(state.manifest);
  resume_from_ = std::move(state.manifest);
}

void OpenStudy::leave_out_done() {
  std::vector<bool> is_done;  // in the plan's order, which is that of the manifest
  is_done.reserve(resume_from_->experiments.size());
  for (const study::ManifestEntry& entry : resume_from_->experiments) {
    if (entry.cycle > study_.plan.n_cycles) continue;  // is kept, though the study has it no more
    is_done.push_back(entry.status == ExperimentState::completed ||
                      entry.status == ExperimentState::failed);
  }
  const auto n_cycles = static_cast<std::size_t>(study_.plan.n_cycles);
  study_.schedule = without_done(study_.schedule, [&](const ScheduledRun& run) {
    return is_done[run.configuration * n_cycles + static_cast<std::size_t>(run.cycle) - 1];
  });
}

void OpenStudy::enter() {
  if (!lock_) {
    started_at_ = study::now();
    study_dir_ = fs::absolute(study::create_study_directory(study_.host.results_dir,
                                                            study_.config.study_name, started_at_));
    lock();
  }
  log_.open_file(study_dir_);
}

study::StudyStart OpenStudy::begin() const {
  try {
    keep_study_record(study_dir_, study_, observers_, started_at_);
  } catch (const study::FileError& error) {
    throw study::StudyError(std::string("the study cannot start: ") + error.what());
  }
  if (resume_from_) return {study_.config, study_dir_, study::now(), &*resume_from_};
  return {study_.config, study_dir_, started_at_};
}

std::size_t OpenStudy::total_runs() const {
  return static_cast<std::size_t>(done_.completed + done_.failed) + study_.schedule.size();
}

std::string OpenStudy::description() const {
  return study::format("study {}{}: {} runs{}, design hash {}", study_.config.study_name,
                       resume_from_ ? " is resumed" : "", study_.schedule.size(),
                       resume_from_ ? " are left" : "", study_.plan.study_design_hash);
}

}  // namespace host
