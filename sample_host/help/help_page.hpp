/// What is said of a command: by `--help`, its manual page, and the shells that complete it. All
/// three are made from the command line's own description, so that they can't drift apart.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace host {

struct HelpItem {
  std::string term;
  std::string text;
};

struct HelpExample {
  std::string command;
  std::string text;
};

/// What CLI11 doesn't know of a command. Paragraphs are separated by an empty line, and wrapped
/// where they are shown.
struct HelpTexts {
  std::vector<std::string> usage;  ///< each what follows the command's name
  std::string description;
  std::vector<HelpItem> exit_codes;
  std::vector<HelpItem> environment;
  std::vector<HelpExample> examples;
};

/// Has `command.help()` say what its options and `texts` say. Each command needs its own.
void describe(CLI::App& command, HelpTexts texts);

struct HelpOption {
  std::vector<std::string> names;  ///< `-h`, `--help`; for an argument its one name
  std::string value;               ///< `FILE`, `DIR`, `json|text`, …; empty for a flag
  std::string text;                ///< with the default, and with what it goes together
  bool is_argument = false;

  /// `-h, --help` or `--config FILE`.
  [[nodiscard]] std::string term() const;
};

struct HelpPage {
  std::string name;  ///< with the program's: `study-host run`
  std::string summary;
  HelpTexts texts;
  std::vector<HelpPage> commands;
  std::vector<HelpOption> options;  ///< arguments first
};

/// The page of `command`, which the user calls `name`. Throws `std::logic_error` for a command that
/// nobody has described.
[[nodiscard]] HelpPage help_page(const CLI::App& command, const std::string& name);

struct HelpStyle {
  std::size_t columns = 80;
  bool is_coloured = false;
};

/// As `--help` shows it.
[[nodiscard]] std::string help_text(const HelpPage& page, HelpStyle style);

/// Its manual page, in the macros of man(7).
[[nodiscard]] std::string manual_page(const HelpPage& page, const std::string& version);

/// What bash and zsh load to complete the command line whose page `program` is.
[[nodiscard]] std::string bash_completion(const HelpPage& program);
[[nodiscard]] std::string zsh_completion(const HelpPage& program);

}  // namespace host
