#include "run/experiment_process.hpp"

#include "run/spawn.hpp"

#include <study/posix.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <boost/asio/post.hpp>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace host {
namespace {

using Clock = std::chrono::steady_clock;
using Wait = boost::asio::posix::stream_descriptor::wait_type;

/// Before what can't be put into the event loop is tried again.
constexpr std::chrono::milliseconds kWatchPause{100};
constexpr std::size_t kBufferBytes = std::size_t{64} << 10;
/// What is read lies here for a moment: on one thread, for all processes.
std::array<char, kBufferBytes>
    buffer;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

}  // namespace

std::shared_ptr<ExperimentProcess> ExperimentProcess::start(boost::asio::io_context& io,
                                                            Descendants& descendants,
                                                            const ProcessSpec& spec, OnEnd on_end) {
  std::shared_ptr<ExperimentProcess> process(
      new ExperimentProcess(io, descendants, spec, std::move(on_end)));
  process->watch_output_after(kQuietStart);
  if (spec.is_launcher) process->tell(LineWord::hello);
  if (spec.timeout) process->set_timer(process->started_ + *spec.timeout);
  return process;
}

ExperimentProcess::ExperimentProcess(boost::asio::io_context& io, Descendants& descendants,
                                     const ProcessSpec& spec, OnEnd on_end)
    : io_(io),
      descendants_(descendants),
      on_end_(std::move(on_end)),
      grace_(spec.grace),
      stop_signal_(spec.stop_signal),
      is_forwarded_(spec.is_forwarded),
      out_(io),
      err_(io),
      quiet_timer_(io),
      timer_(io),
      log_(spec.log_file, spec.log_has_times) {
  SpawnedProcess spawned =
      spawn(spec.command, Environment(spec.variables), spec.directory, spec.mark, spec.is_launcher);
  started_ = Clock::now();
  pid_ = spawned.pid;
  descendants_.begin(pid_, spec.mark, spec.run);
  out_.pipe = std::move(spawned.out);
  err_.pipe = std::move(spawned.err);
  line_ = std::move(spawned.line);
}

ExperimentProcess::~ExperimentProcess() {
  if (pid_ < 0) return;
  send_to_all(SIGKILL);
  reap();
}

int ExperimentProcess::Stream::fd() {
  return pipe ? pipe.get() : descriptor.native_handle();
}

void ExperimentProcess::Stream::close() {
  is_open = false;
  pipe.reset();
  boost::system::error_code ignored;
  descriptor.close(ignored);
}

void ExperimentProcess::watch_output_after(std::chrono::milliseconds pause) {
  quiet_timer_.expires_after(pause);
  quiet_timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
    const auto process = self.lock();
    if (process && !error && process->pid_ >= 0) process->watch_output();
  });
}

void ExperimentProcess::watch_output() {
  for (Stream* const stream : {&out_, &err_}) {
    if (!stream->pipe) continue;
    // Only our end: programs expect a blocking stdout.
    ::fcntl(stream->pipe.get(), F_SETFL, O_NONBLOCK);
    boost::system::error_code error;
    stream->descriptor.assign(stream->pipe.get(), error);
    if (error) return watch_output_after(kWatchPause);  // epoll(7): a user has so many watches
    static_cast<void>(stream->pipe.release());
    wait_for_output(*stream);
  }
}

void ExperimentProcess::wait_for_output(Stream& stream) {
  // Readiness instead of a read, so that the bytes pass through one buffer.
  stream.descriptor.async_wait(
      Wait::wait_read, [self = weak_from_this(), &stream](const boost::system::error_code& error) {
        const auto process = self.lock();
        if (!process || error || !stream.is_open) return;
        process->read_some(stream, kBufferBytes);
        if (stream.is_open) process->wait_for_output(stream);
      });
}

/// Reads once, and closes the stream at its end. Returns the number of bytes.
std::size_t ExperimentProcess::read_some(Stream& stream, std::size_t max_bytes) {
  const ssize_t size = study::retry_if_interrupted(
      [&] { return ::read(stream.fd(), buffer.data(), std::min(max_bytes, kBufferBytes)); });
  if (size > 0) {
    const auto bytes = static_cast<std::size_t>(size);
    keep(stream, {buffer.data(), bytes});
    return bytes;
  }
  if (size < 0 && errno == EAGAIN) return 0;
  stream.close();
  return 0;
}

/// Reads what the pipe holds at this moment, and not what a process that is left goes on to write.
void ExperimentProcess::drain(Stream& stream) {
  int waiting = 0;
  if (!stream.is_open || ::ioctl(stream.fd(), FIONREAD, &waiting) != 0) return;
  for (auto left = static_cast<std::size_t>(std::max(waiting, 0)); left > 0;) {
    const std::size_t bytes = read_some(stream, left);
    if (bytes == 0) return;
    left -= bytes;
  }
}

void ExperimentProcess::keep(const Stream& stream, std::string_view bytes) {
  const bool is_out = &stream == &out_;
  if (is_out) end_.out_bytes += bytes.size();
  if (is_forwarded_) {  // whoever doesn't read any more doesn't want it
    static_cast<void>(study::write_all(is_out ? STDOUT_FILENO : STDERR_FILENO, bytes));
    if (!is_out) kept_err_.append(bytes);
    return;
  }
  log_.append(bytes, is_out ? OutputStream::out : OutputStream::err);
  (is_out ? kept_out_ : kept_err_).append(bytes);
}

void ExperimentProcess::check() {
  if (pid_ < 0) return;
  look_at_exit();
  if (exited_) end_what_is_left();
}

void ExperimentProcess::look_at_exit() {
  if (pid_ < 0 || exited_) return;
  siginfo_t info{};
  // WNOWAIT: as long as the zombie is there, nobody else can get its process group's id.
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) return;
  if (info.si_pid != pid_) return;
  exited_ = true;
  end_.duration = Clock::now() - started_;
  descendants_.update();  // what it had started has fallen to the host in this moment
  // What it was asked for counts for what it has left from now on.
  if (phase_ == Phase::asked) set_timer(Clock::now() + grace_);
}

/// The one place where an experiment ends.
void ExperimentProcess::end_what_is_left() {
  const std::vector<ProcessFacts> left = descendants_.left_by(pid_);
  if (left.empty()) return finish();
  if (phase_ == Phase::running || phase_ == Phase::told) {
    phase_ = Phase::asked;
    set_timer(Clock::now() + grace_);
  }
  const bool is_any_reached = send_to_left(left, phase_ == Phase::killed ? SIGKILL : stop_signal_);
  if (phase_ == Phase::killed && !is_any_reached) give_up(left);
}

/// To each once. False: none of them is, or will be, ended by a signal of the host's.
bool ExperimentProcess::send_to_left(const std::vector<ProcessFacts>& left, int signal) {
  bool is_any_reached = false;
  for (const ProcessFacts& facts : left) {
    const bool is_asked = std::find(asked_.begin(), asked_.end(), facts.id) != asked_.end();
    if (!is_asked) {
      asked_.push_back(facts.id);
      end_.left.push_back(process_name(facts.id.pid));
    } else if (signal != SIGKILL) {
      continue;
    }
    // A second request would disturb what ends in its own order.
    if (signal != SIGKILL && group_is_asked_ && facts.group == pid_) continue;
    const int error_number = send_signal(facts.id, signal);
    if (signal != SIGKILL) static_cast<void>(send_signal(facts.id, SIGCONT));
    is_any_reached = is_any_reached || error_number == 0 || error_number == ESRCH;
  }
  return is_any_reached;
}

void ExperimentProcess::give_up(const std::vector<ProcessFacts>& left) {
  for (const ProcessFacts& facts : left) {
    end_.beyond.push_back(process_name(facts.id.pid));
    std::erase(end_.left, end_.beyond.back());
  }
  finish();
}

void ExperimentProcess::set_timer(Clock::time_point deadline) {
  timer_.expires_at(deadline);
  timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
    const auto process = self.lock();
    // One that was set anew in the moment when it expired is not over.
    if (!process || error || process->pid_ < 0 || Clock::now() < process->timer_.expiry()) return;
    process->on_timer();
  });
}

void ExperimentProcess::on_timer() {
  switch (phase_) {
    case Phase::running:
      check();  // it may have made it in the last moment
      if (pid_ < 0 || phase_ != Phase::running) return;
      end_.timed_out = true;
      return ask_to_end();
    case Phase::told:
      return ask_by_signal();
    case Phase::asked:
      return kill_all();
    case Phase::killed:
      break;
  }
  look_at_exit();
  if (exited_) return give_up(descendants_.left_by(pid_));
  set_timer(Clock::now() + kKillTime);  // in a system call that does not end: nobody can do more
}

void ExperimentProcess::stop() {
  check();
  if (pid_ < 0 || phase_ != Phase::running) return;
  end_.interrupted = true;
  ask_to_end();
}

void ExperimentProcess::kill() {
  check();
  if (pid_ < 0 || phase_ == Phase::killed) return;
  if (!exited_ && !end_.timed_out) end_.interrupted = true;
  if (!line_ || std::exchange(is_told_to_kill_, true)) return kill_all();
  tell(LineWord::kill);
  phase_ = Phase::told;
  set_timer(Clock::now() + kLineTime);
}

/// A pipe takes some thousand words before anybody has read one.
void ExperimentProcess::tell(LineWord word) {
  const char byte = static_cast<char>(word);
  static_cast<void>(study::write_all(line_.get(), {&byte, 1}));
}

void ExperimentProcess::ask_to_end() {
  if (!line_) return ask_by_signal();
  tell(LineWord::stop);
  phase_ = Phase::told;
  set_timer(Clock::now() + grace_ + kLineTime);
}

/// Only its process group: a launcher ends what it has given a session of its own, and would be
/// disturbed by workers that end before it has asked them to. It may be stopped, too.
void ExperimentProcess::ask_by_signal() {
  phase_ = Phase::asked;
  group_is_asked_ = true;
  ::kill(-pid_, stop_signal_);
  ::kill(-pid_, SIGCONT);
  set_timer(Clock::now() + (line_ ? kGracePeriod : grace_));
}

void ExperimentProcess::kill_all() {
  phase_ = Phase::killed;
  set_timer(Clock::now() + kKillTime);
  send_to_all(SIGKILL);
  check();
}

void ExperimentProcess::send_to_all(int signal) {
  const std::vector<ProcessFacts> others = descendants_.of(pid_);
  ::kill(-pid_, signal);
  for (const ProcessFacts& facts : others) {
    if (facts.group != pid_) static_cast<void>(send_signal(facts.id, signal));
  }
}

void ExperimentProcess::suspend() {
  if (pid_ < 0) return;
  suspended_ = Clock::now();
  if (line_) return tell(LineWord::suspend);
  // The kernel's list of a process's children is whole only while none of them comes or goes
  // (proc_pid_task(5)): so again, until those that are stopped are all there are.
  constexpr int kPasses = 10;
  std::size_t known = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    send_to_all(SIGSTOP);
    const std::size_t found = descendants_.of(pid_).size();
    if (pass > 0 && found == known) return;
    known = found;
  }
}

void ExperimentProcess::go_on() {
  if (pid_ < 0) return;
  if (line_) {
    tell(LineWord::go_on);
  } else {
    send_to_all(SIGCONT);
  }
  if (timer_.expiry() != Clock::time_point{}) {
    set_timer(timer_.expiry() + (Clock::now() - suspended_));
  }
}

int ExperimentProcess::reap() {
  int status = 0;
  study::retry_if_interrupted([&] { return ::waitpid(pid_, &status, 0); });
  descendants_.end(pid_);
  pid_ = -1;
  return status;
}

void ExperimentProcess::finish() {
  drain(out_);
  drain(err_);
  const int status = reap();
  if (WIFSIGNALED(status)) {
    end_.signal = WTERMSIG(status);
  } else {
    end_.exit_code = WEXITSTATUS(status);
  }
  end_.out = kept_out_.take();
  end_.out_is_whole = kept_out_.is_whole();
  end_.error_tail = kept_err_.take();
  if (end_.error_tail.size() > kKeptErrorBytes) {
    end_.error_tail.erase(0, end_.error_tail.size() - kKeptErrorBytes);
  }
  end_.log_error = log_.error();
  out_.close();
  err_.close();
  line_.reset();
  quiet_timer_.cancel();
  timer_.cancel();
  boost::asio::post(io_, [on_end = std::move(on_end_), end = std::move(end_)]() mutable {
    on_end(std::move(end));
  });
}

}  // namespace host
