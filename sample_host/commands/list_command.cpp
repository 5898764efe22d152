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

/// A folder that is given is listed, and nothing else; so is that of a config that was only found.
/// Whoever names a config asks its observers, too.
std::vector<ListedStudy> studies_of(const ListOptions& options, const fs::path& folder,
                                    const HostConfig& config, HostLog& log) {
  if (options.config && options.results_dir.empty()) return list_known_studies(config, log);
  std::error_code ignored;
  if (options.results_dir.empty() && !config.file.empty() && !fs::exists(folder, ignored)) {
    throw study::InputError(
        study::format("{}: no such directory; which studies the observers of {} know, study-host "
                      "list --config {} "
                      "tells",
                      folder.string(), config.file.string(), shell_quote(config.file.string())));
  }
  return list_studies(folder, options.config, log);
}

/// What is said where there is none.
std::string nothing_text(const ListOptions& options, const fs::path& folder) {
  const bool asked = options.config && options.results_dir.empty();
  return study::format("no studies in {}{}\n", study::visible(folder.string()),
                       asked ? ", and the observers know none" : "");
}

}  // namespace

CLI::App* set_up_list(CLI::App& app, ListOptions& options) {
  CLI::App* command =
      app.add_subcommand("list", "List the studies of a results folder, or of a database");
  require_text(command->add_option("RESULTS_DIR", options.results_dir, "The folder"))
      ->type_name("DIR")
      ->default_str(
          "results_dir of --config or of study_host.json in this directory, else results");
  require_text(command->add_option("--config", options.config,
                                   "Ask the observers of this host config in the place of "
                                   "manifest.json; without RESULTS_DIR also for all studies that "
                                   "they know, of whichever host"))
      ->type_name("FILE");
  command->add_flag("--json", options.json, "Print it as JSON");
  describe(*command,
           {.usage = {"[OPTIONS] [RESULTS_DIR]"},
            .description = "The latest comes first. Each is read as `status` reads it; one that "
                           "can't be read is listed with the reason. With --config and without "
                           "RESULTS_DIR, the studies that the config's observers know are listed "
                           "with those of its results folder, if there is one: PostgreSQL knows "
                           "those of all hosts, SQLite those of its file. A store that can't "
                           "answer is a warning. Nothing is written.",
            .exit_codes = exit_codes_of_looking(),
            .environment = {observer_path_help(), postgres_help(), no_colour_help()},
            .examples = {{"study-host list results", "All studies in results/"},
                         {"study-host list results --json | jq -r '.[0].study_dir'",
                          "The directory of the latest one"},
                         {"study-host list --config study_host.json",
                          "All studies in the database that it names, with their hosts"}}});
  return command;
}

int list_studies(const ListOptions& options) {
  HostConfig config;
  if (options.results_dir.empty()) {
    config = load_host_config(options.config, fs::current_path() / "study.yaml");
  }
  const fs::path folder = options.results_dir.empty() ? config.results_dir : options.results_dir;
  refuse_file_as_directory(folder);
  if (holds_study(folder)) {
    throw study::InputError(study::format("{} is a study itself; see study-host status {}",
                                          folder.string(), shell_quote(folder.string())));
  }
  Console console(STDERR_FILENO);
  HostLog log(console, study::LogSeverity::warning);
  const std::vector<ListedStudy> studies = studies_of(options, folder, config, log);
  if (options.json) {
    print(list_json(studies));
  } else if (studies.empty()) {
    print(nothing_text(options, folder));
  } else {
    print(list_text(studies));
  }
  return kExitCompleted;
}

}  // namespace host
