#include "input/runner_reader.hpp"

#include <array>
#include <cmath>

namespace host {
namespace {

constexpr std::array<std::string_view, 2> kRunnerKeys = {"command", "timeout_seconds"};
constexpr double kMaxTimeoutSeconds = 1e9;

std::string read_argument(const NodeReader& reader) {
  const Node& node = reader.node();
  if (reader.is_null() || reader.is_list() || reader.is_mapping()) reader.fail_expected("text");
  const auto* text = std::get_if<std::string>(&node.value);
  std::string argument = text != nullptr ? *text : node.text;
  // execve(2) would take what is before it for the whole argument.
  if (argument.find('\0') != std::string::npos) reader.fail("must not contain a null character");
  return argument;
}

std::vector<std::string> read_command(const NodeReader& reader) {
  if (!reader.is_list()) {
    reader.fail_expected(
        "a list of the program and its arguments, such as [\"python3\", \"bench.py\"]");
  }
  std::vector<std::string> command;
  for (const NodeReader& argument : reader.elements()) command.push_back(read_argument(argument));
  if (command.empty() || command.front().empty()) reader.fail("must name a program");
  return command;
}

std::chrono::milliseconds read_timeout(const NodeReader& reader) {
  const double seconds = reader.number();
  if (!(seconds > 0) || seconds > kMaxTimeoutSeconds) {
    reader.fail_expected("a number of seconds greater than 0 and at most 1000000000");
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
}

}  // namespace

RunnerSpec read_runner(const NodeReader& reader) {
  const std::vector<NodeReader> members = reader.members(kRunnerKeys);
  const NodeReader* const command = find_given(members, "command");
  if (command == nullptr) reader.fail("'command' is missing");
  RunnerSpec runner;
  runner.command = read_command(*command);
  if (const NodeReader* timeout = find_given(members, "timeout_seconds")) {
    runner.timeout = read_timeout(*timeout);
  }
  runner.where = reader.where();
  return runner;
}

}  // namespace host
