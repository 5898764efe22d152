#include "commands/command_line.hpp"
#include "commands/commands.hpp"
#include "input/runner.hpp"
#include "run/descendants.hpp"
#include "run/leaf.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

namespace host {
namespace {

std::chrono::milliseconds rounded_up(double seconds) {
  return std::chrono::milliseconds(std::llround(std::ceil(seconds * 1000)));
}

std::string value_in(const std::vector<std::string>& variables, std::string_view name) {
  const std::string beginning = std::string(name) + "=";
  for (const std::string& variable : variables) {
    if (variable.starts_with(beginning)) return variable.substr(beginning.size());
  }
  return {};
}

}  // namespace

CLI::App* set_up_leaf(CLI::App& app, LeafOptions& options) {
  CLI::App* command = app.add_subcommand(
      "leaf", "Run a command where a launcher has put it; what study-host has launchers start");
  require_text(command->add_option("STATUS_FILE", options.status_file,
                                   "Where to say what has become of the command"))
      ->type_name("FILE")
      ->required();
  command->add_option("COMMAND", options.command, "The program and its arguments, after a --")
      ->type_name("WORD...")
      ->required();
  command
      ->add_option("--timeout", options.timeout_seconds,
                   "Stop the command after so many seconds from here on")
      ->check(CLI::PositiveNumber)
      ->type_name("SECONDS")
      ->default_str("none");
  command
      ->add_option("--grace", options.grace_seconds,
                   "Seconds between the request to stop and SIGKILL")
      ->check(CLI::NonNegativeNumber)
      ->type_name("SECONDS")
      ->default_str("2");
  command
      ->add_option_function<std::string>(
          "--stop-signal",
          [&options](const std::string& name) {
            options.stop_signal = signal_number(name);
            if (options.stop_signal == 0) {
              throw CLI::ValidationError("--stop-signal", "'" + name + "' is no signal");
            }
          },
          "The request to stop")
      ->type_name("SIGNAL")
      ->default_str("SIGTERM");
  require_text(command->add_option("--directory", options.directory, "Where the command runs"))
      ->type_name("DIR")
      ->default_str("where the launcher has put it");
  command->add_option("--env", options.variables, "For its environment; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command->add_option("--mark", options.mark, "What its processes can be known by")->type_name("N");
  describe(*command,
           {.usage = {"[OPTIONS] STATUS_FILE -- COMMAND..."},
            .description =
                "Nobody has to write this: `run` has it started by a runner's launcher, such as "
                "srun or ssh. The command runs until it ends, until a signal, the time limit or "
                "the end of standard input asks it to stop, and with it ends all that it has "
                "started. What has become of it is put into STATUS_FILE at once as a whole.",
            .exit_codes = {{"0 to 126", "The command's own"},
                           {"2", "Also bad usage, or a status file that can't be written"},
                           {"127", "The command could not be started"},
                           {"128 + N", "The command was ended by signal N"}},
            .environment = {no_colour_help()},
            .examples = {{"study-host leaf --timeout 600 status.json -- python3 bench.py",
                          "Run a command, and see in status.json what has become of it"}}});
  return command;
}

int run_leaf_command(const LeafOptions& options) {
  LeafSpec spec;
  spec.status_file = options.status_file;
  spec.process.command = options.command;
  spec.process.variables = options.variables;
  spec.process.run = value_in(options.variables, kRunVariable);
  spec.process.mark = options.mark;
  spec.process.directory = options.directory;
  if (options.timeout_seconds) spec.process.timeout = rounded_up(*options.timeout_seconds);
  if (options.grace_seconds) spec.process.grace = rounded_up(*options.grace_seconds);
  spec.process.stop_signal = options.stop_signal;
  spec.process.is_forwarded = true;
  return run_leaf(spec);
}

}  // namespace host
