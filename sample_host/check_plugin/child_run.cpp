#include "check_plugin/child_run.hpp"

#include "console.hpp"
#include "failure.hpp"
#include "seconds_text.hpp"
#include "unique_fd.hpp"

#include <study/error.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <new>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace plugin_check {
namespace {

using study_host::seconds_text;
using study_host::signal_name;
using study_host::UniqueFd;
using study_host::visible;

using Clock = std::chrono::steady_clock;

enum class Ending : int { none, pass, fail, skip };

/// A text in memory that outlives the child.
template <std::size_t capacity>
struct SharedText {
  char bytes[capacity];
  std::size_t size;

  void assign(std::string_view text) {
    text = text.substr(0, std::min(capacity, text.size()));
    std::memcpy(bytes, text.data(), text.size());
    size = text.size();
  }
  [[nodiscard]] std::string text() const {
    return study::to_valid_utf8(std::string_view(bytes, std::min(size, capacity)));
  }
};

/// What the child leaves behind. Its own process may write rubbish here, so nothing is believed
/// that could harm.
struct Testament {
  Ending ending;
  SharedText<256> step;
  SharedText<8192> text;
};

class SharedTestament {
 public:
  SharedTestament()
      : memory_(::mmap(nullptr, sizeof(Testament), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    if (memory_ == MAP_FAILED) throw study::FileError("mmap", errno);
    new (memory_) Testament{};
  }
  SharedTestament(const SharedTestament&) = delete;
  SharedTestament& operator=(const SharedTestament&) = delete;
  ~SharedTestament() { ::munmap(memory_, sizeof(Testament)); }

  [[nodiscard]] Testament& get() const { return *static_cast<Testament*>(memory_); }

 private:
  void* memory_;
};

/// A session of its own, so that a Ctrl-C reaches the parent alone and all that the plugin starts
/// can be ended at once; and nothing of a crash but its signal.
void become_child(int output, pid_t parent) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPIPE}) {
    ::signal(signal, signal == SIGPIPE ? SIG_IGN : SIG_DFL);
  }
  const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ::dup2(nothing.get(), STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
}

void work_and_tell(const std::function<std::string(const StepFunction&)>& work,
                   Testament& testament) {
  const auto tell = [&](Ending ending, std::string_view text) {
    testament.text.assign(text);
    testament.ending = ending;
  };
  try {
    const std::string remark = work([&](std::string_view step) { testament.step.assign(step); });
    tell(Ending::pass, remark);
  } catch (const CaseSkipped& skipped) {
    tell(Ending::skip, skipped.what());
  } catch (const std::exception& error) {
    tell(Ending::fail, error.what());
  } catch (...) {
    tell(Ending::fail, "something that is no std::exception came out of it");
  }
}

/// Whether the process has ended in time. It is reaped by the caller.
bool wait_for_end(pid_t child, std::chrono::milliseconds limit) {
  // glibc 2.36 declares pidfd_open(2) without extern "C".
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  if (!pidfd) throw study::FileError("pidfd_open", errno);
  const Clock::time_point end = Clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    pollfd ended{pidfd.get(), POLLIN, 0};
    const int ready = ::poll(&ended, 1, static_cast<int>(std::max<long>(0, left.count())));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) throw study::FileError("poll", errno);
  }
}

/// The last line of what the child printed, such as the message of an assertion.
std::string last_words(int output) {
  char bytes[4096];
  const off_t end = ::lseek(output, 0, SEEK_END);
  const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(sizeof bytes));
  const ssize_t size = ::pread(output, bytes, sizeof bytes, begin);
  if (size <= 0) return {};
  std::string_view text(bytes, static_cast<std::size_t>(size));
  text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  text = text.substr(text.rfind('\n') + 1);  // npos + 1 is 0
  return text.empty() ? std::string() : "; it printed: " + visible(text);
}

CaseResult judge(const Testament& testament, bool in_time, int status, int output,
                 std::chrono::milliseconds limit) {
  const std::string step = testament.step.text();
  const std::string where = step.empty() ? "" : " in " + step;
  if (!in_time) return {Verdict::fail, "no answer within " + seconds_text(limit) + where};
  if (WIFSIGNALED(status)) {
    return {Verdict::fail, "died of " + signal_name(WTERMSIG(status)) + where + last_words(output)};
  }
  switch (testament.ending) {
    case Ending::pass:
      return {Verdict::pass, testament.text.text()};
    case Ending::skip:
      return {Verdict::skip, testament.text.text()};
    case Ending::fail:
      return {Verdict::fail, testament.text.text()};
    case Ending::none:
      break;
  }
  return {Verdict::fail, "ended the host's process with exit code " +
                             std::to_string(WEXITSTATUS(status)) + where + last_words(output)};
}

}  // namespace

CaseResult run_in_child(const std::function<std::string(const StepFunction& step)>& work,
                        std::chrono::milliseconds limit) {
  const SharedTestament shared;
  const UniqueFd output(::memfd_create("output", MFD_CLOEXEC));
  const Clock::time_point begin = Clock::now();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw study::StudyError(std::string("fork: ") + std::strerror(errno));
  if (child == 0) {
    become_child(output.get(), parent);
    work_and_tell(work, shared.get());
    ::_exit(0);
  }
  const bool in_time = wait_for_end(child, limit);
  ::kill(-child, SIGKILL);  // all that is left of its session's first group
  if (!in_time) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  CaseResult result = judge(shared.get(), in_time, status, output.get(), limit);
  result.duration = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  return result;
}

}  // namespace plugin_check
