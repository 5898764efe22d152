#include "run/child.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace host {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr bool kSharesMemory = false;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
constexpr bool kSharesMemory = false;
#else
constexpr bool kSharesMemory = true;
#endif
#else
constexpr bool kSharesMemory = true;
#endif

/// False, with errno: it could not be done.
bool set_up_child(const ChildPlan& plan) {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (const int signal : plan.reset_signals) ::sigaction(signal, &action, nullptr);
  if (::setsid() < 0) return false;
  if (plan.dies_with_host && ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  if (plan.dies_with_host && ::getppid() != plan.host)
    ::_exit(1);  // it has died just before it would have mattered
  if (plan.mark != nullptr) ::setrlimit(RLIMIT_RTTIME, plan.mark);
  if (plan.directory != nullptr && ::chdir(plan.directory) != 0) return false;
  const int in = plan.in >= 0 ? plan.in : ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  return in >= 0 && ::dup2(in, STDIN_FILENO) >= 0 && ::dup2(plan.out, STDOUT_FILENO) >= 0 &&
         ::dup2(plan.err, STDERR_FILENO) >= 0 &&
         // Last, since `in` may be beyond it.
         (plan.open_files == nullptr || ::setrlimit(RLIMIT_NOFILE, plan.open_files) == 0);
}

/// Returns, with errno, if no candidate could be executed. As execvp(3), one that may not be
/// executed is passed over, but counts if there is no other.
void execute(const ChildPlan& plan) {
  bool is_forbidden = false;
  for (int i = 0; plan.candidates[i] != nullptr; ++i) {
    plan.report.note_try(i);
    ::execve(plan.candidates[i], plan.arguments, plan.environment);
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
  plan.report.note_failure(errno);
  ::_exit(127);
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

}  // namespace

Pipe make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category());
  return {study::UniqueFd(fds[0]), study::UniqueFd(fds[1])};
}

StartReport::StartReport() {
  if (!kSharesMemory) pipe_ = make_pipe();
}

void StartReport::note_failure(int error_number) {
  error_number_ = error_number;
  if (kSharesMemory) return;
  if (::write(pipe_.write_end.get(), &error_number, sizeof error_number) < 0) ::_exit(126);
}

int StartReport::read_failure() {
  if (kSharesMemory) return error_number_;
  pipe_.write_end.reset();
  int error_number = 0;
  const ssize_t size = study::retry_if_interrupted(
      [&] { return ::read(pipe_.read_end.get(), &error_number, sizeof error_number); });
  return size == sizeof error_number ? error_number : 0;
}

/// posix_spawn(3), which can't make the child die with its parent, costs the same; a fork would
/// copy the page tables of a host with a large study.
pid_t start_child(const ChildPlan& plan) {
  const BlockedSignals blocked;
  // NOLINTBEGIN(clang-analyzer-security.insecureAPI.vfork, clang-analyzer-unix.Vfork): see above;
  // the child calls only what is safe there, and returns nowhere
  const pid_t pid = ::vfork();
  if (pid == 0) become(plan);
  // NOLINTEND(clang-analyzer-security.insecureAPI.vfork, clang-analyzer-unix.Vfork)
  return pid;
}

}  // namespace host
