// What shells complete: commands, options, and the values of options, as far as their placeholders
// say what they are: a file, a directory, one of several words.
#include "base/format.hpp"
#include "help/help_page.hpp"

#include <algorithm>
#include <string_view>

namespace host {
namespace {

std::string short_name(const HelpPage& command) {
  return command.name.substr(command.name.rfind(' ') + 1);
}

/// `a|b` as `a b`; empty for a placeholder.
std::string words_of(std::string value) {
  if (value.find('|') == std::string::npos) return {};
  std::replace(value.begin(), value.end(), '|', ' ');
  return value;
}

bool is_directory(std::string_view value) {
  return value.ends_with("DIR");
}

bool is_file(std::string_view value) {
  return value.ends_with("FILE");
}

std::string joined_options(const HelpPage& page) {
  std::string words;
  for (const HelpOption& option : page.options) {
    if (option.is_argument) continue;
    for (const std::string& name : option.names) words += (words.empty() ? "" : " ") + name;
  }
  return words;
}

std::string bash_reply(const std::string& value) {
  if (const std::string words = words_of(value); !words.empty()) {
    return "mapfile -t COMPREPLY < <(compgen -W '" + words + "' -- \"$word\")";
  }
  if (is_directory(value)) {
    return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$word\")";
  }
  if (is_file(value)) {
    return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$word\")";
  }
  return "COMPREPLY=()";
}

void append_bash_command(std::string& text, const HelpPage& command) {
  text += "    " + short_name(command) + ")\n      case $before in\n";
  for (const HelpOption& option : command.options) {
    if (option.is_argument || option.value.empty()) continue;
    std::string names;
    for (const std::string& name : option.names) names += (names.empty() ? "" : " | ") + name;
    text += "        " + names + ") " + bash_reply(option.value) + "; return ;;\n";
  }
  text += "      esac\n      case $word in\n        -*) mapfile -t COMPREPLY < <(compgen -W '" +
          joined_options(command) + "' -- \"$word\") ;;\n";
  for (const HelpOption& option : command.options) {
    if (!option.is_argument) continue;
    text += "        *) " + bash_reply(option.value) + " ;;\n";
    break;
  }
  text += "      esac\n      ;;\n";
}

/// In single quotes, and within the brackets of _arguments.
std::string zsh_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    if (c == '\'') {
      result += "'\\''";
    } else {
      result += c == '\n' ? ' ' : c;
    }
  }
  return result;
}

std::string zsh_action(const std::string& value) {
  if (const std::string words = words_of(value); !words.empty()) return "(" + words + ")";
  if (is_directory(value)) return "_files -/";
  return is_file(value) ? "_files" : " ";
}

void append_zsh_options(std::string& text, const HelpPage& page, const std::string& indent) {
  for (const HelpOption& option : page.options) {
    if (option.is_argument) {
      text += study::format(" \\\n{}'::{}:{}'", indent, zsh_text(option.names.front()),
                            zsh_action(option.value));
      continue;
    }
    const std::string label = words_of(option.value).empty() ? zsh_text(option.value) : "value";
    const std::string value =
        option.value.empty() ? "" : ":" + label + ":" + zsh_action(option.value);
    for (const std::string& name : option.names) {
      std::string others;
      for (const std::string& other : option.names) others += (others.empty() ? "" : " ") + other;
      text += study::format(" \\\n{}'({}){}[{}]{}'", indent, others, name, zsh_text(option.text),
                            value);
    }
  }
}

}  // namespace

std::string bash_completion(const HelpPage& program) {
  std::string commands;
  for (const HelpPage& command : program.commands) {
    commands += (commands.empty() ? "" : " ") + short_name(command);
  }
  std::string text = "# Completion of " + program.name + " for bash(1).\n_study_host() {\n";
  text +=
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=\n"
      "  COMPREPLY=()\n"
      "  ((COMP_CWORD == 1)) || command=${COMP_WORDS[1]}\n"
      "  case $command in\n";
  text += "    '') mapfile -t COMPREPLY < <(compgen -W '" + commands + " " +
          joined_options(program) + "' -- \"$word\") ;;\n";
  for (const HelpPage& command : program.commands) append_bash_command(text, command);
  return text + "  esac\n}\ncomplete -F _study_host " + program.name + "\n";
}

std::string zsh_completion(const HelpPage& program) {
  std::string text = "#compdef " + program.name + "\n";
  text += "local -a commands\nlocal curcontext=$curcontext state line\ncommands=(\n";
  for (const HelpPage& command : program.commands) {
    text += "  '" + short_name(command) + ":" + zsh_text(command.summary) + "'\n";
  }
  text += ")\n_arguments -C";
  append_zsh_options(text, program, "  ");
  text +=
      " \\\n  '1: :->command' '*:: :->arguments'\n"
      "case $state in\n"
      "  command) _describe -t commands command commands ;;\n"
      "  arguments)\n    case ${line[1]} in\n";
  for (const HelpPage& command : program.commands) {
    text += "      " + short_name(command) + ")\n        _arguments";
    append_zsh_options(text, command, "          ");
    text += "\n        ;;\n";
  }
  return text + "    esac\n    ;;\nesac\n";
}

}  // namespace host
