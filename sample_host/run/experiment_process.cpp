#include "run/experiment_process.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <boost/asio/post.hpp>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace host {
namespace {

namespace fs = std::filesystem;

/// Gives the log of an earlier attempt a name of its own: `{stem}.log` becomes `{stem}.1.log`, or
/// the next number that is free. Where that can't be done, the new attempt follows it in the same
/// file: nothing is lost.
void put_earlier_attempt_aside(const fs::path& path) {
  std::error_code error;
  if (fs::symlink_status(path, error).type() != fs::file_type::regular) return;
  for (int attempt = 1;; ++attempt) {
    fs::path aside = path;
    aside.replace_extension("." + std::to_string(attempt) + path.extension().string());
    if (fs::symlink_status(aside, error).type() != fs::file_type::not_found) {
      if (error && error != std::errc::no_such_file_or_directory) return;
      continue;
    }
    fs::rename(path, aside, error);
    return;
  }
}

constexpr std::size_t kBufferBytes = std::size_t{64} << 10;
using Wait = boost::asio::posix::stream_descriptor::wait_type;

}  // namespace

OutputLog::OutputLog(fs::path path) : path_(std::move(path)) {
  put_earlier_attempt_aside(path_);
}

void OutputLog::fail(const char* operation, int error_number) {
  error_ = std::string(operation) + " " + path_.string() + ": " +
           std::generic_category().message(error_number);
}

void OutputLog::append(std::string_view bytes) {
  if (bytes.empty() || !error_.empty()) return;
  if (!file_) {
    file_ = study::open_file(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW);
    if (!file_) return fail("open", errno);
  }
  const int error_number = study::write_all(file_.get(), bytes);
  if (error_number != 0) fail("write", error_number);
}

std::shared_ptr<ExperimentProcess> ExperimentProcess::start(boost::asio::io_context& io,
                                                            ProcessSpec spec, OnEnd on_end) {
  std::shared_ptr<ExperimentProcess> process(
      new ExperimentProcess(io, std::move(spec), std::move(on_end)));
  process->listen();
  return process;
}

ExperimentProcess::ExperimentProcess(boost::asio::io_context& io, ProcessSpec spec, OnEnd on_end)
    : io_(io),
      on_end_(std::move(on_end)),
      out_(io),
      err_(io),
      timer_(io),
      log_(std::move(spec.log_file)),
      buffer_(std::make_unique_for_overwrite<char[]>(kBufferBytes)) {
  SpawnedProcess spawned = spawn(spec.command, spec.environment);
  started_ = std::chrono::steady_clock::now();
  if (spec.timeout) timer_.expires_after(*spec.timeout);
  pid_ = spawned.pid;
  try {
    out_.descriptor.assign(spawned.out.get());
    static_cast<void>(spawned.out.release());
    err_.descriptor.assign(spawned.err.get());
    static_cast<void>(spawned.err.release());
  } catch (...) {
    kill_group();  // no destructor runs for an object that was not completed
    reap();
    throw;
  }
}

ExperimentProcess::~ExperimentProcess() {
  if (pid_ < 0) return;
  kill_group();
  reap();
}

void ExperimentProcess::listen() {
  wait_for_output(out_);
  wait_for_output(err_);
  if (timer_.expiry() == std::chrono::steady_clock::time_point{}) return;
  timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
    if (const auto process = self.lock(); process && !error) process->on_timeout();
  });
}

void ExperimentProcess::wait_for_output(Stream& stream) {
  // Readiness instead of a read, so that the bytes pass through one buffer.
  stream.descriptor.async_wait(
      Wait::wait_read, [self = weak_from_this(), &stream](const boost::system::error_code& error) {
        const auto process = self.lock();
        if (!process || error || !stream.is_open) return;
        process->read_some(stream, kBufferBytes);
        if (stream.is_open) {
          process->wait_for_output(stream);
        } else {
          process->finish_if_silent();
        }
      });
}

/// Reads once, and closes the stream at its end. Returns the number of bytes.
std::size_t ExperimentProcess::read_some(Stream& stream, std::size_t max_bytes) {
  const ssize_t size = study::retry_if_interrupted([&] {
    return ::read(stream.descriptor.native_handle(), buffer_.get(),
                  std::min(max_bytes, kBufferBytes));
  });
  if (size > 0) {
    const auto bytes = static_cast<std::size_t>(size);
    keep(stream, {buffer_.get(), bytes});
    return bytes;
  }
  if (size < 0 && errno == EAGAIN) return 0;
  stream.is_open = false;
  boost::system::error_code ignored;
  stream.descriptor.close(ignored);
  return 0;
}

/// Reads what the pipe holds at this moment, and not what a process that is left goes on to write.
void ExperimentProcess::drain(Stream& stream) {
  int waiting = 0;
  if (!stream.is_open || ::ioctl(stream.descriptor.native_handle(), FIONREAD, &waiting) != 0)
    return;
  for (auto left = static_cast<std::size_t>(std::max(waiting, 0)); left > 0;) {
    const std::size_t bytes = read_some(stream, left);
    if (bytes == 0) return;
    left -= bytes;
  }
}

void ExperimentProcess::keep(const Stream& stream, std::string_view bytes) {
  log_.append(bytes);
  if (&stream == &out_) {
    const std::size_t room = kMaxKeptOutputBytes - end_.out.size();
    if (bytes.size() > room) end_.out_is_whole = false;
    end_.out.append(bytes.substr(0, room));
    return;
  }
  std::string& tail = end_.error_tail;
  tail.append(bytes);
  if (tail.size() > kKeptErrorBytes) tail.erase(0, tail.size() - kKeptErrorBytes);
}

void ExperimentProcess::check_exit() {
  if (pid_ < 0 || exited_) return;
  siginfo_t info{};
  // WNOWAIT: as long as the zombie is there, nobody else can get its process group's id.
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) return;
  if (info.si_pid != pid_) return;
  exited_ = true;
  end_.duration = std::chrono::steady_clock::now() - started_;
  if (stop_state_ == StopState::asked) {
    finish_if_silent();
  } else {
    finish();
  }
}

void ExperimentProcess::on_timeout() {
  check_exit();  // it may have made it in the last moment
  if (pid_ < 0 || stop_state_ != StopState::none) return;
  end_.timed_out = true;
  ask_to_end();
}

void ExperimentProcess::stop() {
  check_exit();
  if (pid_ < 0 || stop_state_ != StopState::none) return;
  end_.interrupted = true;
  ask_to_end();
}

void ExperimentProcess::kill() {
  check_exit();
  if (pid_ < 0) return;
  if (!end_.timed_out) end_.interrupted = true;
  kill_group();
  stop_state_ = StopState::killed;
  if (exited_) finish();
}

void ExperimentProcess::ask_to_end() {
  stop_state_ = StopState::asked;
  ::kill(-pid_, SIGTERM);
  timer_.expires_after(kGracePeriod);
  timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
    const auto process = self.lock();
    if (!process || error || process->pid_ < 0) return;
    process->kill_group();
    process->stop_state_ = StopState::killed;
    if (process->exited_) process->finish();
  });
}

void ExperimentProcess::kill_group() {
  ::kill(-pid_, SIGKILL);
}

int ExperimentProcess::reap() {
  int status = 0;
  study::retry_if_interrupted([&] { return ::waitpid(pid_, &status, 0); });
  pid_ = -1;
  return status;
}

void ExperimentProcess::finish_if_silent() {
  if (exited_ && pid_ >= 0 && !out_.is_open && !err_.is_open) finish();
}

void ExperimentProcess::finish() {
  kill_group();
  drain(out_);
  drain(err_);
  const int status = reap();
  if (WIFSIGNALED(status)) {
    end_.signal = WTERMSIG(status);
  } else {
    end_.exit_code = WEXITSTATUS(status);
  }
  end_.log_error = log_.error();
  boost::system::error_code ignored;
  out_.descriptor.close(ignored);
  err_.descriptor.close(ignored);
  timer_.cancel();
  boost::asio::post(io_, [on_end = std::move(on_end_), end = std::move(end_)]() mutable {
    on_end(std::move(end));
  });
}

}  // namespace host
