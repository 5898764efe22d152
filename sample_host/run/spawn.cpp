#include "run/spawn.hpp"

#include "plan/program_search.hpp"
#include "run/child.hpp"
#include "run/open_files.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace host {
namespace {

[[noreturn]] void fail(const std::string& program, int error_number, const std::string& reason) {
  throw SpawnError("cannot start `" + program + "`: " + reason, error_number);
}

[[noreturn]] void fail(const std::string& program, int error_number) {
  fail(program, error_number, std::generic_category().message(error_number));
}

/// Those that a child would not begin with as it should: execve(2) makes only the caught ones
/// default, and a handler of the host must not run in a child that hasn't come so far, in the
/// host's memory. Looked for once: a system call for each signal and each child is what `true`
/// takes for a fiftieth of its time.
const std::vector<int>& signals_to_reset() {
  static const std::vector<int> signals = [] {
    std::vector<int> changed;
    for (int signal = 1; signal < NSIG; ++signal) {
      struct sigaction action {};
      const bool is_known = ::sigaction(signal, nullptr, &action) == 0;
      if (is_known && action.sa_handler != SIG_DFL) changed.push_back(signal);
    }
    return changed;
  }();
  return signals;
}

/// The hard limit of what `process_mark` tells.
rlim_t most_mark() {
  static const rlim_t most = [] {
    rlimit limit{};
    return ::getrlimit(RLIMIT_RTTIME, &limit) == 0 ? limit.rlim_max : 0;
  }();
  return most;
}

/// Where a program may be, and where it last was, as a shell remembers it.
class ProgramPaths {
 public:
  explicit ProgramPaths(std::vector<std::string> candidates) : candidates_(std::move(candidates)) {
    paths_.reserve(candidates_.size() + 2);
    paths_.push_back(candidates_.front().c_str());
    for (const std::string& candidate : candidates_) paths_.push_back(candidate.c_str());
    paths_.push_back(nullptr);
  }
  ProgramPaths(const ProgramPaths&) = delete;
  ProgramPaths& operator=(const ProgramPaths&) = delete;
  ~ProgramPaths() = default;

  /// That where it last was, then the candidates, then a null pointer.
  [[nodiscard]] const char* const* get() const { return paths_.data(); }
  [[nodiscard]] const std::vector<std::string>& candidates() const { return candidates_; }
  void note_found(int index) {
    if (index > 0) paths_.front() = paths_[static_cast<std::size_t>(index)];
  }

 private:
  std::vector<std::string> candidates_;
  std::vector<const char*> paths_;
};

/// They are made once for each program that a study has.
ProgramPaths& paths_of(const std::string& program, std::optional<std::string_view> path,
                       const std::filesystem::path& directory) {
  static std::map<std::string, ProgramPaths> known;
  std::string key = program + '\0' + directory.native();
  if (path) key.append(1, '\0').append(*path);
  const auto found = known.find(key);
  if (found != known.end()) return found->second;
  return known.try_emplace(std::move(key), program_candidates(program, path)).first->second;
}

struct Channels {
  explicit Channels(bool has_line) {
    if (has_line) line = make_pipe();
  }
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  Pipe line;
  StartReport report;
};

Channels make_channels(const std::string& program, bool has_line) {
  try {
    return Channels(has_line);
  } catch (const std::system_error& error) {
    fail(program, error.code().value());
  }
}

/// Of a child that could not become its program. A directory that isn't there is told apart.
std::string start_problem(const std::string& program, const std::vector<std::string>& candidates,
                          const std::filesystem::path& directory, int error_number) {
  std::error_code error;
  if (!directory.empty() && !std::filesystem::is_directory(directory, error)) {
    return "the directory where it is to run, " + directory.string() + ", is not there";
  }
  return execution_problem(program, candidates, directory, error_number);
}

}  // namespace

Environment::Environment(std::vector<std::string> variables) : variables_(std::move(variables)) {
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const std::string_view name = text.substr(0, text.find('=') + 1);
    const bool is_set_anew =
        std::any_of(variables_.begin(), variables_.end(),
                    [&](const std::string& other) { return other.starts_with(name); });
    if (!is_set_anew) pointers_.push_back(*variable);
  }
  for (std::string& variable : variables_) pointers_.push_back(variable.data());
  pointers_.push_back(nullptr);
}

std::optional<std::string_view> Environment::value(std::string_view name) const {
  for (const char* const variable : pointers_) {
    const std::string_view text(variable == nullptr ? "" : variable);
    if (text.size() > name.size() && text.starts_with(name) && text[name.size()] == '=') {
      return text.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

bool is_shortage(const std::error_code& code) {
  return code == std::errc::too_many_files_open ||
         code == std::errc::too_many_files_open_in_system ||
         code == std::errc::resource_unavailable_try_again;
}

SpawnedProcess spawn(const std::vector<std::string>& command, const Environment& environment,
                     const std::filesystem::path& directory, std::uint64_t mark, bool has_line) {
  if (command.empty() || command.front().empty()) {
    throw SpawnError("the command is empty", EINVAL);
  }
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));  // exec(3) does not write to them
  }
  arguments.push_back(nullptr);
  ProgramPaths& paths = paths_of(command.front(), environment.value("PATH"), directory);
  const rlimit marked{mark, most_mark()};
  Channels channels = make_channels(command.front(), has_line);
  const pid_t pid = start_child({.candidates = paths.get(),
                                 .arguments = arguments.data(),
                                 .environment = environment.get(),
                                 .in = channels.line.read_end.get(),
                                 .out = channels.out.write_end.get(),
                                 .err = channels.err.write_end.get(),
                                 .directory = directory.empty() ? nullptr : directory.c_str(),
                                 .open_files = inherited_open_files_limit(),
                                 .mark = mark != 0 && mark <= marked.rlim_max ? &marked : nullptr,
                                 .reset_signals = signals_to_reset(),
                                 .host = ::getpid(),
                                 .dies_with_host = !has_line,
                                 .report = channels.report});
  if (pid < 0) fail(command.front(), errno);
  if (const int error_number = channels.report.read_failure(); error_number != 0) {
    study::retry_if_interrupted([pid] { return ::waitpid(pid, nullptr, 0); });
    fail(command.front(), error_number,
         start_problem(command.front(), paths.candidates(), directory, error_number));
  }
  paths.note_found(channels.report.candidate());
  return {pid, std::move(channels.out.read_end), std::move(channels.err.read_end),
          std::move(channels.line.write_end)};
}

}  // namespace host
