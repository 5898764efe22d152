#include "base/format.hpp"
#include "commands/command_line.hpp"
#include "commands/commands.hpp"
#include "input/host_config.hpp"
#include "plan/dry_run.hpp"
#include "resume/study_record.hpp"
#include "status/study_list.hpp"
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
  require_text(command->add_option("RESULTS_DIR", options.results_dir,
                                   "The folder; without it, that of the host's config file, "
                                   "study_host.json in this directory, or `results`"));
  require_text(
      command->add_option("--config", options.config,
                          "Ask the observers of this host config in the place of manifest.json"));
  command->add_flag("--json", options.json, "Print it as JSON");
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
