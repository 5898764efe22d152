#include "run/leaf.hpp"

#include "run/failure.hpp"
#include "run/host_signals.hpp"
#include "run/leaf_status.hpp"
#include "run/out_of_memory.hpp"
#include "run/spawn.hpp"

#include <study/posix.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace host {
namespace {

using Line = boost::asio::posix::stream_descriptor;

constexpr int kExitNotStarted = 127;

class Leaf {
 public:
  explicit Leaf(const LeafSpec& spec) : spec_(spec), signals_(io_), line_(io_), timer_(io_) {}

  [[nodiscard]] LeafStatus run() {
    status_.place = own_place();
    try {
      process_ = ExperimentProcess::start(io_, descendants_, spec_.process, [this](ProcessEnd end) {
        status_.end = std::move(end);
        on_end();
      });
    } catch (const SpawnError& error) {
      status_.not_started = make_failure("SpawnError", error.what());
      return std::move(status_);
    }
    signals_.watch({.on_child = [this] { on_child(); },
                    .on_interrupt = [this](int) { on_interrupt(); },
                    .on_stop = [this] { stop_with_command(); }});
    take_line();
    tick();
    io_.run();
    if (was_killed(status_.end)) status_.out_of_memory = out_of_memory_.news();
    return std::move(status_);
  }

 private:
  void on_child() {
    process_->check();
    if (!descendants_.has_adopted()) return;
    descendants_.update();
    process_->check();
  }

  /// Slurm tells all processes of a step to end: the command may be gone before the leaf knows why.
  void on_end() {
    has_ended_ = true;
    ProcessEnd& end = status_.end;
    const bool is_told = !end.timed_out && !was_killed(end) && ended_as_if_told(end);
    if (is_told && is_interrupted_) end.interrupted = true;
    if (!is_told || end.interrupted) return io_.stop();
    timer_.expires_after(kInterruptWindow);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) io_.stop();
    });
  }

  void on_interrupt() {
    if (has_ended_) {
      status_.end.interrupted = true;
      return io_.stop();
    }
    if (std::exchange(is_interrupted_, true)) {
      process_->kill();
    } else {
      process_->stop();
    }
  }

  void stop_with_command() {
    process_->suspend();
    ::raise(SIGSTOP);  // returns with SIGCONT
    process_->go_on();
  }

  void take_line() {
    boost::system::error_code error;
    line_.assign(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), error);
    if (error) return end_line();
    wait_for_word();
  }

  void end_line() {
    status_.has_no_line = !has_heard_;
    process_->stop();
  }

  void wait_for_word() {
    line_.async_wait(Line::wait_read, [this](const boost::system::error_code& error) {
      if (error == boost::asio::error::operation_aborted) return;
      if (error) return end_line();  // epoll(7) knows neither files nor /dev/null
      read_words();
    });
  }

  void read_words() {
    std::array<char, 64> words{};
    const ssize_t size = study::retry_if_interrupted(
        [&] { return ::read(line_.native_handle(), words.data(), words.size()); });
    if (size < 0 && errno == EAGAIN) return wait_for_word();
    if (size <= 0) return end_line();
    has_heard_ = true;
    for (const char word : std::string_view(words.data(), static_cast<std::size_t>(size))) {
      obey(static_cast<LineWord>(word));
    }
    wait_for_word();
  }

  /// Of another host's words those that aren't known say nothing.
  void obey(LineWord word) {
    if (word == LineWord::stop) process_->stop();
    if (word == LineWord::kill) process_->kill();
    if (word == LineWord::suspend) process_->suspend();
    if (word == LineWord::go_on) process_->go_on();
  }

  void tick() {
    descendants_.observe();
    timer_.expires_after(std::chrono::seconds(1));
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error && !has_ended_) tick();
    });
  }

  const LeafSpec& spec_;
  LeafStatus status_;
  OutOfMemoryKills out_of_memory_;
  Descendants descendants_;
  boost::asio::io_context io_{1};
  HostSignals signals_;
  Line line_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<ExperimentProcess> process_;
  bool has_ended_ = false;
  bool is_interrupted_ = false;
  bool has_heard_ = false;
};

}  // namespace

int run_leaf(const LeafSpec& spec) {
  const LeafStatus status = Leaf(spec).run();
  write_leaf_status(spec.status_file, status);
  if (status.not_started) return kExitNotStarted;
  return status.end.signal != 0 ? 128 + status.end.signal : status.end.exit_code;
}

}  // namespace host
