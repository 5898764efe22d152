#include "base/format.hpp"
#include "commands/command_line.hpp"
#include "commands/commands.hpp"
#include "input/host_config.hpp"
#include "plan/dry_run.hpp"
#include "resume/study_record.hpp"
#include "status/study_list.hpp"
#include "terminal/standard_output.hpp"
#include "terminal/terminal.hpp"

#include <study/error.hpp>
#include <study/text.hpp>

#include <CLI/CLI.hpp>
#include <unistd.h>

namespace host {
namespace {

namespace fs = std::filesystem;

fs::path results_dir_of(const ListOptions& options) {
  if (!options.results_dir.empty()) return options.results_dir;
  return load_host_config(options.config, fs::current_path() / "study.yaml").results_dir;
}

}  // namespace

CLI::App* set_up_list(CLI::App& app, ListOptions& options) {
  CLI::App* command = app.add_subcommand("list", "List the studies of a results folder");
  require_text(command->add_option("RESULTS_DIR", options.results_dir, "The folder"))
      ->type_name("DIR")
      ->default_str(
          "results_dir of --config or of study_host.json in this directory, else results");
  require_text(command->add_option("--config", options.config,
                                   "Ask the observers of this host config in the place of "
                                   "manifest.json"))
      ->type_name("FILE");
  command->add_flag("--json", options.json, "Print it as JSON");
  describe(*command,
           {.usage = {"[OPTIONS] [RESULTS_DIR]"},
            .description = "The latest comes first. Each is read as `status` reads it; one that "
                           "can't be read is listed with the reason. Nothing is written.",
            .exit_codes = exit_codes_of_looking(),
            .environment = {observer_path_help(), postgres_help(), no_colour_help()},
            .examples = {{"study-host list results", "All studies in results/"},
                         {"study-host list results --json | jq -r '.[0].study_dir'",
                          "The directory of the latest one"}}});
  return command;
}

int list_studies(const ListOptions& options) {
  const fs::path folder = results_dir_of(options);
  refuse_file_as_directory(folder);
  if (holds_study(folder)) {
    throw study::InputError(study::format("{} is a study itself; see study-host status {}",
                                          folder.string(), shell_quote(folder.string())));
  }
  Console console(STDERR_FILENO);
  HostLog log(console, study::LogSeverity::warning);
  const std::vector<ListedStudy> studies = list_studies(folder, options.config, log);
  if (options.json) {
    print(list_json(studies));
  } else if (studies.empty()) {
    print("no studies in " + study::visible(folder.string()) + "\n");
  } else {
    print(list_text(studies));
  }
  return kExitCompleted;
}

}  // namespace host
