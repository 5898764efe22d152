#include "check_plugin/stop_signals.hpp"

#include <study/error.hpp>

#include <cerrno>

#include <sys/signalfd.h>
#include <unistd.h>

namespace plugin_check {

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

}  // namespace plugin_check
