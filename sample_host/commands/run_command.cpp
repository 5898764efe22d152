#include "commands/run_command.hpp"

#include "commands/command_line.hpp"
#include "commands/exit_code.hpp"
#include "commands/standard_output.hpp"
#include "input/input_error.hpp"
#include "plan/dry_run.hpp"
#include "resume/changed_study.hpp"
#include "resume/study_lookup.hpp"
#include "resume/study_record.hpp"
#include "run/open_files.hpp"
#include "run/orphans.hpp"
#include "run/study_runner.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>
#include <study/posix.hpp>
#include <study/study_directory.hpp>
#include <study/study_lock.hpp>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <unistd.h>

namespace host {
namespace {

namespace fs = std::filesystem;

void warn(HostLog& log, const PreparedStudy& study) {
  for (const std::string& warning : study.file.warnings) log.warning(warning);
}

int print_plan(const PreparedStudy& study, HostLog& log) {
  warn(log, study);
  for (const std::string& sentence : missing_runners(study)) log.warning(sentence);
  print(describe_plan(study, study::load_observers(study.host.observers, study.host.search)));
  return kExitCompleted;
}

int exit_code_of(const RunTotals& totals, std::int64_t failed_before) {
  if (totals.interrupted_by != 0) return kExitSignalBase + totals.interrupted_by;
  return totals.failed > 0 || failed_before > 0 ? kExitFailed : kExitCompleted;
}

/// Not where an earlier run has left a manifest that this one didn't keep up.
void print_end(Console& console, const std::filesystem::path& study_dir,
               const std::vector<std::string>& observers) {
  if (std::find(observers.begin(), observers.end(), kManifestObserver) == observers.end()) return;
  const auto manifest = study_dir / study::kManifestFileName;
  std::error_code ignored;
  if (std::filesystem::exists(manifest, ignored)) {
    console.write_line("manifest: " + manifest.string());
  }
}

study::StudyLock lock(const fs::path& study_dir, HostLog& log) {
  study::StudyLock held = study::StudyLock::acquire(study_dir);
  if (!held.weakness().empty()) log.warning(held.weakness());
  return held;
}

/// Where a study is run, and from which state.
struct Place {
  fs::path study_dir;
  study::StudyLock lock;
  std::optional<study::StudyManifest> resume_from;  ///< of a resumed study
  study::Timestamp started_at;                      ///< of the study, not of this run
  std::vector<std::string> observers{};             ///< the names of those of this run
};

Place new_place(const PreparedStudy& study, HostLog& log) {
  const study::Timestamp started_at = study::now();
  fs::path study_dir = fs::absolute(
      study::create_study_directory(study.host.results_dir, study.config.study_name, started_at));
  study::StudyLock held = lock(study_dir, log);
  return {std::move(study_dir), std::move(held), std::nullopt, started_at};
}

Place resumed_place(const RunOptions& options, PreparedStudy& study, study::StudyLock held,
                    const std::vector<study::NamedObserver>& observers, HostLog& log) {
  for (const std::string& sentence : end_orphans(options.resume.study_dir)) log.warning(sentence);
  study::StudyManifest settled = settled_state(options.resume, study, observers, log);
  leave_out_done(study, settled);
  remove_leftovers(options.resume.study_dir);
  const study::Timestamp started_at = settled.head.started_at;
  return {options.resume.study_dir, std::move(held), std::move(settled), started_at};
}

void keep_record(const Place& place, const PreparedStudy& study) {
  try {
    keep_study_record(place.study_dir, study, place.observers, place.started_at);
  } catch (const study::FileError& error) {
    throw study::StudyError(std::string("the study cannot start: ") + error.what());
  }
}

void limit_jobs(PreparedStudy& study, HostLog& log) {
  const int most = jobs_within_open_files_limit();
  if (study.jobs <= most) return;
  log.warning(std::to_string(study.jobs) + " jobs need more open files than there may be: " +
              std::to_string(most) + " run at once; a higher hard limit (ulimit -Hn) allows more");
  study.jobs = most;
}

std::string start_line(const Place& place, const PreparedStudy& study) {
  const std::string runs = std::to_string(study.schedule.size());
  return "study " + study.config.study_name + (place.resume_from ? " is resumed: " : ": ") + runs +
         (place.resume_from ? " runs are left" : " runs") + ", design hash " +
         study.plan.study_design_hash;
}

/// The checkpoint of a study that has ended is synced, and must not name results that a power loss
/// would take. One syncfs(2) costs less than an fsync(2) of each result. An interrupted study
/// doesn't wait for it: whoever resumes looks at each result.
void sync_results(const fs::path& study_dir, HostLog& log) {
  const study::UniqueFd directory(::open(study_dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0 && ::syncfs(directory.get()) == 0) return;
  log.warning("a power loss may still take results: sync " + study_dir.string() + ": " +
              std::generic_category().message(errno));
}

/// From the start of the observers to their end.
int run_in(const Place& place, const PreparedStudy& study, study::ObserverSet& observers,
           StudyRunner& runner, Progress& progress, HostLog& log) {
  const study::ManifestCounters before =
      place.resume_from ? study::count_entries(*place.resume_from) : study::ManifestCounters{};
  progress.begin_at(static_cast<std::size_t>(before.completed),
                    static_cast<std::size_t>(before.failed));
  // What the study is now must be on the disk before a checkpoint of it is.
  keep_record(place, study);
  const study::Timestamp time = place.resume_from ? study::now() : place.started_at;
  observers.start(
      {study.config, place.study_dir, time, place.resume_from ? &*place.resume_from : nullptr});
  log.info(start_line(place, study));
  std::cout << place.study_dir.string() << std::endl;
  const RunTotals totals = runner.run(place.study_dir);
  if (totals.interrupted_by == 0) sync_results(place.study_dir, log);
  observers.end(totals.interrupted_by != 0 ? study::StudyOutcome::interrupted
                                           : study::StudyOutcome::completed,
                study::now());
  return exit_code_of(totals, before.failed);
}

int run_prepared(const RunOptions& options, PreparedStudy& study,
                 std::optional<study::StudyLock> held, Console& console, HostLog& log) {
  const auto loaded = study::load_observers(study.host.observers, study.host.search);
  limit_jobs(study, log);
  if (loaded.empty()) log.warning("no observer is enabled: no checkpoint is kept");
  std::vector<study::NamedObserver> created = study::create_observers(loaded, log.services());
  std::vector<std::string> names;
  for (const study::NamedObserver& observer : created) names.push_back(observer.name);
  std::optional<Place> resumed;
  if (held) resumed = resumed_place(options, study, *std::move(held), created, log);
  study::ObserverSet observers(std::move(created), log.services().log);
  Progress progress(console,
                    resumed ? resumed->resume_from->experiments.size() : study.plan.total_runs(),
                    study.jobs, shares_of_pauses(study.schedule, study.file.execution, study.jobs),
                    Progress::Clock::now());
  // Catches signals from here on, so that there is no moment when one leaves a study half begun.
  StudyRunner runner(study, observers, progress, log);
  Place place = resumed ? *std::move(resumed) : new_place(study, log);
  place.observers = std::move(names);
  log.open_file(place.study_dir);
  try {
    const int exit_code = run_in(place, study, observers, runner, progress, log);
    log.info("the study has ended: " + progress.summary(Progress::Clock::now()));
    progress.finish(Progress::Clock::now());
    print_end(console, place.study_dir, place.observers);
    return exit_code;
  } catch (const std::exception& error) {
    // For the file; the console gets what main makes of it.
    log.info(std::string("the study has failed: ") + error.what());
    throw;
  }
}

void print_account(Console& console, const std::string& account) {
  for (std::size_t at = 0; at < account.size();) {
    const std::size_t end = account.find('\n', at);
    console.write_line(account.substr(at, end - at));
    at = end + 1;
  }
}

/// A resumed study's directory, absolute. Whether it is one can be told without the lock;
/// everything else is asked under it.
study::StudyLock enter_study_dir(RunOptions& options, HostLog& log) {
  fs::path& study_dir = options.resume.study_dir;
  refuse_file_as_directory(study_dir);
  std::error_code ignored;
  if (!fs::is_directory(study_dir, ignored)) {
    throw study::StudyError("there is no study directory " + study_dir.string());
  }
  study_dir = fs::absolute(study_dir).lexically_normal();
  if (!study_dir.has_filename()) study_dir = study_dir.parent_path();
  check_holds_study(options.resume, !options.study.study.empty());
  study::StudyLock held = lock(study_dir, log);
  options.study = complete_options(std::move(options.study), study_dir);
  if (options.study.copies) options.resume.study_copy = options.study.copies->study;
  return held;
}

CLI::Option* set_up_resume(CLI::App& command, ResumeOptions& options) {
  CLI::Option* const resume = require_text(
      command.add_option("--resume", options.study_dir, "Go on with the study in this directory"));
  command.add_flag("--force", options.force, "Resume also if the study has changed")->needs(resume);
  command.add_flag("--skip-failed", options.skip_failed, "Don't run again what has failed")
      ->needs(resume);
  command
      .add_flag("--rebuild", options.rebuild,
                "Resume from the result files alone, whatever checkpoint there is")
      ->needs(resume);
  return resume;
}

}  // namespace

CLI::App* set_up_run(CLI::App& app, RunOptions& options) {
  CLI::App* command = app.add_subcommand("run", "Run a study");
  require_text(
      command->add_option("STUDY", options.study.study,
                          "The study file, YAML or JSON; a study that is resumed knows its own"));
  require_text(
      command->add_option("--config", options.study.config,
                          "The host's config file; without it, study_host.json beside STUDY"));
  require_whole_number(
      command->add_option("--jobs", options.study.jobs, "How many experiments run at once"), 1,
      kMaxJobs);
  CLI::Option* const dry_run =
      command->add_flag("--dry-run", options.dry_run, "Print the plan; run and create nothing");
  set_up_resume(*command, options.resume)->excludes(dry_run);
  // Not `required()`, since that depends on another option.
  command->final_callback([&options] {
    if (options.study.study.empty() && options.resume.study_dir.empty()) {
      throw CLI::RequiredError("STUDY");
    }
  });
  command
      ->add_option_function<std::string>(
          "--log-level",
          [&options](const std::string& text) { options.log_level = *parse_log_severity(text); },
          "What is shown on stderr: trace, debug, info, warning, error")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error"}));
  return command;
}

int run_study(RunOptions options) {
  Console console(STDERR_FILENO);
  HostLog log(console, options.log_level);
  std::optional<study::StudyLock> held;
  if (!options.resume.study_dir.empty()) held = enter_study_dir(options, log);
  PreparedStudy study = prepare_study(options.study);
  if (options.dry_run) return print_plan(study, log);
  if (const auto missing = missing_runners(study); !missing.empty()) {
    refuse_input(study.file.path.string() + ": " + missing.front());
  }
  warn(log, study);
  try {
    return run_prepared(options, study, std::move(held), console, log);
  } catch (const DesignChanged& change) {
    console.write_line("the study in " + options.resume.study_dir.string() + " has changed:");
    print_account(console, change.account());
    throw;
  }
}

}  // namespace host
