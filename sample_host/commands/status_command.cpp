#include "base/format.hpp"
#include "commands/command_line.hpp"
#include "commands/commands.hpp"
#include "input/trust.hpp"
#include "plan/dry_run.hpp"
#include "resume/study_record.hpp"
#include "status/study_list.hpp"
#include "status/study_reader.hpp"
#include "terminal/terminal.hpp"

#include <study/error.hpp>
#include <study/text.hpp>

#include <CLI/CLI.hpp>
#include <unistd.h>

namespace host {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<StudyReader> make_reader(const StatusOptions& options, HostLog& log) {
  if (!options.study_name.empty()) {
    const HostConfig config = load_host_config(options.config, fs::current_path() / "study.yaml");
    if (!options.config) check_found_config(config);
    return std::make_unique<ObserverReader>(
        config, study::CheckpointQuery{{}, options.study_name, config.results_dir}, log);
  }
  return open_study_directory(options.study_dir, options.config, log);
}

/// Empty where there is a study, or none at all.
std::vector<ListedStudy> studies_in(const StatusOptions& options, HostLog& log) {
  std::error_code ignored;
  const fs::path& folder = options.study_dir;
  if (folder.empty() || !fs::is_directory(folder, ignored) || holds_study(folder)) return {};
  return list_studies(options.study_dir, options.config, log);
}

int show_list(const StatusOptions& options, const std::vector<ListedStudy>& studies) {
  const std::string place = options.study_dir.string();
  if (options.json || options.watch) {
    throw study::InputError(
        study::format("{} is no study, but has {} in it: give one of them, or see study-host "
                      "list {}",
                      place, studies.size(), shell_quote(place)));
  }
  print(study::format("{} is no study; those in it:\n", study::visible(place)) +
        list_text(studies));
  return kExitCompleted;
}

}  // namespace

CLI::App* set_up_status(CLI::App& app, StatusOptions& options) {
  CLI::App* command = app.add_subcommand("status", "Show the state of a study");
  CLI::Option* directory =
      require_text(command->add_option("DIR", options.study_dir, "The study directory"));
  require_text(command->add_option(
                   "--study", options.study_name,
                   "In the place of DIR: the latest study of this name that an observer knows"))
      ->excludes(directory);
  require_text(
      command->add_option("--config", options.config,
                          "Ask the observers of this host config in the place of manifest.json"));
  CLI::Option* json = command->add_flag("--json", options.json, "Print it as JSON");
  command
      ->add_flag("--watch", options.watch,
                 "Go on showing it until the study ends or its writer is gone")
      ->excludes(json);
  command->final_callback([&options] {
    if (options.study_dir.empty() && options.study_name.empty()) {
      throw CLI::RequiredError("DIR or --study NAME");
    }
  });
  return command;
}

int show_status(const StatusOptions& options) {
  Console console(STDERR_FILENO);
  HostLog log(console, study::LogSeverity::warning);
  if (const auto studies = studies_in(options, log); !studies.empty()) {
    return show_list(options, studies);
  }
  const std::unique_ptr<StudyReader> reader = make_reader(options, log);
  if (options.watch) {
    const int signal = watch_study(*reader);
    return signal == 0 ? kExitCompleted : kExitSignalBase + signal;
  }
  const StudyView view = reader->read();
  print(options.json ? status_json(view) : status_text(view, terminal_size(STDOUT_FILENO).columns));
  return kExitCompleted;
}

}  // namespace host
