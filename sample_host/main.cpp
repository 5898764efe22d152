/// study-host: parses the command line, calls one command, returns its exit code.
#include "commands/command_line.hpp"
#include "commands/commands.hpp"
#include "run/open_files.hpp"

#include <study/error.hpp>
#include <study/text.hpp>

#include <exception>
#include <iostream>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace {

/// A pipe or a file that took the number of a closed stdin, stdout or stderr would be mixed up with
/// it, in this process and in the experiments'.
void open_standard_streams() {
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) ::close(fd);
}

int complain(std::string_view message, int exit_code) {
  std::cerr << "study-host: " << study::visible(message) << std::endl;
  return exit_code;
}

int parse_and_run(int argc, char** argv) {
  using namespace host;
  CLI::App app("Runs studies: sets of experiments, observed by plugins.", "study-host");
  app.set_version_flag("--version", std::string("study-host ") + STUDY_HOST_VERSION);
  app.require_subcommand(1);
  RunOptions run;
  PluginsOptions plugins;
  StatusOptions status;
  ListOptions list;
  CheckPluginOptions check;
  LeafOptions leaf;
  const CLI::App* run_command = set_up_run(app, run);
  const CLI::App* plugins_command = set_up_plugins(app, plugins);
  const CLI::App* status_command = set_up_status(app, status);
  const CLI::App* list_command = set_up_list(app, list);
  const CLI::App* leaf_command = set_up_leaf(app, leaf);
  set_up_check_plugin(app, check);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help_or_version) {
    return app.exit(help_or_version);
  } catch (const CLI::ParseError& error) {
    return complain(usage_problem(app, error, argv) + " (see study-host --help)", kExitBadInput);
  }
  if (run_command->parsed()) return run_study(run);
  if (plugins_command->parsed()) return list_plugins(plugins);
  if (status_command->parsed()) return show_status(status);
  if (list_command->parsed()) return list_studies(list);
  if (leaf_command->parsed()) return run_leaf_command(leaf);
  return check_plugin(check);
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_streams();
  host::raise_open_files_limit();
  ::signal(SIGPIPE, SIG_IGN);  // a reader of our output that went away must not end the study
  ::signal(SIGXFSZ, SIG_IGN);  // a log that may not grow further (ulimit -f) must not, either
  try {
    return parse_and_run(argc, argv);
  } catch (const study::StudyError& error) {
    return complain(error.what(), host::kExitStudyError);
  } catch (const study::Error& error) {  // InputError, CheckpointError, FileError: what was given
    return complain(error.what(), host::kExitBadInput);
  } catch (const std::exception& error) {
    return complain(error.what(), host::kExitStudyError);
  }
}
