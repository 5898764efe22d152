#include "base/format.hpp"
#include "commands/command_line.hpp"
#include "commands/commands.hpp"
#include "input/document.hpp"
#include "input/trust.hpp"
#include "plan/dry_run.hpp"
#include "plan/program_search.hpp"
#include "resume/study_record.hpp"
#include "run/host_signals.hpp"
#include "run/launcher.hpp"
#include "run/open_files.hpp"
#include "run/slurm.hpp"
#include "run/study_runner.hpp"
#include "terminal/standard_output.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <CLI/CLI.hpp>
#include <unistd.h>

namespace host {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxWaitSeconds = 1'000'000;

void warn(HostLog& log, const PreparedStudy& study) {
  for (const std::string& warning : study.file.warnings) log.warning(warning);
}

/// `is_config_given`: on the command line. To show a plan runs nothing, so what was found must be
/// ours.
int print_plan(OpenStudy& open, bool is_config_given, HostLog& log) {
  const PreparedStudy& study = open.study();
  if (!is_config_given) check_found_config(study.host);
  warn(log, study);
  if (!open.study_dir().empty()) open.find_state();
  for (const std::string& sentence : missing_runners(study)) log.warning(sentence);
  print(describe_plan(study, study::load_observers(study.host.observers, study.host.search),
                      open.resumed_plan()));
  return kExitCompleted;
}

/// Not where an earlier run has left a manifest that this one didn't keep up.
void print_end(Console& console, const study::Session& session) {
  const auto names = session.observers();
  if (std::find(names.begin(), names.end(), kManifestObserver) == names.end()) return;
  const fs::path manifest = session.directory() / study::kManifestFileName;
  std::error_code ignored;
  if (fs::exists(manifest, ignored))
    console.write_line("manifest: " + study::visible(manifest.string()));
}

/// The program by a path, unless the shell finds this one by its name.
std::string own_program() {
  std::error_code ignored;
  const fs::path self = fs::read_symlink("/proc/self/exe", ignored);
  const char* const path = std::getenv("PATH");
  for (const std::string& candidate :
       program_candidates("study-host", path == nullptr ? "" : path)) {
    if (!fs::exists(candidate, ignored)) continue;
    return fs::equivalent(candidate, self, ignored) ? "study-host" : self.string();
  }
  return self.string();
}

/// What is there to be done with a study that was not run to its end.
void print_resume_command(Console& console, const OpenStudy& open) {
  console.write_line("to go on with it: " + shell_quote(own_program()) + " run --resume " +
                     study::visible(shell_quote(open.session().directory().string())));
}

void limit_jobs(PreparedStudy& study, HostLog& log) {
  const int most = jobs_within_open_files_limit();
  if (study.jobs <= most) return;
  log.warning(std::to_string(study.jobs) + " jobs need more open files than there may be: " +
              std::to_string(most) + " run at once; a higher hard limit (ulimit -Hn) allows more");
  study.jobs = most;
}

study::StudyOutcome outcome_of(const RunTotals& totals) {
  if (totals.interrupted_by != 0 || totals.is_to_be_continued)
    return study::StudyOutcome::interrupted;
  return totals.stopped.empty() ? study::StudyOutcome::completed : study::StudyOutcome::failed;
}

/// Of launchers that have failed: nobody waits for them any more.
void end_lost_steps(const fs::path& study_dir, HostLog& log) {
  try {
    for (const std::string& sentence : end_slurm_steps(study_dir)) log.warning(sentence);
  } catch (const study::StudyError& error) {
    log.warning(error.what());
  }
}

/// From the start of the observers to their end. `is_whole`: nothing was left out.
int run_in(OpenStudy& open, StudyRunner& runner, Progress& progress, HostLog& log, bool& is_whole) {
  progress.begin_at(static_cast<std::size_t>(open.done().completed),
                    static_cast<std::size_t>(open.done().failed));
  open.start();
  log.info(open.description());
  const fs::path study_dir = open.session().directory();
  print(study_dir.string() + "\n");
  const RunTotals totals = runner.run(study_dir);
  if (totals.has_launcher_failed && uses_slurm(open.study())) end_lost_steps(study_dir, log);
  is_whole = outcome_of(totals) == study::StudyOutcome::completed;
  open.session().end(outcome_of(totals));
  const bool is_end_lost = open.session().is_end_lost();
  is_whole = is_whole && !is_end_lost;
  if (!totals.stopped.empty()) log.warning("nothing more is run: " + totals.stopped);
  if (totals.interrupted_by != 0) return interrupted_exit_code(totals.interrupted_by);
  if (totals.is_to_be_continued) return kExitToBeContinued;
  if (is_end_lost) return kExitStudyError;
  return totals.failed > 0 || open.done().failed > 0 ? kExitFailed : kExitCompleted;
}

/// A resumed study's experiments run where they ran before, wherever the host is.
void find_working_directory(OpenStudy& open, HostLog& log) {
  if (open.study_dir().empty()) return;
  std::optional<StudyRecord> record;
  try {
    record = read_study_record(open.study_dir());
  } catch (const study::StudyError&) {
    // The study file was given in its place, or OpenStudy has refused it.
  }
  if (!record || record->working_directory.empty()) return;
  std::error_code error;
  const fs::path here = fs::current_path();
  if (fs::is_directory(record->working_directory, error)) {
    if (record->working_directory != here)
      open.study().working_directory = record->working_directory;
    return;
  }
  log.warning("the study ran in " + record->working_directory.string() +
              ", which is not there any more: has the project been moved? Its experiments run in " +
              here.string() + " from now on");
}

/// What Slurm does that a person may not expect.
void warn_of_slurm(const PreparedStudy& study, HostLog& log) {
  if (std::getenv("SLURM_JOB_ID") == nullptr) return;
  if (is_below_batch_script()) {
    log.warning(
        "study-host gets no signal from Slurm here: it ends the shell of the batch script, and "
        "then "
        "kills study-host without grace. Write `exec study-host ...` or `srun study-host ...`");
  }
  const char* const cpus_per_node = std::getenv("SLURM_JOB_CPUS_PER_NODE");
  const int cpus = allocated_cpus(cpus_per_node == nullptr ? "" : cpus_per_node);
  if (cpus > 0 && study.jobs > cpus && uses_slurm(study)) {
    log.warning(study::format(
        "{} jobs, but the allocation has {}: the steps beyond that wait in Slurm's queue",
        study.jobs, cpus == 1 ? "1 CPU" : study::format("{} CPUs", cpus)));
  }
}

int run_open(OpenStudy& open, Console& console, HostLog& log) {
  PreparedStudy& study = open.study();
  limit_jobs(study, log);
  warn_of_slurm(study, log);
  open.find_state();
  if (open.session().observers().empty()) {
    log.warning("no observer is enabled: no checkpoint is kept");
  }
  Progress progress(console, open.total_runs(), study.jobs,
                    shares_of_pauses(study.schedule, study.file.execution, study.jobs),
                    Progress::Clock::now());
  // Catches signals from here on, so that there is no moment when one leaves a study half begun.
  StudyRunner runner(study, open.session(), progress, log);
  try {
    bool is_whole = true;
    const int exit_code = run_in(open, runner, progress, log, is_whole);
    log.info("the study has ended: " + progress.summary(Progress::Clock::now()));
    progress.finish(Progress::Clock::now());
    print_end(console, open.session());
    if (!is_whole) print_resume_command(console, open);
    return exit_code;
  } catch (const std::exception& error) {
    // For the file; the console gets what main makes of it.
    log.info(std::string("the study has failed: ") + error.what());
    throw;
  }
}

void set_up_resume(CLI::App& command, ResumeOptions& options) {
  CLI::Option* const resume =
      require_text(command.add_option("--resume", options.study_dir,
                                      "Go on with the study in this directory; `latest`: with the "
                                      "latest study of this name, or begin one"))
          ->type_name("DIR");
  command.add_flag("--force", options.force, "Resume also if the study has changed")->needs(resume);
  command.add_flag("--skip-failed", options.skip_failed, "Don't run again what has failed")
      ->needs(resume);
  command
      .add_flag("--rebuild", options.rebuild,
                "Resume from the result files alone, whatever checkpoint there is")
      ->needs(resume);
  require_whole_number(
      command
          .add_option_function<int>(
              "--wait", [&options](int seconds) { options.wait = std::chrono::seconds(seconds); },
              "Wait so long for a host that still runs the study")
          ->needs(resume),
      0, kMaxWaitSeconds)
      ->type_name("SECONDS")
      ->default_str("0");
}

void set_up_log_level(CLI::App& command, RunOptions& options) {
  command
      .add_option_function<std::string>(
          "--log-level",
          [&options](const std::string& text) { options.log_level = *parse_log_severity(text); },
          "What is shown on stderr; study.log has all from info on")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error"}))
      ->type_name("trace|debug|info|warning|error")
      ->default_str("warning");
}

void describe_run(CLI::App& command) {
  describe(
      command,
      {.usage = {"[OPTIONS] STUDY", "[OPTIONS] [STUDY] --resume DIR"},
       .description =
           "Each experiment is a process of its own, by the study's runners. Its directory "
           "gets the result and the log of each, and by the observers of the host's config "
           "file the checkpoint, from which an interrupted study goes on.\n\n"
           "The last line on stdout is the study directory; all else goes to stderr. SIGINT, "
           "SIGTERM, SIGHUP and a batch system's SIGUSR1, SIGUSR2 and SIGXCPU end the running "
           "experiments, which are pending again; a second one doesn't wait for them.",
       .exit_codes = {{"0", "All experiments have completed"},
                      {"1", "Some experiment has failed"},
                      {"2", "Bad usage, or a bad study or config file"},
                      {"3",
                       "The study could not start: directory, lock, plugin, checkpoint; or it has "
                       "ended, and no checkpoint could be told"},
                      {"75",
                       "Interrupted by SIGUSR1, SIGUSR2, SIGXCPU or the study's time limit, to be "
                       "continued"},
                      {"130, 143",
                       "Interrupted by SIGINT, SIGTERM; of other signals it is "
                       "128 and the signal's number, too"}},
       .environment = {observer_path_help(), postgres_help(), no_colour_help()},
       .examples = {{"study-host run study.yaml --dry-run", "See what would run"},
                    {"study-host run study.yaml --resume latest",
                     "Begin it, or go on with it; to be repeated until it gives 0 or 1"},
                    {"dir=$(study-host run study.yaml --jobs 4) && ls \"$dir\"",
                     "Four experiments at once, and what they have left"}}});
}

}  // namespace

CLI::App* set_up_run(CLI::App& app, RunOptions& options) {
  CLI::App* command = app.add_subcommand("run", "Run a study, or go on with one");
  require_text(
      command->add_option("STUDY", options.study.study,
                          "The study file, YAML or JSON; a study that is resumed knows its own"))
      ->type_name("FILE");
  require_text(command->add_option("--config", options.study.config, "The host's config file"))
      ->type_name("FILE")
      ->default_str("study_host.json beside STUDY");
  require_whole_number(
      command->add_option("--jobs", options.study.jobs, "How many experiments run at once"), 1,
      kMaxJobs)
      ->type_name("N")
      ->default_str("the config's jobs, else 1");
  command->add_flag("--dry-run", options.dry_run,
                    "Print the plan, and of a resumed study what it goes on from; run, end and "
                    "change nothing");
  set_up_resume(*command, options.resume);
  // Not `required()`, since that depends on another option.
  command->final_callback([&options] {
    if (options.study.study.empty() && options.resume.study_dir.empty()) {
      throw CLI::RequiredError("STUDY");
    }
  });
  set_up_log_level(*command, options);
  describe_run(*command);
  return command;
}

int run_study(RunOptions options) {
  Console console(STDERR_FILENO);
  HostLog log(console, options.log_level);
  const bool is_config_given = options.study.config.has_value();
  options.resume.only_looks = options.dry_run;
  OpenStudy open(std::move(options.study), std::move(options.resume), log);
  find_working_directory(open, log);
  const PreparedStudy& study = open.study();
  try {
    if (options.dry_run) return print_plan(open, is_config_given, log);
    if (const auto missing = missing_runners(study); !missing.empty()) {
      refuse_input(study.file.path.string() + ": " + missing.front());
    }
    warn(log, study);
    return run_open(open, console, log);
  } catch (const study::DesignChanged& change) {
    for (const std::string& line : change.account()) console.write_line(line);
    throw;
  }
}

}  // namespace host
