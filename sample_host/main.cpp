/// study-host: parses the command line, calls one command, returns its exit code.
#include "commands/command_line.hpp"
#include "commands/commands.hpp"
#include "run/open_files.hpp"
#include "terminal/standard_output.hpp"

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
  CLI::App app;
  AllOptions options;
  set_up_study_host(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    print(app.help());
    return kExitCompleted;
  } catch (const CLI::CallForVersion& version) {
    print(std::string(version.what()) + "\n");
    return kExitCompleted;
  } catch (const CLI::ParseError& error) {
    return complain(usage_problem(app, error, argv) + " (see study-host --help)", kExitBadInput);
  }
  return call_command(app, options);
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
