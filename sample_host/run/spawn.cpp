#include "run/spawn.hpp"

#include "plan/program_search.hpp"

#include <algorithm>
#include <cerrno>
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

constexpr rlim_t kFilesPerJob = 3;
/// The standard streams, the study's log and lock, the event loop's, the observers', and what is
/// open for a moment: a result, three pipes of an experiment that starts.
constexpr rlim_t kOwnFiles = 64;

/// What the limit of open files was before it was raised; empty if it wasn't.
std::optional<rlimit>& inherited_open_files() {
  static std::optional<rlimit> limit;
  return limit;
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
  const char* directory;     ///< where it runs; null: where the host does
  const rlimit* open_files;  ///< null: as the host's
  const rlimit* mark;        ///< RLIMIT_RTTIME; null: as the host's
  pid_t host;
  int failure;  ///< where the number of an error goes; closed by exec(3)
};

/// False, with errno: it could not be done.
bool set_up_child(const ChildPlan& plan) {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &action, nullptr);
  if (::setsid() < 0 || ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  if (::getppid() != plan.host) ::_exit(1);  // it has died just before it would have mattered
  if (plan.mark != nullptr) ::setrlimit(RLIMIT_RTTIME, plan.mark);
  if (plan.directory != nullptr && ::chdir(plan.directory) != 0) return false;
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

/// Of a child that could not become its program. A directory that isn't there is told apart.
std::string start_problem(const std::string& program, const std::vector<std::string>& candidates,
                          const std::filesystem::path& directory, int error_number) {
  std::error_code error;
  if (!directory.empty() && !std::filesystem::is_directory(directory, error)) {
    return "the directory where it is to run, " + directory.string() + ", is not there";
  }
  return execution_problem(program, candidates, directory, error_number);
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
                     const std::filesystem::path& directory, std::uint64_t mark) {
  if (command.empty() || command.front().empty()) {
    throw SpawnError("the command is empty", EINVAL);
  }
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));  // exec(3) does not write to them
  }
  arguments.push_back(nullptr);
  const std::vector<std::string> candidates =
      program_candidates(command.front(), environment.value("PATH"));
  std::vector<const char*> paths;
  paths.reserve(candidates.size() + 1);
  for (const std::string& candidate : candidates) paths.push_back(candidate.c_str());
  paths.push_back(nullptr);
  const auto& open_files = inherited_open_files();
  rlimit marked{};
  const bool is_marked =
      mark != 0 && ::getrlimit(RLIMIT_RTTIME, &marked) == 0 && marked.rlim_max >= mark;
  marked.rlim_cur = mark;

  Pipe out = make_pipe(command.front());
  Pipe err = make_pipe(command.front());
  Pipe failure = make_blocking_pipe(command.front());
  const pid_t pid = start({.candidates = paths.data(),
                           .arguments = arguments.data(),
                           .environment = environment.get(),
                           .out = out.write_end.get(),
                           .err = err.write_end.get(),
                           .directory = directory.empty() ? nullptr : directory.c_str(),
                           .open_files = open_files ? &*open_files : nullptr,
                           .mark = is_marked ? &marked : nullptr,
                           .host = ::getpid(),
                           .failure = failure.write_end.get()});
  if (pid < 0) fail(command.front(), errno);
  failure.write_end.reset();
  if (const int error_number = read_failure(failure.read_end); error_number != 0) {
    study::retry_if_interrupted([pid] { return ::waitpid(pid, nullptr, 0); });
    fail(command.front(), error_number,
         start_problem(command.front(), candidates, directory, error_number));
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
