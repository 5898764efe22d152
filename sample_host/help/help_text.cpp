// A page as a terminal shows it.
#include "help/help_page.hpp"
#include "terminal/terminal.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace host {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kWidestTerm = 26;  ///< a longer one has its text below it
constexpr std::size_t kLeastTextColumns = 30;
constexpr std::size_t kLeastColumns = 20;
constexpr std::size_t kMostColumns = 100;  ///< longer lines are hard to read

class HelpWriter {
 public:
  explicit HelpWriter(HelpStyle style)
      : columns_(std::clamp(style.columns, kLeastColumns, kMostColumns)),
        is_coloured_(style.is_coloured) {}

  void heading(std::string_view text) { text_ += "\n" + painted("1", text) + ":\n"; }

  /// `text` word by word, from column `column` on, at which the cursor is, and in which each line
  /// begins.
  void wrapped(std::string_view text, std::size_t column) {
    const std::size_t room = columns_ > column ? columns_ - column : 1;
    std::size_t used = 0;
    while (!text.empty()) {
      const std::string_view word = text.substr(0, text.find_first_of(" \n"));
      const std::size_t wide = column_count(word);
      if (used > 0 && used + 1 + wide > room) {
        text_ += "\n" + std::string(column, ' ');
        used = 0;
      } else if (used > 0) {
        text_ += " ";
        ++used;
      }
      text_ += word;
      used += wide;
      text.remove_prefix(std::min(word.size() + 1, text.size()));
    }
    text_ += "\n";
  }

  void paragraphs(std::string_view text) {
    while (!text.empty()) {
      const std::string_view paragraph = text.substr(0, text.find("\n\n"));
      text_ += "\n";
      wrapped(paragraph, 0);
      text.remove_prefix(std::min(paragraph.size() + 2, text.size()));
    }
  }

  void items(std::string_view title, const std::vector<HelpItem>& items) {
    if (items.empty()) return;
    heading(title);
    std::size_t widest = 0;
    for (const HelpItem& item : items) {
      const std::size_t columns = column_count(item.term);
      if (columns <= kWidestTerm) widest = std::max(widest, columns);
    }
    std::size_t column = kIndent + widest + kIndent;
    const bool is_narrow = columns_ < column + kLeastTextColumns;
    if (is_narrow) column = 3 * kIndent;
    for (const HelpItem& item : items) {
      const std::size_t end = kIndent + column_count(item.term) + kIndent;
      text_ += std::string(kIndent, ' ') + painted("36", item.term);
      if (is_narrow || end > column) {
        text_ += "\n" + std::string(column, ' ');
      } else {
        text_ += std::string(column - end + kIndent, ' ');
      }
      wrapped(item.text, column);
    }
  }

  void examples(const std::vector<HelpExample>& examples) {
    if (examples.empty()) return;
    heading(examples.size() == 1 ? "Example" : "Examples");
    for (const HelpExample& example : examples) {
      // Whole, whatever the width, so that it can be copied.
      text_ += std::string(kIndent, ' ') + painted("36", example.command) + "\n";
      text_ += std::string(3 * kIndent, ' ');
      wrapped(example.text, 3 * kIndent);
    }
  }

  void usage(const HelpPage& page) {
    text_ += "\n" + painted("1", "Usage") + ": ";
    const std::size_t column = std::string_view("Usage: ").size();
    bool is_first = true;
    for (const std::string& line : page.texts.usage) {
      if (!std::exchange(is_first, false)) text_ += std::string(column, ' ');
      text_ += page.name + " ";
      wrapped(line, column + page.name.size() + 1);
    }
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

  [[nodiscard]] std::string painted(std::string_view colour, std::string_view text) const {
    if (!is_coloured_) return std::string(text);
    return std::string("\x1b[").append(colour).append("m").append(text).append("\x1b[0m");
  }

 private:
  const std::size_t columns_;
  const bool is_coloured_;
  std::string text_;
};

std::vector<HelpItem> items_of(const HelpPage& page, bool are_arguments) {
  std::vector<HelpItem> items;
  for (const HelpOption& option : page.options) {
    if (option.is_argument == are_arguments) items.push_back({option.term(), option.text});
  }
  return items;
}

}  // namespace

std::string help_text(const HelpPage& page, HelpStyle style) {
  std::vector<HelpItem> commands;
  for (const HelpPage& command : page.commands) {
    commands.push_back({command.name.substr(page.name.size() + 1), command.summary});
  }
  HelpWriter writer(style);
  writer.wrapped(page.summary + ".", 0);
  writer.usage(page);
  writer.paragraphs(page.texts.description);
  writer.items("Commands", commands);
  writer.items("Arguments", items_of(page, true));
  writer.items("Options", items_of(page, false));
  writer.items("Exit codes", page.texts.exit_codes);
  writer.items("Environment", page.texts.environment);
  writer.examples(page.texts.examples);
  return writer.take();
}

}  // namespace host
