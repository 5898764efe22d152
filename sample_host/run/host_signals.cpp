#include "run/host_signals.hpp"

#include <utility>

namespace host {
namespace {

bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// asio installs its handlers without SA_RESTART: blocking calls of plugins would fail with EINTR
/// whenever an experiment ends. Nor is an experiment that stops of interest.
void catch_signal(int signal) {
  struct sigaction action {};
  if (::sigaction(signal, nullptr, &action) != 0) return;
  action.sa_flags |= SA_RESTART | SA_NOCLDSTOP;
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

HostSignals::HostSignals(boost::asio::io_context& io)
    : children_(io, SIGCHLD), interrupts_(io, SIGINT, SIGTERM), job_control_(io) {
  catch_signal(SIGCHLD);
  for (const int signal : kInterrupts) {
    const bool is_certain = signal == SIGINT || signal == SIGTERM;
    if (!is_certain && is_ignored(signal)) continue;
    if (!is_certain) interrupts_.add(signal);
    catch_signal(signal);
  }
  if (is_ignored(SIGTSTP)) return;
  job_control_.add(SIGTSTP);
  catch_signal(SIGTSTP);
}

void HostSignals::watch(Handlers handlers) {
  handlers_ = std::move(handlers);
  watch_children();
  watch_interrupts();
  watch_job_control();
}

void HostSignals::watch_children() {
  children_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    watch_children();
    handlers_.on_child();
  });
}

void HostSignals::watch_interrupts() {
  interrupts_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    watch_interrupts();
    handlers_.on_interrupt(signal);
  });
}

void HostSignals::watch_job_control() {
  job_control_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    watch_job_control();
    handlers_.on_stop();
  });
}

}  // namespace host
