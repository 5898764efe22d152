/// The signals that a host listens to.
#pragma once

#include <array>
#include <functional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <signal.h>

namespace host {

/// Ctrl-C, a batch system or a person at the end of their patience: SIGINT, SIGTERM, SIGHUP; Slurm
/// and others before the time is up: SIGUSR1, SIGUSR2, SIGXCPU; a machine whose power fails:
/// SIGPWR.
inline constexpr std::array<int, 7> kInterrupts = {SIGINT,  SIGTERM, SIGHUP, SIGUSR1,
                                                   SIGUSR2, SIGXCPU, SIGPWR};

/// EX_TEMPFAIL of sysexits.h: what batch systems take as "to be continued".
inline constexpr int kExitToBeContinued = 75;

/// The exit code of a host that `signal` has interrupted: as a shell tells an end by a signal, but
/// for the signals with which a batch system asks a job to make room and come back.
[[nodiscard]] constexpr int interrupted_exit_code(int signal) {
  if (signal == SIGUSR1 || signal == SIGUSR2 || signal == SIGXCPU) return kExitToBeContinued;
  return 128 + signal;
}

/// Catches signals from construction to destruction, on the thread that runs the `io_context`:
/// SIGCHLD, SIGTSTP, and those of `kInterrupts`; but for SIGINT and SIGTERM none that the host was
/// started to ignore, as SIGHUP under nohup.
class HostSignals {
 public:
  explicit HostSignals(boost::asio::io_context& io);

  struct Handlers {
    std::function<void()> on_child;
    std::function<void(int signal)> on_interrupt;
    std::function<void()> on_stop;
  };
  /// Also for those that have come before. To be called once.
  void watch(Handlers handlers);

 private:
  void watch_children();
  void watch_interrupts();
  void watch_job_control();

  boost::asio::signal_set children_;
  boost::asio::signal_set interrupts_;
  boost::asio::signal_set job_control_;
  Handlers handlers_;
};

}  // namespace host
