#include "help/help_page.hpp"

#include "terminal/standard_output.hpp"
#include "terminal/terminal.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>
#include <unistd.h>

namespace host {
namespace {

/// CLI11 asks it for the text of `--help`, and others for what it has been told.
class HelpFormatter final : public CLI::FormatterBase {
 public:
  HelpFormatter(const CLI::App& command, HelpTexts texts)
      : command_(command), texts_(std::move(texts)) {}

  /// A command that has none of its own gets its parent's from CLI11.
  [[nodiscard]] bool belongs_to(const CLI::App& command) const { return &command == &command_; }
  [[nodiscard]] const HelpTexts& texts() const { return texts_; }

  [[nodiscard]] std::string make_help(const CLI::App* command, std::string name,
                                      CLI::AppFormatMode /*mode*/) const override {
    const char* const no_colour = std::getenv("NO_COLOR");
    const bool is_wanted = no_colour == nullptr || *no_colour == '\0';  // https://no-color.org
    const int fd = own_stdout();
    return help_text(help_page(*command, name),
                     {::isatty(fd) == 1 ? terminal_size(fd).columns : HelpStyle().columns,
                      is_wanted && can_replace_text(fd)});
  }

 private:
  const CLI::App& command_;
  HelpTexts texts_;
};

/// Without what a check has to say of it: CLI11 puts that behind a colon.
std::string value_of(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return {};
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

std::string names_of(const std::set<CLI::Option*>& options) {
  std::vector<std::string> names;
  names.reserve(options.size());
  for (const CLI::Option* option : options) names.push_back(option->get_name());
  std::sort(names.begin(), names.end());
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

HelpOption described(const CLI::Option& option) {
  HelpOption result;
  result.text = option.get_description();
  if (const auto needed = names_of(option.get_needs()); !needed.empty()) {
    result.text += "; only with " + needed;
  }
  if (const auto excluded = names_of(option.get_excludes()); !excluded.empty()) {
    result.text += "; not with " + excluded;
  }
  if (const std::string& value = option.get_default_str(); !value.empty()) {
    result.text += " (default: " + value + ")";
  }
  if (option.get_positional()) {
    result.is_argument = true;
    result.names.push_back(option.get_name());
    result.value = value_of(option);
    return result;
  }
  for (const std::string& name : option.get_snames()) result.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) result.names.push_back("--" + name);
  result.value = value_of(option);
  return result;
}

}  // namespace

void describe(CLI::App& command, HelpTexts texts) {
  command.formatter(std::make_shared<HelpFormatter>(command, std::move(texts)));
}

std::string HelpOption::term() const {
  std::string result;
  for (const std::string& name : names) result += (result.empty() ? "" : ", ") + name;
  return value.empty() || is_argument ? result : result + " " + value;
}

HelpPage help_page(const CLI::App& command, const std::string& name) {
  const auto formatter = std::dynamic_pointer_cast<HelpFormatter>(command.get_formatter());
  if (!formatter || !formatter->belongs_to(command)) {
    throw std::logic_error("nobody has described the command " + name);
  }
  HelpPage page{name, command.get_description(), formatter->texts(), {}, {}};
  for (const CLI::App* inner : command.get_subcommands({})) {
    page.commands.push_back(help_page(*inner, name + " " + inner->get_name()));
  }
  for (const CLI::Option* option : command.get_options())
    page.options.push_back(described(*option));
  std::stable_sort(page.options.begin(), page.options.end(),
                   [](const HelpOption& left, const HelpOption& right) {
                     return left.is_argument && !right.is_argument;
                   });
  return page;
}

}  // namespace host
