/// What all commands share: what is said of a command line that can't be understood, checks for its
/// values, what several say in their help, and the exit code.
#pragma once

#include "help/help_page.hpp"

#include <string>
#include <string_view>

namespace CLI {
class App;
class Option;
class ParseError;
}  // namespace CLI

namespace host {

/// What study-host's exit status says. Scripts rely on it.
inline constexpr int kExitCompleted = 0;   ///< all experiments completed
inline constexpr int kExitFailed = 1;      ///< some experiment failed
inline constexpr int kExitBadInput = 2;    ///< bad usage, or a bad input file
inline constexpr int kExitStudyError = 3;  ///< the study could not start, go on, or be stored
/// And 128 plus the signal's number where a signal ended the study: 130 for SIGINT, 143 for
/// SIGTERM.
inline constexpr int kExitSignalBase = 128;

/// One line that names what is wrong with the command line that `app` has failed to parse with
/// `error`, and what was likely meant. `argv` is the program's.
[[nodiscard]] std::string usage_problem(const CLI::App& app, const CLI::ParseError& error,
                                        const char* const* argv);

/// An empty value is an error: it comes from a variable of a script that is not set, and must not
/// be taken for an option that wasn't given.
CLI::Option* require_text(CLI::Option* option);

/// What is no whole number from `least` to `most` is an error, said as of a config file's value:
/// the words of CLI::Range differ from version to version.
CLI::Option* require_whole_number(CLI::Option* option, int least, int most);

/// What the help of those commands says that load plugins, and of those that only look at a study.
[[nodiscard]] HelpItem observer_path_help();
[[nodiscard]] HelpItem postgres_help();
[[nodiscard]] HelpItem no_colour_help();
[[nodiscard]] std::vector<HelpItem> exit_codes_of_looking();

}  // namespace host
