// A page as man(1) shows it: groff_man(7).
#include "help/help_page.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace host {
namespace {

/// As it is, wherever in a line it stands: a hyphen is a minus, which can be copied and searched,
/// and nothing begins a request.
std::string escaped(std::string_view text) {
  std::string result;
  bool is_line_start = true;
  for (const char c : text) {
    if (is_line_start && (c == '.' || c == '\'')) result += "\\&";
    is_line_start = c == '\n';
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else if (c == '\'') {
      result += "\\(aq";
    } else if (c == '`') {
      result += "\\(ga";
    } else if (c == '~') {
      result += "\\(ti";
    } else if (c == '^') {
      result += "\\(ha";
    } else {
      result += c;
    }
  }
  return result;
}

std::string bold(std::string_view text) {
  return "\\fB" + escaped(text) + "\\fR";
}

/// `study-host run`, as pages are named: `study-host-run`.
std::string page_name(std::string name) {
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

class ManualWriter {
 public:
  void section(std::string_view title) { text_.append(".SH ").append(title).append("\n"); }
  void line(std::string_view text) { text_.append(text).append("\n"); }

  void paragraphs(std::string_view text) {
    bool is_first = true;
    while (!text.empty()) {
      const std::string_view paragraph = text.substr(0, text.find("\n\n"));
      if (!is_first) line(".PP");
      is_first = false;
      line(escaped(paragraph));
      text.remove_prefix(std::min(paragraph.size() + 2, text.size()));
    }
  }

  void item(std::string_view tag, std::string_view text) {
    line(".TP");
    line(tag);
    line(escaped(text));
  }

  void items(std::string_view title, const std::vector<HelpItem>& items) {
    if (items.empty()) return;
    section(title);
    for (const HelpItem& one : items) item(bold(one.term), one.text);
  }

  void options(std::string_view title, const std::vector<HelpOption>& options, bool are_arguments) {
    bool is_first = true;
    for (const HelpOption& option : options) {
      if (option.is_argument != are_arguments) continue;
      if (is_first) section(title);
      is_first = false;
      std::string tag;
      for (const std::string& name : option.names) {
        tag += tag.empty() ? "" : ", ";
        tag += are_arguments ? "\\fI" + escaped(name) + "\\fR" : bold(name);
      }
      if (!option.value.empty() && !are_arguments) tag += " \\fI" + escaped(option.value) + "\\fR";
      item(tag, option.text);
    }
  }

  void examples(const std::vector<HelpExample>& examples) {
    if (examples.empty()) return;
    section("EXAMPLES");
    for (const HelpExample& example : examples) {
      line(".PP");
      line(escaped(example.text) + ":");
      line(".PP");
      line(".nf");
      line(".RS 4");
      line(escaped(example.command));
      line(".RE");
      line(".fi");
    }
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// The program's page leads to its commands', and those back.
void append_see_also(ManualWriter& writer, const HelpPage& page) {
  writer.section("SEE ALSO");
  const std::size_t space = page.name.find(' ');
  if (space != std::string::npos) {
    return writer.line("\\fB" + escaped(page.name.substr(0, space)) + "\\fR(1)");
  }
  std::string pages;
  for (const HelpPage& command : page.commands) {
    pages += pages.empty() ? "" : ",\n";
    pages += "\\fB" + escaped(page_name(command.name)) + "\\fR(1)";
  }
  writer.line(pages);
}

}  // namespace

std::string manual_page(const HelpPage& page, const std::string& version) {
  ManualWriter writer;
  const std::string name = page_name(page.name);
  writer.line(".TH " + upper(escaped(name)) + " 1 \"\" \"study\\-host " + escaped(version) +
              "\" \"User Commands\"");
  writer.section("NAME");
  writer.line(escaped(name) + " \\- " + escaped(page.summary));
  writer.section("SYNOPSIS");
  for (const std::string& usage : page.texts.usage) {
    writer.line(bold(page.name) + " " + escaped(usage));
    writer.line(".br");
  }
  writer.section("DESCRIPTION");
  writer.paragraphs(page.texts.description);
  if (!page.commands.empty()) writer.section("COMMANDS");
  for (const HelpPage& command : page.commands) {
    writer.item("\\fB" + escaped(page_name(command.name)) + "\\fR(1)", command.summary);
  }
  writer.options("ARGUMENTS", page.options, true);
  writer.options("OPTIONS", page.options, false);
  writer.items("EXIT STATUS", page.texts.exit_codes);
  writer.items("ENVIRONMENT", page.texts.environment);
  writer.examples(page.texts.examples);
  append_see_also(writer, page);
  return writer.take();
}

}  // namespace host
