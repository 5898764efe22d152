#include "commands/command_line.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <charconv>
#include <vector>

#include <CLI/CLI.hpp>

namespace host {
namespace {

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  const std::string_view nearest = study::nearest_name(word, names);
  return nearest.empty() ? "" : "; did you mean '" + std::string(nearest) + "'?";
}

std::string unknown_option(const CLI::App& app, const std::string& argument) {
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  const std::string name = argument.substr(0, argument.find('='));
  return "unknown option '" + name + "'" + did_you_mean(name, known);
}

/// Nothing on the command line was a command.
std::string command_problem(const CLI::App& app, const char* const* argv) {
  std::vector<std::string> names;
  std::string list = "; known are ";
  for (const CLI::App* command : app.get_subcommands({})) {
    list += (names.empty() ? "" : ", ") + command->get_name();
    names.push_back(command->get_name());
  }
  if (argv[0] == nullptr || argv[1] == nullptr) return "a command is missing" + list;
  const std::string word = argv[1];
  if (word.starts_with("-")) return unknown_option(app, word);
  const std::string meant = did_you_mean(word, names);
  return "unknown command '" + word + "'" + (meant.empty() ? list : meant);
}

/// The first option that `command` doesn't know, else the first argument that is too much.
std::string extra_problem(const CLI::App& app, const CLI::App& command) {
  const std::vector<std::string> extras = app.remaining(true);
  const auto option = std::find_if(extras.begin(), extras.end(),
                                   [](const auto& extra) { return extra.starts_with("-"); });
  if (option != extras.end()) return unknown_option(command, *option);
  return "unexpected argument '" + (extras.empty() ? "" : extras.front()) + "'";
}

}  // namespace

std::string usage_problem(const CLI::App& app, const CLI::ParseError& error,
                          const char* const* argv) {
  const std::vector<CLI::App*> commands = app.get_subcommands();
  if (commands.empty()) return command_problem(app, argv);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    return extra_problem(app, *commands.front());
  }
  std::string message = error.what();
  // `--jobs: 1 required INT:INT in [1 - 4096] missing`
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr &&
      message.ends_with(" missing")) {
    return message.substr(0, message.find(':')) + ": a value is missing";
  }
  return message;
}

CLI::Option* require_text(CLI::Option* option) {
  return option->check(
      [](const std::string& value) {
        return value.empty() ? std::string("must not be empty") : std::string();
      },
      "");
}

CLI::Option* require_whole_number(CLI::Option* option, int least, int most) {
  const std::string range = std::to_string(least) + " to " + std::to_string(most);
  return option->check(
      [=](const std::string& value) {
        int number = 0;
        const char* const end = value.data() + value.size();
        const auto [parsed, error] = std::from_chars(value.data(), end, number);
        const bool fits =
            error == std::errc() && parsed == end && number >= least && number <= most;
        return fits ? std::string() : "must be a whole number from " + range + ", but is " + value;
      },
      range);
}

HelpItem observer_path_help() {
  return {"STUDY_OBSERVER_PATH",
          "Folders with plugins, separated by colons; searched after the config's plugin_path and "
          "before study-host's own"};
}

HelpItem postgres_help() {
  return {
      "PGHOST, PGUSER, ...",
      "Where postgres_writer finds its server, unless its options say so; all of libpq's count"};
}

HelpItem no_colour_help() {
  return {"NO_COLOR", "If not empty, this text has no colours, as where TERM is dumb"};
}

std::vector<HelpItem> exit_codes_of_looking() {
  return {{"0", "It was shown"},
          {"2", "Bad usage; nothing there that could be shown; a checkpoint that can't be used"},
          {"3", "An observer that can't be loaded, or a config of somebody else's that names one"}};
}

}  // namespace host
