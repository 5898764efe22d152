#include "resume/open_study.hpp"

#include "base/format.hpp"
#include "resume/study_difference.hpp"
#include "resume/study_record.hpp"
#include "run/launcher.hpp"
#include "run/orphans.hpp"
#include "run/slurm.hpp"
#include "session/checkpoints.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>
#include <study/study_directory.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace host {
namespace {

namespace fs = std::filesystem;
using study::ExperimentState;

constexpr std::string_view kForceOffer =
    "go on with --force: what is unchanged is kept then, the rest follows the new study";

/// Whether a result of one of the study's own runs lies there.
bool has_result_of(const PreparedStudy& study, const fs::path& study_dir) {
  const study::StudyManifest rebuilt =
      study::rebuild_checkpoint(study.config, study.plan(), study_dir, study::Timestamp());
  return study::count_entries(rebuilt).completed > 0;
}

/// A directory in which no host of ours has left anything by which it would know it again, which
/// may be any folder of a person's. Only its results tell that it was this study's.
void check_is_study(const fs::path& study_dir, const StudyOptions& options, bool rebuild) {
  const bool is_known = rebuild ? holds_writer_s_files(study_dir) : holds_study(study_dir);
  if (is_known) return;
  std::string message =
      study::format("nothing to resume in {}: there is neither a {} nor a {}", study_dir.string(),
                    kRecordFileName, study::kManifestFileName);
  if (!options.study.empty() && has_result_of(prepare_study(options), study_dir)) {
    if (rebuild) return;
    message +=
        ", but there are result files: --rebuild reconstructs the states from the result files in "
        "the directory; or add the observer that kept the study's checkpoint to the host config";
  } else if (rebuild) {
    message += ", and no result of this study";
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

/// The latest study of that name; empty where none has been run.
fs::path latest_of(const fs::path& results_dir, const std::string& study_name) {
  for (const fs::path& study_dir : study::study_directories(results_dir, study_name)) {
    if (holds_study(study_dir)) return study_dir;
  }
  return {};
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
  if (resume_.study_dir == kLatest) find_latest(options);
  if (!resume_.study_dir.empty()) options = enter_study_dir(std::move(options));
  study_ = prepare_study(options);
}

/// Of several hosts that start at the same moment, as the tasks of an array do, one begins it.
void OpenStudy::find_latest(const StudyOptions& options) {
  if (options.study.empty()) {
    throw study::InputError("--resume latest goes on with the latest study of a file: give STUDY");
  }
  const PreparedStudy study = prepare_study(options);
  const fs::path& results_dir = study.host.results_dir;
  resume_.study_dir = latest_of(results_dir, study.config.study_name);
  if (!resume_.study_dir.empty() || resume_.only_looks) return;
  begin_lock_ = study::BeginLock(results_dir, study.config.study_name);
  resume_.study_dir = latest_of(results_dir, study.config.study_name);
  if (!resume_.study_dir.empty()) begin_lock_.release();
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
  check_is_study(study_dir_, options, resume_.rebuild);
  if (resume_.only_looks) {
    look_for_others();
  } else {
    lock_study_dir();
  }
  read_record(!options.study.empty());
  return record_ ? complete_options(std::move(options), *record_) : options;
}

/// A job that was requeued may be there before its former self has ended.
void OpenStudy::lock_study_dir() {
  constexpr std::chrono::milliseconds kPause{200};
  const auto deadline = std::chrono::steady_clock::now() + resume_.wait;
  for (bool is_first = true; !lock_; is_first = false) {
    try {
      lock_ = study::StudyLock::acquire(study_dir_);
    } catch (const study::StudyError& error) {
      const bool is_held = study::read_writer(study_dir_).state == study::WriterState::alive;
      if (!is_held || std::chrono::steady_clock::now() >= deadline) throw;
      if (is_first) log_.warning(study::format("waiting: {}", error.what()));
      std::this_thread::sleep_for(kPause);
    }
  }
  if (!lock_->weakness().empty()) log_.warning(lock_->weakness());
}

/// Who keeps the study from being resumed, or would be ended.
void OpenStudy::look_for_others() {
  resumed_plan_ = ResumedPlan{.study_dir = study_dir_};
  std::vector<std::string>& remarks = resumed_plan_->remarks;
  const study::WriterStatus writer = study::read_writer(study_dir_);
  if (writer.state == study::WriterState::alive) {
    const std::string who = writer.writer ? study::format("pid {} on {}", writer.writer->pid,
                                                          study::visible(writer.writer->host))
                                          : std::string("another process");
    remarks.push_back(who + " writes to the study: it can't be resumed before that has ended");
    return;
  }
  for (const std::string& name : find_orphans(study_dir_)) {
    remarks.push_back(
        "an experiment of the host that was killed is still at work and would be ended: " + name);
  }
  if (!uses_slurm(study_)) return;
  for (const std::string& step : find_slurm_steps(study_dir_)) {
    remarks.push_back("a step of the host that was killed is still at work and would be ended: " +
                      step);
  }
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

study::SessionOptions OpenStudy::session_options() {
  study::SessionOptions options;
  options.study_name = study_.config.study_name;
  options.framework_version = study_.config.framework_version;
  options.experiments = std::move(study_.config.experiments);
  options.planner = std::move(study_.planner);
  options.n_cycles = study_.config.n_cycles;
  options.results_dir = study_.host.results_dir;
  options.resume = study_dir_.empty() ? study::Resume::never : study::Resume::directory;
  options.study_dir = study_dir_;
  options.failed_runs =
      resume_.skip_failed ? study::FailedRuns::stay_failed : study::FailedRuns::are_run_again;
  options.rebuild = resume_.rebuild;
  options.only_looks = resume_.only_looks;
  options.results_are_checked = true;
  options.durability = study_.host.durability;
  options.observers = study_.host.observers;
  options.search = study_.host.search;
  options.host_name = log_.services().name;
  options.log = log_.services().log;
  if (resumed_plan_) {
    options.log = [this, log = options.log](study::LogSeverity severity, std::string_view channel,
                                            std::string_view text) {
      if (!channel.empty() || severity < study::LogSeverity::info)
        log(severity, channel, text);
      else
        resumed_plan_->remarks.emplace_back(text);
    };
  }
  options.option_prefix = "--";
  options.lock = std::exchange(lock_, std::nullopt);
  if (record_) options.started_at = record_->started_at;
  if (record_) options.latest_observers = record_->observers;
  options.keeps_experiments = false;  // the copies of the study file tell more
  return options;
}

void OpenStudy::find_state() {
  study::SessionOptions options = session_options();
  options.hooks.check_design =
      [this](const study::StudyManifest& checkpoint, const study::StudyConfig& config,
             const study::StudyPlan& plan) { check_design(checkpoint, config, plan); };
  options.hooks.entered = [this](const fs::path& study_dir, study::Timestamp started_at) {
    log_.open_file(study_dir);
    keep_study_record(study_dir, study_, observers_, started_at);
    begin_lock_.release();
  };
  options.hooks.started = [this](const fs::path& study_dir) { clear_up(study_dir); };
  session_.emplace(std::move(options));
  observers_ = session_->observers();
  leave_out_done();
}

/// Where hosts share no file lock it is an observer's that keeps the second one out. Before that
/// has been taken, what seems left over may be a living host's.
void OpenStudy::clear_up(const fs::path& study_dir) const {
  if (study_dir_.empty()) return;  // a new study
  for (const std::string& sentence : end_orphans(study_dir)) log_.warning(sentence);
  if (uses_slurm(study_)) {
    for (const std::string& sentence : end_slurm_steps(study_dir)) log_.warning(sentence);
  }
  remove_leftovers(study_dir);
}

void OpenStudy::check_design(const study::StudyManifest& checkpoint,
                             const study::StudyConfig& config, const study::StudyPlan& plan) const {
  if (checkpoint.head.study_design_hash == plan.study_design_hash) return;
  auto [account, is_copy_right] = describe_study_difference(record_, checkpoint, config, plan);
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
  throw study::DesignChanged(refusal, std::move(account));
}

void OpenStudy::leave_out_done() {
  done_ = session_->counters();
  if (!session_->is_resumed()) return;
  study_.schedule = without_done(study_.schedule, [&](const ScheduledRun& run) {
    const auto& configuration = study_.plan().configurations[run.configuration];
    const auto number = session_->find(configuration.config_hash, run.cycle);
    if (!number || session_->state(*number) == ExperimentState::pending) return false;
    if (resumed_plan_) resumed_plan_->done.push_back({run, session_->state(*number)});
    return true;
  });
}

void OpenStudy::start() {
  session_->start();
}

std::size_t OpenStudy::total_runs() const {
  return static_cast<std::size_t>(done_.completed + done_.failed) + study_.schedule.size();
}

std::string OpenStudy::description() const {
  const bool is_resumed = session_->is_resumed();
  return study::format("study {}{}: {} runs{}, design hash {}", study_.config.study_name,
                       is_resumed ? " is resumed" : "", study_.schedule.size(),
                       is_resumed ? " are left" : "", study_.plan().study_design_hash);
}

}  // namespace host
