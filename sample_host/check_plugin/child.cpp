#include "check_plugin/child.hpp"

#include "base/format.hpp"
#include "check_plugin/child_output.hpp"
#include "run/failure.hpp"
#include "terminal/durations.hpp"

#include <study/error.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>
#include <new>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace host {
namespace {

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
struct ChildReport {
  Ending ending;
  SharedText<256> step;
  SharedText<8192> text;
};

class SharedReport {
 public:
  SharedReport()
      : memory_(::mmap(nullptr, sizeof(ChildReport), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    if (memory_ == MAP_FAILED) throw study::FileError("mmap", errno);
    new (memory_) ChildReport{};
  }
  SharedReport(const SharedReport&) = delete;
  SharedReport& operator=(const SharedReport&) = delete;
  ~SharedReport() { ::munmap(memory_, sizeof(ChildReport)); }

  [[nodiscard]] ChildReport& get() const { return *static_cast<ChildReport*>(memory_); }

 private:
  void* memory_;
};

/// A session of its own, so that a Ctrl-C reaches the parent alone and all that the plugin starts
/// can be ended at once; and nothing of a crash but its signal.
void become_child(const ChildOutput& output, pid_t parent) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPIPE}) {
    ::signal(signal, signal == SIGPIPE ? SIG_IGN : SIG_DFL);
  }
  const study::UniqueFd nothing = study::open_file("/dev/null", O_RDONLY);
  ::dup2(nothing.get(), STDIN_FILENO);
  ::dup2(output.out.input(), STDOUT_FILENO);
  ::dup2(output.err.input(), STDERR_FILENO);
}

void work_and_tell(const ChildRunner::Work& work, ChildReport& report) {
  const auto tell = [&](Ending ending, std::string_view text) {
    report.text.assign(text);
    report.ending = ending;
  };
  try {
    const std::string remark = work([&](std::string_view step) { report.step.assign(step); });
    tell(Ending::pass, remark);
  } catch (const CaseSkipped& skipped) {
    tell(Ending::skip, skipped.what());
  } catch (const std::exception& error) {
    tell(Ending::fail, error.what());
  } catch (...) {
    tell(Ending::fail, "something that is no std::exception came out of it");
  }
}

[[noreturn]] void end_child(ChildReport& report, ChildEnd end) {
  if (end == ChildEnd::at_once || report.ending != Ending::pass) ::_exit(0);
  report.step.assign("exit");
  std::exit(0);
}

enum class Waited { ended, too_long, interrupted };

/// The child is reaped by the caller.
Waited wait_for_end(pid_t child, std::chrono::milliseconds limit, ChildOutput& output,
                    const StopSignals& stop) {
  // glibc 2.36 declares pidfd_open(2) without extern "C".
  const study::UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  if (!pidfd) throw study::FileError("pidfd_open", errno);
  const Clock::time_point end = Clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd watched[] = {{pidfd.get(), POLLIN, 0},
                        {stop.descriptor(), POLLIN, 0},
                        {output.out.descriptor(), POLLIN, 0},
                        {output.err.descriptor(), POLLIN, 0}};
    const int wait_ms = static_cast<int>(std::max<long>(0, left));
    if (::poll(watched, std::size(watched), wait_ms) < 0) {
      if (errno == EINTR) continue;
      throw study::FileError("poll", errno);
    }
    if (watched[1].revents != 0) return Waited::interrupted;
    if (watched[0].revents != 0) return Waited::ended;
    if (left <= 0) return Waited::too_long;  // also of one that prints all the time
    if (watched[2].revents != 0) output.out.take();
    if (watched[3].revents != 0) output.err.take();
  }
}

/// Such as the message of an assertion.
std::string last_words(const ChildOutput& output) {
  std::string line = output.err.last_line();
  if (line.empty()) line = output.out.last_line();
  return line.empty() ? std::string() : "; it printed: " + study::visible(line);
}

std::string where_in(const ChildReport& report) {
  const std::string step = report.step.text();
  return step.empty() ? "" : " in " + step;
}

CaseResult judge(const ChildReport& report, int status, const ChildOutput& output, ChildEnd end) {
  const std::string where = where_in(report);
  if (WIFSIGNALED(status)) {
    return {Verdict::fail, "died of " + signal_name(WTERMSIG(status)) + where + last_words(output)};
  }
  if (report.ending == Ending::none || WEXITSTATUS(status) != 0) {
    return {Verdict::fail, study::format("ended the host's process with exit code {}{}{}",
                                         WEXITSTATUS(status), where, last_words(output))};
  }
  if (end == ChildEnd::silent && report.ending == Ending::pass && !output.out.is_empty()) {
    return {Verdict::fail, study::format("it printed `{}`; the log is for what it has to say",
                                         study::visible(output.out.last_line()))};
  }
  const Verdict verdict = report.ending == Ending::pass   ? Verdict::pass
                          : report.ending == Ending::skip ? Verdict::skip
                                                          : Verdict::fail;
  return {verdict, report.text.text()};
}

/// Ending one leaves its own children over, so that a chain takes a round for each link. One that
/// starts others faster than they are ended is given up.
constexpr int kMaxRounds = 1000;

std::vector<pid_t> children() {
  const std::string self = std::to_string(::getpid());
  std::ifstream file("/proc/" + self + "/task/" + self + "/children");
  std::vector<pid_t> result;
  for (pid_t child = 0; file >> child;) result.push_back(child);
  return result;
}

}  // namespace

CaseResult ChildRunner::run(const Work& work, std::chrono::milliseconds limit, ChildEnd end) const {
  const SharedReport shared;
  ChildOutput output;
  // Or the child, too, would print what stands in the buffers, and it would pass for the plugin's.
  std::fflush(nullptr);
  const Clock::time_point begin = Clock::now();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw study::StudyError(std::string("fork: ") + std::strerror(errno));
  if (child == 0) {
    stop_.release_in_child();
    become_child(output, parent);
    work_and_tell(work, shared.get());
    end_child(shared.get(), end);
  }
  output.out.close_input();
  output.err.close_input();
  const Waited waited = wait_for_end(child, limit, output, stop_);
  ::kill(-child, SIGKILL);  // its first group at once, before one of it can start another
  ::kill(child, SIGKILL);
  int status = 0;
  study::retry_if_interrupted([&] { return ::waitpid(child, &status, 0); });
  leftovers_.end();
  if (waited == Waited::interrupted) throw Interrupted(stop_.take());
  output.take();
  CaseResult result{Verdict::fail,
                    "no answer within " + limit_text(limit) + where_in(shared.get())};
  if (waited == Waited::ended) result = judge(shared.get(), status, output, end);
  result.duration = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  return result;
}

LeftoverProcesses::LeftoverProcesses() {
  if (::prctl(PR_GET_CHILD_SUBREAPER, &was_subreaper_) != 0 ||
      ::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    throw study::FileError("prctl PR_SET_CHILD_SUBREAPER", errno);
  }
}

LeftoverProcesses::~LeftoverProcesses() {
  ::prctl(PR_SET_CHILD_SUBREAPER, was_subreaper_);
}

void LeftoverProcesses::end() const {
  bool found = true;
  for (int round = 0; found && round < kMaxRounds; ++round) {
    found = false;
    for (const pid_t child : children()) {
      if (::kill(child, SIGKILL) != 0) continue;
      found = true;
      study::retry_if_interrupted([&] { return ::waitpid(child, nullptr, 0); });
    }
  }
}

StopSignals::StopSignals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    ::sigaction(signal, nullptr, &action);
    if (action.sa_handler != SIG_IGN) ::sigaddset(&set, signal);
  }
  descriptor_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!descriptor_) throw study::FileError("signalfd", errno);
  ::pthread_sigmask(SIG_BLOCK, &set, &old_);
}

StopSignals::~StopSignals() {
  ::pthread_sigmask(SIG_SETMASK, &old_, nullptr);
}

int StopSignals::take() const {
  signalfd_siginfo info{};
  const ssize_t size = ::read(descriptor_.get(), &info, sizeof info);
  return size == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

void StopSignals::release_in_child() const {
  ::pthread_sigmask(SIG_SETMASK, &old_, nullptr);
}

}  // namespace host
