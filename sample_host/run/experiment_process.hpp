/// One experiment as a process in the host's event loop: its output, its time limit, its end.
#pragma once

#include "run/spawn.hpp"

#include <study/posix.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sys/types.h>

namespace host {

/// Appends to a file that is created with the first byte, so that a silent experiment leaves none.
/// The log of an earlier attempt gets a name of its own at once: `{stem}.log` is never another
/// attempt's.
/// A log that can't be written is no reason to lose the experiment: the first error is kept, and
/// nothing more is written.
class OutputLog {
 public:
  explicit OutputLog(std::filesystem::path path);

  void append(std::string_view bytes);

  /// Why the log is not whole; empty while it is.
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  void fail(const char* operation, int error_number);

  std::filesystem::path path_;
  study::UniqueFd file_;
  std::string error_;
};

/// How much of stdout is kept as a possible result.
inline constexpr std::size_t kMaxKeptOutputBytes = std::size_t{64} << 20;
/// How much of the end of stderr is kept as a possible reason.
inline constexpr std::size_t kKeptErrorBytes = std::size_t{8} << 10;
/// Between SIGTERM and SIGKILL.
inline constexpr std::chrono::milliseconds kGracePeriod{2000};

struct ProcessSpec {
  std::vector<std::string> command;
  const Environment& environment;
  std::filesystem::path log_file;
  std::optional<std::chrono::milliseconds> timeout;
};

/// How a process ended and what it printed.
struct ProcessEnd {
  int exit_code = 0;         ///< if no signal ended it
  int signal = 0;            ///< that ended it; 0: it exited
  bool timed_out = false;    ///< the time limit was what ended it
  bool interrupted = false;  ///< `stop` or `kill` was
  std::string out;           ///< stdout, at most `kMaxKeptOutputBytes`
  bool out_is_whole = true;
  std::string error_tail;  ///< the last `kKeptErrorBytes` of stderr
  std::string log_error;   ///< why the log file is not whole; empty if it is
  std::chrono::steady_clock::duration duration{};
};

/// Everything happens on the thread that runs the `io_context`, which outlives this object.
///
/// When the process exits, what is left of its process group is killed while the zombie still
/// reserves the group's id, what the pipes hold is read, and it is reaped. The end of the pipes is
/// not waited for, since a daemon that the experiment left behind may hold them open for ever. Only
/// a process that was *asked* to end may leave children that are still at it: they have the rest of
/// the grace period, until they have closed both pipes.
class ExperimentProcess : public std::enable_shared_from_this<ExperimentProcess> {
 public:
  using OnEnd = std::function<void(ProcessEnd end)>;

  /// Starts it. `on_end` is called once, from the event loop, never from within a function of this
  /// class. Throws `SpawnError`; then it is not called.
  [[nodiscard]] static std::shared_ptr<ExperimentProcess> start(boost::asio::io_context& io,
                                                                ProcessSpec spec, OnEnd on_end);

  ExperimentProcess(const ExperimentProcess&) = delete;
  ExperimentProcess& operator=(const ExperimentProcess&) = delete;
  /// Kills and reaps a process that is still running; `on_end` is not called then.
  ~ExperimentProcess();

  /// Whether it has exited is looked at: to be called whenever SIGCHLD arrived. Signals coalesce,
  /// so every running process is asked.
  void check_exit();

  /// Ends it gently: SIGTERM to the group, SIGKILL after `kGracePeriod`. Does nothing for one that
  /// is ending already.
  void stop();

  /// Ends it at once.
  void kill();

 private:
  enum class StopState { none, asked, killed };

  struct Stream {
    explicit Stream(boost::asio::io_context& io) : descriptor(io) {}
    boost::asio::posix::stream_descriptor descriptor;
    bool is_open = true;
  };

  ExperimentProcess(boost::asio::io_context& io, ProcessSpec spec, OnEnd on_end);
  void listen();
  void wait_for_output(Stream& stream);
  std::size_t read_some(Stream& stream, std::size_t max_bytes);
  void drain(Stream& stream);
  void keep(const Stream& stream, std::string_view bytes);
  void on_timeout();
  void ask_to_end();
  void kill_group();
  int reap();
  void finish();
  void finish_if_silent();

  boost::asio::io_context& io_;
  OnEnd on_end_;
  pid_t pid_ = -1;  ///< -1 when reaped
  Stream out_;
  Stream err_;
  boost::asio::steady_timer timer_;  ///< the time limit, then the grace period
  OutputLog log_;
  ProcessEnd end_;
  std::chrono::steady_clock::time_point started_;
  StopState stop_state_ = StopState::none;
  bool exited_ = false;  ///< a zombie, not reaped yet
  std::unique_ptr<char[]> buffer_;
};

}  // namespace host
