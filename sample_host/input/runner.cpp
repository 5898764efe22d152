#include "input/runner.hpp"

#include "base/format.hpp"
#include "input/document.hpp"
#include "input/placeholders.hpp"

#include <study/flatten.hpp>
#include <study/identity.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <signal.h>
#include <string.h>

namespace host {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 8> kReservedNames = {
    "config_file", "result_file", "timeseries_file", "study_file_dir", "cycle",
    "config_hash", "slot",        "attempt"};
constexpr std::string_view kDefaultRunner = "default";
constexpr std::size_t kMaxShownConfigBytes = 120;

constexpr std::array<std::string_view, 8> kRunnerKeys = {
    "command", "launcher", "timeout_seconds", "grace_seconds", "stop_signal", "retries",
    "env",     "cwd"};
constexpr double kMaxTimeoutSeconds = 1e9;
constexpr std::int64_t kMaxRetries = 1000;
/// What every experiment gets from study-host.
constexpr std::array<std::string_view, 2> kOwnVariables = {"STUDY_DIR", "STUDY_RUN"};

std::string read_argument(const FieldReader& reader) {
  const Node& node = reader.node();
  if (reader.is_null() || reader.is_list() || reader.is_mapping()) reader.fail_expected("text");
  const auto* text = std::get_if<std::string>(&node.value);
  std::string argument = text != nullptr ? *text : node.text;
  // execve(2) would take what is before it for the whole argument.
  if (argument.find('\0') != std::string::npos) reader.fail("must not contain a null character");
  return argument;
}

std::vector<std::string> read_command(const FieldReader& reader, std::string_view example) {
  if (!reader.is_list()) {
    reader.fail_expected(
        study::format("a list of the program and its arguments, such as {}", example));
  }
  std::vector<std::string> command;
  for (const FieldReader& argument : reader.elements()) command.push_back(read_argument(argument));
  if (command.empty() || command.front().empty()) reader.fail("must name a program");
  return command;
}

std::chrono::milliseconds read_timeout(const FieldReader& reader) {
  const double seconds = reader.number();
  if (!(seconds > 0) || seconds > kMaxTimeoutSeconds) {
    reader.fail_expected("a number of seconds greater than 0 and at most 1000000000");
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
}

std::chrono::milliseconds read_grace(const FieldReader& reader) {
  const double seconds = reader.number();
  if (!(seconds >= 0) || seconds > kMaxTimeoutSeconds) {
    reader.fail_expected("a number of seconds of at least 0 and at most 1000000000");
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
}

int read_stop_signal(const FieldReader& reader) {
  if (const int signal = signal_number(reader.text()); signal != 0) return signal;
  reader.fail_expected("the name of a signal, such as SIGTERM or SIGINT");
}

std::vector<std::pair<std::string, std::string>> read_environment(const FieldReader& reader) {
  if (!reader.is_mapping()) {
    reader.fail_expected("a mapping of variables, such as {\"CUDA_VISIBLE_DEVICES\": \"{slot}\"}");
  }
  std::vector<std::pair<std::string, std::string>> variables;
  for (const FieldReader& member : reader.members()) {
    const std::string& name = member.key();
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string::npos) {
      member.fail("is no name for an environment variable");
    }
    if (std::find(kOwnVariables.begin(), kOwnVariables.end(), name) != kOwnVariables.end()) {
      member.fail("is set by study-host itself; choose another name");
    }
    variables.emplace_back(name, read_argument(member));
  }
  return variables;
}

bool is_reserved(std::string_view name) {
  return std::find(kReservedNames.begin(), kReservedNames.end(), name) != kReservedNames.end();
}

// A key that has the dots itself is found too, and first.
const json::value* find_field(const json::object& config, std::string_view name) {
  if (const json::value* whole = config.if_contains(name)) return whole;
  for (std::size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) {
    const json::value* outer = config.if_contains(name.substr(0, dot));
    if (outer == nullptr || !outer->is_object()) continue;
    const json::value* inner = find_field(outer->get_object(), name.substr(dot + 1));
    if (inner != nullptr) return inner;
  }
  return nullptr;
}

std::string describe(const json::object& config) {
  const std::string text = study::canonical_json(config);
  const std::string_view shown = study::truncate_utf8(text, kMaxShownConfigBytes);
  return study::format("the experiment {}{}", shown, shown.size() < text.size() ? "…" : "");
}

[[noreturn]] void fail_unknown(const RunnerSpec& runner, std::string_view name,
                               const json::object& config) {
  std::vector<std::string> fields;
  study::flatten(config, [&fields](std::string_view key, const json::value& value) {
    if (!value.is_object()) fields.emplace_back(key);
  });
  std::vector<std::string_view> known(kReservedNames.begin(), kReservedNames.end());
  known.insert(known.end(), fields.begin(), fields.end());
  const std::string_view nearest = study::nearest_name(name, known);
  const std::string hint =
      nearest.empty() ? "it" : study::format("did you mean '{{{}}}'? It", nearest);
  std::string reserved;
  for (const std::string_view other : kReservedNames) {
    reserved.append(reserved.empty() ? "" : ", ").append(other);
  }
  refuse_input(
      study::format("{}: unknown placeholder '{{{}}}'; {} is neither a field of {} nor one of {}",
                    runner.where, name, hint, describe(config), reserved));
}

void check_value(const RunnerSpec& runner, std::string_view name, const json::object& config) {
  if (is_reserved(name)) return;
  const json::value* value = find_field(config, name);
  if (value == nullptr) fail_unknown(runner, name, config);
  const auto refuse = [&](std::string_view what) {
    refuse_input(
        study::format("{}: the placeholder '{{{}}}' stands for {}", runner.where, name, what));
  };
  if (value->is_structured()) {
    refuse(study::format("{}, which is no argument, in {}; {{config_file}} hands over everything",
                         value->is_array() ? "a list" : "a mapping", describe(config)));
  }
  if (const json::string* text = value->if_string()) {
    // execve(2) would take what is before it for the whole argument.
    if (text->find('\0') != json::string::npos) {
      refuse("text with a null character in " + describe(config));
    }
  }
}

std::string value_of(std::string_view name, const json::object& config,
                     const PlaceholderValues& values) {
  if (name == "config_file") return values.config_file;
  if (name == "result_file") return values.result_file;
  if (name == "timeseries_file") return values.timeseries_file;
  if (name == "study_file_dir") return values.study_file_dir;
  if (name == "cycle") return std::to_string(values.cycle);
  if (name == "config_hash") return values.config_hash;
  if (name == "slot") return std::to_string(values.slot);
  if (name == "attempt") return std::to_string(values.attempt);
  const json::value* value = find_field(config, name);
  if (value == nullptr) refuse_input(study::format("unknown placeholder '{{{}}}'", name));
  if (const json::string* text = value->if_string()) return {text->data(), text->size()};
  return study::canonical_json(*value);
}

std::string expand(std::string_view text, const json::object& config,
                   const PlaceholderValues& values) {
  std::string expanded;
  for (const TextPiece& piece : split_placeholders(text)) {
    expanded +=
        piece.is_placeholder ? value_of(piece.text, config, values) : std::string(piece.text);
  }
  return expanded;
}

/// All that may have placeholders.
template <class Visit>
void for_each_text(const RunnerSpec& runner, const Visit& visit) {
  for (const std::string& argument : runner.launcher) visit(argument);
  for (const std::string& argument : runner.command) visit(argument);
  for (const auto& variable : runner.environment) visit(variable.second);
}

std::vector<std::string> expand_all(const std::vector<std::string>& arguments,
                                    const json::object& config, const PlaceholderValues& values) {
  std::vector<std::string> out;
  out.reserve(arguments.size());
  for (const std::string& argument : arguments) out.push_back(expand(argument, config, values));
  return out;
}

}  // namespace

RunnerSpec read_runner(const FieldReader& reader) {
  const std::vector<FieldReader> members = reader.members(kRunnerKeys);
  const FieldReader* const command = find_given(members, "command");
  if (command == nullptr) reader.fail("'command' is missing");
  RunnerSpec runner;
  runner.command = read_command(*command, R"(["python3", "bench.py"])");
  if (const FieldReader* launcher = find_given(members, "launcher")) {
    runner.launcher = read_command(*launcher, R"(["srun", "-N1", "-n1", "--exact"])");
  }
  if (const FieldReader* timeout = find_given(members, "timeout_seconds")) {
    runner.timeout = read_timeout(*timeout);
  }
  if (const FieldReader* grace = find_given(members, "grace_seconds")) {
    runner.grace = read_grace(*grace);
  }
  if (const FieldReader* signal = find_given(members, "stop_signal")) {
    runner.stop_signal = read_stop_signal(*signal);
  }
  if (const FieldReader* retries = find_given(members, "retries")) {
    runner.retries = static_cast<int>(retries->integer(0, kMaxRetries));
  }
  if (const FieldReader* environment = find_given(members, "env")) {
    runner.environment = read_environment(*environment);
  }
  if (const FieldReader* directory = find_given(members, "cwd")) {
    runner.directory = directory->system_text();
  }
  runner.where = reader.where();
  return runner;
}

std::string backend_of(const json::object& config, const BackendField& field) {
  const json::value* backend = config.if_contains(field.key);
  if (backend == nullptr || !backend->is_string()) return field.when_absent;
  return {backend->get_string().data(), backend->get_string().size()};
}

const RunnerSpec* find_runner(const Runners& runners, const json::object& config,
                              const BackendField& field) {
  const auto named = [&runners](std::string_view name) {
    const auto found = runners.find(name);
    return found == runners.end() ? nullptr : &found->second;
  };
  const std::string backend = backend_of(config, field);
  if (!backend.empty()) {
    const RunnerSpec* const own = named(backend);
    return own != nullptr ? own : named(kDefaultRunner);
  }
  if (const RunnerSpec* fallback = named(kDefaultRunner)) return fallback;
  return runners.size() == 1 ? &runners.begin()->second : named("pytorch");
}

void check_placeholders(const RunnerSpec& runner, const json::object& config) {
  for_each_text(runner, [&](const std::string& text) {
    for (const TextPiece& piece : split_placeholders(text)) {
      if (piece.is_placeholder) check_value(runner, piece.text, config);
    }
  });
}

std::vector<std::string> expand_command(const RunnerSpec& runner, const json::object& config,
                                        const PlaceholderValues& values) {
  return expand_all(runner.command, config, values);
}

std::vector<std::string> expand_launcher(const RunnerSpec& runner, const json::object& config,
                                         const PlaceholderValues& values) {
  return expand_all(runner.launcher, config, values);
}

const std::vector<std::string>& started_here(const RunnerSpec& runner) {
  return runner.launcher.empty() ? runner.command : runner.launcher;
}

int signal_number(std::string_view name) {
  if (name.starts_with("SIG")) name.remove_prefix(3);
  for (int signal = 1; signal < NSIG; ++signal) {
    const char* const known = ::sigabbrev_np(signal);
    if (known != nullptr && name == known) return signal;
  }
  return 0;
}

std::vector<std::string> expand_environment(const RunnerSpec& runner, const json::object& config,
                                            const PlaceholderValues& values) {
  std::vector<std::string> out;
  for (const auto& [name, value] : runner.environment) {
    out.push_back(name + "=" + expand(value, config, values));
  }
  return out;
}

bool uses_placeholder(const RunnerSpec& runner, std::string_view name) {
  bool is_used = false;
  for_each_text(runner, [&](const std::string& text) {
    const std::vector<TextPiece> pieces = split_placeholders(text);
    is_used = is_used || std::any_of(pieces.begin(), pieces.end(), [name](const TextPiece& piece) {
                return piece.is_placeholder && piece.text == name;
              });
  });
  return is_used;
}

}  // namespace host
