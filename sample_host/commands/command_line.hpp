/// What is said of a command line that can't be understood, and checks for its values.
#pragma once

#include <string>

namespace CLI {
class App;
class Option;
class ParseError;
}  // namespace CLI

namespace host {

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

}  // namespace host
