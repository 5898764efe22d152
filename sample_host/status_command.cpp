#include "status_command.hpp"

#include "exit_code.hpp"
#include "status.hpp"
#include "status_watch.hpp"
#include "study_reader.hpp"
#include "terminal.hpp"

#include <iostream>

#include <CLI/CLI.hpp>
#include <unistd.h>

namespace study_host {

CLI::App* set_up_status(CLI::App& app, StatusOptions& options) {
  CLI::App* command = app.add_subcommand("status", "Show the state of a study");
  command->add_option("DIR", options.study_dir, "The study directory")->required();
  CLI::Option* json = command->add_flag("--json", options.json, "Print it as JSON");
  command
      ->add_flag("--watch", options.watch,
                 "Go on showing it until the study ends or its writer is gone")
      ->excludes(json);
  return command;
}

int show_status(const StatusOptions& options) {
  StudyReader reader(options.study_dir);
  if (options.watch) return watch_study(reader);
  const StudyView view = reader.read();
  std::cout << (options.json ? status_json(view)
                             : status_text(view, terminal_size(STDOUT_FILENO).columns))
            << std::flush;
  return kExitCompleted;
}

}  // namespace study_host
