#include "run_command.hpp"

#include "dry_run.hpp"
#include "exit_code.hpp"
#include "load_observers.hpp"
#include "study_runner.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>
#include <study/study_directory.hpp>

#include <iostream>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <unistd.h>

namespace study_host {
namespace {

constexpr int kMaxJobs = 10'000;

void warn(HostLog& log, const PreparedStudy& study) {
  for (const std::string& warning : study.file.warnings) log.warning(warning);
}

int print_plan(const PreparedStudy& study, HostLog& log) {
  warn(log, study);
  for (const std::string& sentence : missing_runners(study)) log.warning(sentence);
  std::cout << describe_plan(study, load_observers(study.host)) << std::flush;
  return kExitCompleted;
}

int exit_code_of(const RunTotals& totals) {
  if (totals.interrupted_by != 0) return kExitSignalBase + totals.interrupted_by;
  return totals.failed > 0 ? kExitFailed : kExitCompleted;
}

void print_end(Console& console, const std::filesystem::path& study_dir) {
  const auto manifest = study_dir / study::kManifestFileName;
  std::error_code ignored;
  if (std::filesystem::exists(manifest, ignored)) {
    console.write_line("manifest: " + manifest.string());
  }
}

int run_prepared(const PreparedStudy& study, Console& console, HostLog& log) {
  const auto loaded = load_observers(study.host);
  if (loaded.empty()) log.warning("no observer is enabled: no checkpoint is kept");
  ObserverSet observers(create_observers(loaded, log), log);
  Progress progress(console, study.plan.total_runs(), study.jobs,
                    study.file.execution.experiment_gap, Progress::Clock::now());
  // Catches signals from here on, so that there is no moment when one leaves a study half begun.
  StudyRunner runner(study, observers, progress, log);
  const auto started_at = study::now();
  const auto study_dir = std::filesystem::absolute(
      study::create_study_directory(study.host.results_dir, study.config.study_name, started_at));
  log.open_file(study_dir);
  try {
    observers.start({study.config, study_dir, started_at, nullptr});
    log.info("study " + study.config.study_name + ": " + std::to_string(study.plan.total_runs()) +
             " runs, design hash " + study.plan.study_design_hash);
    std::cout << study_dir.string() << std::endl;
    const RunTotals totals = runner.run(study_dir);
    observers.end(totals.interrupted_by != 0 ? study::StudyOutcome::interrupted
                                             : study::StudyOutcome::completed,
                  study::now());
    log.info("the study has ended: " + progress.summary(Progress::Clock::now()));
    progress.finish(Progress::Clock::now());
    print_end(console, study_dir);
    return exit_code_of(totals);
  } catch (const std::exception& error) {
    // For the file; the console gets what main makes of it.
    log.info(std::string("the study has failed: ") + error.what());
    throw;
  }
}

}  // namespace

CLI::App* set_up_run(CLI::App& app, RunOptions& options) {
  CLI::App* command = app.add_subcommand("run", "Run a study");
  command->add_option("STUDY", options.study.study, "The study file, YAML or JSON")->required();
  command->add_option("--config", options.study.config,
                      "The host's config file; without it, study_host.json beside STUDY");
  command->add_option("--jobs", options.study.jobs, "How many experiments run at once")
      ->check(CLI::Range(1, kMaxJobs));
  command->add_flag("--dry-run", options.dry_run, "Print the plan; run and create nothing");
  command
      ->add_option_function<std::string>(
          "--log-level",
          [&options](const std::string& text) { options.log_level = *parse_log_severity(text); },
          "What is shown on stderr: trace, debug, info, warning, error")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error"}));
  return command;
}

int run_study(const RunOptions& options) {
  const PreparedStudy study = prepare_study(options.study);
  Console console(STDERR_FILENO);
  HostLog log(console, options.log_level);
  if (options.dry_run) return print_plan(study, log);
  if (const auto missing = missing_runners(study); !missing.empty()) {
    throw study::InputError(study.file.path.string() + ": " + missing.front());
  }
  warn(log, study);
  return run_prepared(study, console, log);
}

}  // namespace study_host
