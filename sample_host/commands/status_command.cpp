#include "commands/command_line.hpp"
#include "commands/commands.hpp"
#include "input/trust.hpp"
#include "status/study_list.hpp"
#include "status/study_reader.hpp"
#include "terminal/standard_output.hpp"
#include "terminal/terminal.hpp"

#include <utility>

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

void describe_status(CLI::App& command) {
  std::vector<HelpItem> exit_codes = exit_codes_of_looking();
  exit_codes.push_back({"130, 143", "--watch was ended by SIGINT, SIGTERM"});
  describe(command,
           {.usage = {"[OPTIONS] DIR", "[OPTIONS] --study NAME"},
            .description =
                "How far a running study is, or how it has ended, and what has failed. A "
                "directory's manifest.json is read; where the study didn't keep one, the observers "
                "of its own host config are asked. Nothing is written, and nothing disturbs the "
                "study.",
            .exit_codes = std::move(exit_codes),
            .environment = {observer_path_help(), postgres_help(), no_colour_help()},
            .examples = {{"study-host status results/batch-size_2026-02-27T16-30-00 --watch",
                          "Follow a study until its end"},
                         {"study-host status --study batch-size --config study_host.json",
                          "The latest one of that name, wherever its observers keep it"}}});
}

}  // namespace

CLI::App* set_up_status(CLI::App& app, StatusOptions& options) {
  CLI::App* command = app.add_subcommand("status", "Show the state of a study");
  CLI::Option* directory =
      require_text(
          command->add_option("DIR", options.study_dir,
                              "The study directory; or a folder of some, which are listed"))
          ->type_name("DIR");
  require_text(command->add_option(
                   "--study", options.study_name,
                   "In the place of DIR: the latest study of this name that an observer knows"))
      ->type_name("NAME")
      ->excludes(directory);
  require_text(command->add_option("--config", options.config,
                                   "Ask the observers of this host config in the place of "
                                   "manifest.json"))
      ->type_name("FILE");
  CLI::Option* json = command->add_flag("--json", options.json, "Print it as JSON");
  command
      ->add_flag("--watch", options.watch,
                 "Go on showing it until the study ends or its writer is gone")
      ->excludes(json);
  describe_status(*command);
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
  const auto studies = studies_in_place_of_one(options.study_dir, options.config, log);
  if (!studies.empty()) {
    if (options.json || options.watch) {
      throw several_in_place_of_one(options.study_dir, studies.size());
    }
    print(text_in_place_of_one(options.study_dir, studies));
    return kExitCompleted;
  }
  const std::unique_ptr<StudyReader> reader = make_reader(options, log);
  if (options.watch) {
    const int signal = watch_study(*reader);
    return signal == 0 ? kExitCompleted : kExitSignalBase + signal;
  }
  const StudyView view = reader->read();
  print(options.json ? status_json(view) : status_text(view, terminal_size(own_stdout()).columns));
  return kExitCompleted;
}

}  // namespace host
