#include "run/spawn.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace host {
namespace {

namespace fs = std::filesystem;

constexpr rlim_t kFilesPerJob = 3;
/// The standard streams, the study's log and lock, the event loop's, the observers', and what is
/// open for a moment: a result, three pipes of an experiment that starts.
constexpr rlim_t kOwnFiles = 64;

/// What the limit of open files was before it was raised; empty if it wasn't.
std::optional<rlimit>& inherited_open_files() {
  static std::optional<rlimit> limit;
  return limit;
}

/// As glibc's `confstr(_CS_PATH)`.
constexpr std::string_view kDefaultPath = "/bin:/usr/bin";
/// As much of a script's first line as the kernel looks at (BINPRM_BUF_SIZE of linux/binfmts.h).
constexpr std::size_t kFirstLineBytes = 256;

bool is_path(const std::string& program) {
  return program.find('/') != std::string::npos;
}

std::string first_line(const fs::path& file) {
  std::string text(kFirstLineBytes, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text.substr(0, text.find('\n'));
}

/// Of a file that is there and can't be executed because another one isn't.
std::string missing_interpreter(const fs::path& file) {
  std::string line = first_line(file);
  if (!line.starts_with("#!")) {
    return file.string() +
           " is there, but not the dynamic loader that it needs: is it for this "
           "system?";
  }
  const bool has_carriage_return = line.ends_with('\r');
  line.erase(0, std::min(line.find_first_not_of(" \t", 2), line.size()));
  const std::string interpreter = line.substr(0, line.find_first_of(" \t"));
  return "the interpreter in the first line of " + file.string() + " was not found: '" +
         study::visible(interpreter) + "'" +
         (has_carriage_return ? "; its lines end in CR LF" : "");
}

/// The paths that `program` may have, in the order in which they are to be tried: itself if there
/// is a `/` in it, else one in each directory of the host's PATH, an empty one standing for the
/// current directory. As execvp(3), without its `/bin/sh` for a file that the kernel can't execute.
std::vector<std::string> program_candidates(const std::string& program) {
  if (is_path(program)) return {program};
  const char* const variable = std::getenv("PATH");
  std::string_view path = variable != nullptr ? std::string_view(variable) : kDefaultPath;
  std::vector<std::string> candidates;
  while (true) {
    const std::size_t colon = path.find(':');
    const std::string folder(path.substr(0, colon));
    candidates.push_back((folder.empty() ? "." : folder) + "/" + program);
    if (colon == std::string_view::npos) return candidates;
    path.remove_prefix(colon + 1);
  }
}

/// What execve(2) has failed with for all `candidates` of `program`, in words that tell what to do:
/// the kernel says "No such file or directory" also where only a script's interpreter is missing.
std::string execution_problem(const std::string& program,
                              const std::vector<std::string>& candidates, int error_number) {
  std::string reason = std::generic_category().message(error_number);
  if (error_number == ENOEXEC) {
    return reason + "; is it for this machine, and if it is a script, does it begin with #!?";
  }
  if (error_number != ENOENT) return reason;
  std::error_code ignored;
  const auto there = std::find_if(candidates.begin(), candidates.end(), [&](const auto& file) {
    return fs::is_regular_file(file, ignored);
  });
  if (there != candidates.end()) return missing_interpreter(*there);
  if (!is_path(program) || program.starts_with('/')) return reason;
  return reason + "; the path is relative to the directory where study-host runs, " +
         fs::current_path(ignored).string() + "; {study_file_dir}/… is relative to the study file";
}

struct Pipe {
  study::UniqueFd read_end;
  study::UniqueFd write_end;
};

[[noreturn]] void fail(const std::string& program, int error_number, const std::string& reason) {
  throw SpawnError("cannot start `" + program + "`: " + reason, error_number);
}

[[noreturn]] void fail(const std::string& program, int error_number) {
  fail(program, error_number, std::generic_category().message(error_number));
}

Pipe make_blocking_pipe(const std::string& program) {
  int fds[2];
  // Close-on-exec, or a child started a moment later would hold this one's pipe open.
  if (::pipe2(fds, O_CLOEXEC) != 0) fail(program, errno);
  return {study::UniqueFd(fds[0]), study::UniqueFd(fds[1])};
}

Pipe make_pipe(const std::string& program) {
  Pipe pipe = make_blocking_pipe(program);
  // Only our end: O_NONBLOCK belongs to the open file, and programs expect a blocking stdout.
  if (::fcntl(pipe.read_end.get(), F_SETFL, O_NONBLOCK) != 0) fail(program, errno);
  return pipe;
}

/// All that the child needs, made before it exists: it borrows the host's memory until it executes
/// its program, and may do nothing but system calls.
struct ChildPlan {
  const char* const* candidates;  ///< the program's paths, ended by a null pointer
  char* const* arguments;
  char* const* environment;
  int out;
  int err;
  const rlimit* open_files;  ///< null: as the host's
  pid_t host;
  int failure;  ///< where the number of an error goes; closed by exec(3)
};

/// False, with errno: it could not be done.
bool set_up_child(const ChildPlan& plan) {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &action, nullptr);
  if (::setpgid(0, 0) != 0 || ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  if (::getppid() != plan.host) ::_exit(1);  // it has died just before it would have mattered
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  return nothing >= 0 && ::dup2(nothing, STDIN_FILENO) >= 0 &&
         ::dup2(plan.out, STDOUT_FILENO) >= 0 && ::dup2(plan.err, STDERR_FILENO) >= 0 &&
         // Last, since `nothing` may be beyond it.
         (plan.open_files == nullptr || ::setrlimit(RLIMIT_NOFILE, plan.open_files) == 0);
}

/// Returns, with errno, if no candidate could be executed. As execvp(3), one that may not be
/// executed is passed over, but counts if there is no other.
void execute(const ChildPlan& plan) {
  bool is_forbidden = false;
  for (const char* const* path = plan.candidates; *path != nullptr; ++path) {
    ::execve(*path, plan.arguments, plan.environment);
    if (errno == EACCES) {
      is_forbidden = true;
    } else if (errno != ENOENT && errno != ENOTDIR && errno != ESTALE && errno != ENODEV &&
               errno != ETIMEDOUT) {
      return;
    }
  }
  if (is_forbidden) errno = EACCES;
}

[[noreturn]] void become(const ChildPlan& plan) {
  if (set_up_child(plan)) {
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    execute(plan);
  }
  const int error_number = errno;
  const ssize_t told = ::write(plan.failure, &error_number, sizeof error_number);
  ::_exit(told < 0 ? 126 : 127);
}

/// A handler of the host must not run in the child, which would run it in the host's memory.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

/// posix_spawn(3), which can't make the child die with its parent, costs the same; a fork would
/// copy the page tables of a host with a large study.
pid_t start(const ChildPlan& plan) {
  const BlockedSignals blocked;
  // NOLINTBEGIN(clang-analyzer-security.insecureAPI.vfork, clang-analyzer-unix.Vfork): see above;
  // the child calls only what is safe there, and returns nowhere
  const pid_t pid = ::vfork();
  if (pid == 0) become(plan);
  // NOLINTEND(clang-analyzer-security.insecureAPI.vfork, clang-analyzer-unix.Vfork)
  return pid;
}

/// Returns when the program runs, with 0, or else the number of the error. A pipe tells it rather
/// than the memory that vfork(2) shares: under the thread sanitizer it is a fork.
int read_failure(const study::UniqueFd& pipe) {
  int error_number = 0;
  const ssize_t size = study::retry_if_interrupted(
      [&] { return ::read(pipe.get(), &error_number, sizeof error_number); });
  return size == sizeof error_number ? error_number : 0;
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

bool is_shortage(const std::error_code& code) {
  return code == std::errc::too_many_files_open ||
         code == std::errc::too_many_files_open_in_system ||
         code == std::errc::resource_unavailable_try_again;
}

SpawnedProcess spawn(const std::vector<std::string>& command, const Environment& environment) {
  if (command.empty() || command.front().empty()) {
    throw SpawnError("the command is empty", EINVAL);
  }
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));  // exec(3) does not write to them
  }
  arguments.push_back(nullptr);
  const std::vector<std::string> candidates = program_candidates(command.front());
  std::vector<const char*> paths;
  paths.reserve(candidates.size() + 1);
  for (const std::string& candidate : candidates) paths.push_back(candidate.c_str());
  paths.push_back(nullptr);
  const auto& open_files = inherited_open_files();

  Pipe out = make_pipe(command.front());
  Pipe err = make_pipe(command.front());
  Pipe failure = make_blocking_pipe(command.front());
  const pid_t pid = start({.candidates = paths.data(),
                           .arguments = arguments.data(),
                           .environment = environment.get(),
                           .out = out.write_end.get(),
                           .err = err.write_end.get(),
                           .open_files = open_files ? &*open_files : nullptr,
                           .host = ::getpid(),
                           .failure = failure.write_end.get()});
  if (pid < 0) fail(command.front(), errno);
  failure.write_end.reset();
  if (const int error_number = read_failure(failure.read_end); error_number != 0) {
    study::retry_if_interrupted([pid] { return ::waitpid(pid, nullptr, 0); });
    fail(command.front(), error_number,
         execution_problem(command.front(), candidates, error_number));
  }
  return {pid, std::move(out.read_end), std::move(err.read_end)};
}

void raise_open_files_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) inherited_open_files() = limit;
}

int jobs_within_open_files_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<int>::max();
  const rlim_t left = limit.rlim_cur - std::min(limit.rlim_cur, kOwnFiles);
  return static_cast<int>(std::clamp<rlim_t>(left / kFilesPerJob, 1, 1'000'000));
}

}  // namespace host
