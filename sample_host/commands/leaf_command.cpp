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
      ->required();
  command->add_option("COMMAND", options.command, "The program and its arguments, after a --")
      ->required();
  command
      ->add_option("--timeout", options.timeout_seconds,
                   "Stop the command after so many seconds from here on")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--grace", options.grace_seconds,
                   "Seconds between the request to stop and SIGKILL")
      ->check(CLI::NonNegativeNumber);
  command->add_option_function<std::string>(
      "--stop-signal",
      [&options](const std::string& name) {
        options.stop_signal = signal_number(name);
        if (options.stop_signal == 0) {
          throw CLI::ValidationError("--stop-signal", "'" + name + "' is no signal");
        }
      },
      "The request to stop; without it, SIGTERM");
  require_text(command->add_option("--directory", options.directory, "Where the command runs"));
  command->add_option("--env", options.variables, "NAME=VALUE for its environment; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--mark", options.mark, "What its processes can be known by");
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
