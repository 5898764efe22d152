/// One experiment as a process in the host's event loop: its output, its time limit, its end.
#pragma once

#include "run/descendants.hpp"
#include "run/output.hpp"

#include <study/posix.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
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
#include <signal.h>
#include <sys/types.h>

namespace host {

/// How much of the end of stdout is kept as a possible result.
inline constexpr std::size_t kMaxKeptOutputBytes = std::size_t{64} << 20;
/// How much of the end of stderr is kept as a possible reason.
inline constexpr std::size_t kKeptErrorBytes = std::size_t{8} << 10;
/// So long after its start it is waited for what a process prints: one that has ended by then, as
/// `true` has, has printed into its pipes, and they were never in the event loop. Of what comes in
/// that time stdout is read first.
inline constexpr std::chrono::milliseconds kQuietStart{2};
/// Between the request to end and SIGKILL, where the runner has no `grace_seconds`.
inline constexpr std::chrono::milliseconds kGracePeriod{2000};
/// On top of that for what a command that runs elsewhere has become to arrive here.
inline constexpr std::chrono::milliseconds kLineTime{5000};
/// For the kernel to carry out a SIGKILL.
inline constexpr std::chrono::milliseconds kKillTime{5000};

struct ProcessSpec {
  std::vector<std::string> command;
  std::vector<std::string> variables;  ///< "NAME=value": set anew in the host's environment
  std::string run;                     ///< the value of `kRunVariable`, one of these
  std::uint64_t mark = 0;              ///< of its processes, and of no other experiment's
  std::filesystem::path directory;     ///< where it runs; empty: where the host does
  std::filesystem::path log_file;
  bool log_has_times = false;
  std::optional<std::chrono::milliseconds> timeout;
  std::chrono::milliseconds grace = kGracePeriod;
  int stop_signal = SIGTERM;
  /// It is a launcher, with a leaf at its other end (leaf.hpp): what is to be done is told to that
  /// by way of stdin, and the launcher gets a signal only where that hasn't helped.
  bool is_launcher = false;
  /// What it prints goes on to stdout and stderr of this process: neither logged nor kept.
  bool is_forwarded = false;
};

/// What the host tells a leaf, a byte each. The end of the line means `stop`, too.
enum class LineWord : char { hello = 'h', stop = 't', kill = 'k', suspend = 'z', go_on = 'c' };

/// How a process ended and what it printed.
struct ProcessEnd {
  int exit_code = 0;         ///< if no signal ended it
  int signal = 0;            ///< that ended it; 0: it exited
  bool timed_out = false;    ///< the time limit was what ended it
  bool interrupted = false;  ///< `stop` or `kill` was
  std::string out;           ///< the end of stdout, at most `kMaxKeptOutputBytes` if not whole
  bool out_is_whole = true;
  std::uint64_t out_bytes = 0;      ///< all of stdout
  std::string error_tail;           ///< the last `kKeptErrorBytes` of stderr
  std::string log_error;            ///< why the log file is not whole; empty if it is
  std::vector<std::string> left;    ///< by name, what it had left and the host has ended
  std::vector<std::string> beyond;  ///< by name, what it has left that can't be ended
  std::chrono::steady_clock::duration duration{};
};

/// Everything happens on the thread that runs the `io_context`, which outlives this object.
///
/// An experiment is over when its process has exited and nothing that it has started lives any
/// more, whatever session that has made for itself (descendants.hpp). What is left at its exit is
/// asked to end, and after the grace period killed. Then what the pipes hold is read; their end is
/// not waited for, since another user's process, which can't be ended, may hold them open for ever.
class ExperimentProcess : public std::enable_shared_from_this<ExperimentProcess> {
 public:
  using OnEnd = std::function<void(ProcessEnd end)>;

  /// Starts it. `on_end` is called once, from the event loop, never from within a function of this
  /// class. Throws `SpawnError`; then it is not called.
  [[nodiscard]] static std::shared_ptr<ExperimentProcess> start(boost::asio::io_context& io,
                                                                Descendants& descendants,
                                                                const ProcessSpec& spec,
                                                                OnEnd on_end);

  ExperimentProcess(const ExperimentProcess&) = delete;
  ExperimentProcess& operator=(const ExperimentProcess&) = delete;
  /// Kills what is still running and reaps the process; `on_end` is not called then.
  ~ExperimentProcess();

  /// To be called whenever SIGCHLD arrived, and again after `Descendants::update`. Signals
  /// coalesce, so every running experiment is asked.
  void check();

  /// Ends it gently: the stop signal to its process group, SIGKILL to all after the grace period.
  /// Does nothing for one that is ending already.
  void stop();

  /// Ends it at once.
  void kill();

  /// Stops all of it (SIGSTOP), and has it go on; the time in between doesn't count for its limits.
  void suspend();
  void go_on();

 private:
  /// `told`: by the line; `asked`: by the stop signal.
  enum class Phase { running, told, asked, killed };

  struct Stream {
    explicit Stream(boost::asio::io_context& io) : descriptor(io) {}
    study::UniqueFd pipe;  ///< until it is in the event loop as `descriptor`
    boost::asio::posix::stream_descriptor descriptor;
    bool is_open = true;

    [[nodiscard]] int fd();
    void close();
  };

  ExperimentProcess(boost::asio::io_context& io, Descendants& descendants, const ProcessSpec& spec,
                    OnEnd on_end);
  void watch_output_after(std::chrono::milliseconds pause);
  void watch_output();
  void wait_for_output(Stream& stream);
  std::size_t read_some(Stream& stream, std::size_t max_bytes);
  void drain(Stream& stream);
  void keep(const Stream& stream, std::string_view bytes);

  void set_timer(std::chrono::steady_clock::time_point deadline);
  void on_timer();
  void look_at_exit();
  void tell(LineWord word);
  void ask_to_end();
  void ask_by_signal();
  void end_what_is_left();
  void kill_all();
  void send_to_all(int signal);
  [[nodiscard]] bool send_to_left(const std::vector<ProcessFacts>& left, int signal);
  void give_up(const std::vector<ProcessFacts>& left);
  int reap();
  void finish();

  boost::asio::io_context& io_;
  Descendants& descendants_;
  OnEnd on_end_;
  const std::chrono::milliseconds grace_;
  const int stop_signal_;
  const bool is_forwarded_;
  pid_t pid_ = -1;  ///< -1 when reaped; also the id of its group and of its session
  Stream out_;
  Stream err_;
  study::UniqueFd line_;  ///< of a launcher
  boost::asio::steady_timer quiet_timer_;
  boost::asio::steady_timer timer_;  ///< the time limit, then the grace period, then `kKillTime`
  OutputLog log_;
  KeptOutput kept_out_{kMaxKeptOutputBytes};
  KeptOutput kept_err_{kKeptErrorBytes};
  ProcessEnd end_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point suspended_;
  Phase phase_ = Phase::running;
  bool exited_ = false;  ///< a zombie, not reaped yet
  bool group_is_asked_ = false;
  bool is_told_to_kill_ = false;
  std::vector<ProcessId> asked_;  ///< of what it has left
};

}  // namespace host
