/// Runs a piece of a test in a process of its own.
#pragma once

#include <functional>
#include <stdexcept>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace study_test {

/// What `body` returns, 0 to 99, when it runs in a forked child. A child that could not run it, or
/// died, gives 100 and more.
[[nodiscard]] inline int run_in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork");
  if (child == 0) {
    try {
      ::_exit(body());
    } catch (...) {
      ::_exit(101);
    }
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 102;
}

/// The same in a child whose permissions count: a child of root becomes nobody.
[[nodiscard]] inline int run_unprivileged(const std::function<int()>& body) {
  return run_in_child([&] {
    constexpr unsigned kNobody = 65534;
    if (::geteuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) return 100;
    return body();
  });
}

/// The signal that ends a forked child which runs `body`; 0 if it returns or throws. What a
/// sanitizer does on the signals of a crash is switched off, and no core is left.
[[nodiscard]] inline int signal_that_ends(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork");
  if (child == 0) {
    const rlimit no_core{};
    ::setrlimit(RLIMIT_CORE, &no_core);
    for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE}) ::signal(signal, SIG_DFL);
    try {
      body();
    } catch (...) {
    }
    ::_exit(0);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
  }
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace study_test
