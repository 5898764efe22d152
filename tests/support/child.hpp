/// Runs a piece of a test in a process of its own.
#pragma once

#include <functional>
#include <stdexcept>

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

}  // namespace study_test
