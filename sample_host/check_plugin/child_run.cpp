#include "check_plugin/child_run.hpp"

#include "check_plugin/output_tail.hpp"
#include "input/input_error.hpp"
#include "run/failure.hpp"
#include "terminal/seconds_text.hpp"

#include <study/error.hpp>
#include <study/posix.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iterator>
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

using host::seconds_text;
using host::signal_name;
using host::visible;
using study::UniqueFd;

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
  const study::UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ::dup2(nothing.get(), STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
}

void work_and_tell(const ChildRunner::Work& work, Testament& testament) {
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

[[noreturn]] void end_child(Testament& testament, ChildEnd end) {
  if (end == ChildEnd::at_once || testament.ending != Ending::pass) ::_exit(0);
  testament.step.assign("exit");
  std::exit(0);
}

enum class Waited { ended, too_long, interrupted };

/// The child is reaped by the caller.
Waited wait_for_end(pid_t child, std::chrono::milliseconds limit, OutputTail& output,
                    const StopSignals& stop) {
  // glibc 2.36 declares pidfd_open(2) without extern "C".
  const study::UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  if (!pidfd) throw study::FileError("pidfd_open", errno);
  const Clock::time_point end = Clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd watched[] = {
        {pidfd.get(), POLLIN, 0}, {stop.descriptor(), POLLIN, 0}, {output.descriptor(), POLLIN, 0}};
    const int ready =
        ::poll(watched, std::size(watched), static_cast<int>(std::max<long>(0, left)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) throw study::FileError("poll", errno);
    if (watched[1].revents != 0) return Waited::interrupted;
    if (watched[0].revents != 0) return Waited::ended;
    if (left <= 0) return Waited::too_long;  // also of one that prints all the time
    if (watched[2].revents != 0) output.take();
  }
}

/// Such as the message of an assertion.
std::string last_words(const OutputTail& output) {
  const std::string line = output.last_line();
  return line.empty() ? std::string() : "; it printed: " + visible(line);
}

std::string where_in(const Testament& testament) {
  const std::string step = testament.step.text();
  return step.empty() ? "" : " in " + step;
}

CaseResult late(const Testament& testament, std::chrono::milliseconds limit) {
  return {Verdict::fail, "no answer within " + seconds_text(limit) + where_in(testament)};
}

CaseResult judge(const Testament& testament, int status, const OutputTail& output) {
  const std::string where = where_in(testament);
  if (WIFSIGNALED(status)) {
    return {Verdict::fail, "died of " + signal_name(WTERMSIG(status)) + where + last_words(output)};
  }
  if (testament.ending == Ending::none || WEXITSTATUS(status) != 0) {
    return {Verdict::fail, "ended the host's process with exit code " +
                               std::to_string(WEXITSTATUS(status)) + where + last_words(output)};
  }
  const Verdict verdict = testament.ending == Ending::pass   ? Verdict::pass
                          : testament.ending == Ending::skip ? Verdict::skip
                                                             : Verdict::fail;
  return {verdict, testament.text.text()};
}

}  // namespace

CaseResult ChildRunner::run(const Work& work, std::chrono::milliseconds limit, ChildEnd end) const {
  const SharedTestament shared;
  OutputTail output;
  // Or the child, too, would print what stands in the buffers, and it would pass for the plugin's.
  std::fflush(nullptr);
  const Clock::time_point begin = Clock::now();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw study::StudyError(std::string("fork: ") + std::strerror(errno));
  if (child == 0) {
    stop_.release_in_child();
    become_child(output.input(), parent);
    work_and_tell(work, shared.get());
    end_child(shared.get(), end);
  }
  output.close_input();
  const Waited waited = wait_for_end(child, limit, output, stop_);
  ::kill(-child, SIGKILL);  // its first group at once, before one of it can start another
  ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  leftovers_.end();
  if (waited == Waited::interrupted) throw Interrupted(stop_.take());
  output.take();
  CaseResult result =
      waited == Waited::ended ? judge(shared.get(), status, output) : late(shared.get(), limit);
  result.duration = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  return result;
}

}  // namespace plugin_check
