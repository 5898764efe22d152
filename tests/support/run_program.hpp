/// Runs a program as a person would, and sees what it prints and how it ends.
#pragma once

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace study_test {

/// Nothing in a test takes that long; whoever waits in vain fails instead of hanging.
inline constexpr std::chrono::seconds kDeadline{60};

struct ProgramResult {
  int exit_code = -1;  ///< -1 if a signal ended it
  int signal = 0;
  std::string out;
  std::string err;
};

/// A running program; stdin is /dev/null. One that is still running at the end is killed.
class Program {
 public:
  /// `variables` are `NAME=value`, added to the environment.
  explicit Program(std::vector<std::string> command, std::vector<std::string> variables = {}) {
    out_ = ::memfd_create("stdout", MFD_CLOEXEC);
    err_ = ::memfd_create("stderr", MFD_CLOEXEC);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
    ::posix_spawn_file_actions_adddup2(&actions, out_, 1);
    ::posix_spawn_file_actions_adddup2(&actions, err_, 2);
    for (char** variable = environ; *variable != nullptr; ++variable)
      variables.push_back(*variable);
    const int error = ::posix_spawnp(&pid_, command.front().c_str(), &actions, nullptr,
                                     pointers(command).data(), pointers(variables).data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error("cannot start " + command.front());
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(out_);
    ::close(err_);
  }

  void send(int signal) const { ::kill(pid_, signal); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::string out() const { return content(out_); }
  [[nodiscard]] std::string err() const { return content(err_); }

  [[nodiscard]] bool has_exited() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid_;
  }

  /// Throws if it does not end in time.
  ProgramResult wait(std::chrono::milliseconds deadline = kDeadline) {
    // glibc 2.36 declares pidfd_open(2) without extern "C".
    const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    pollfd exited{pidfd, POLLIN, 0};
    const int ready = ::poll(&exited, 1, static_cast<int>(deadline.count()));
    ::close(pidfd);
    if (ready != 1) throw std::runtime_error("the program does not end; stderr: " + err());
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    ProgramResult result{-1, 0, out(), err()};
    if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
    return result;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
  }

  static std::string content(int fd) {
    std::string text;
    char buffer[65536];
    off_t offset = 0;
    for (ssize_t size = 0; (size = ::pread(fd, buffer, sizeof buffer, offset)) > 0;
         offset += size) {
      text.append(buffer, static_cast<std::size_t>(size));
    }
    return text;
  }

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
};

inline ProgramResult run_program(std::vector<std::string> command,
                                 std::vector<std::string> variables = {}) {
  return Program(std::move(command), std::move(variables)).wait();
}

/// Looks again and again until `condition` holds; throws after `kDeadline`.
inline void wait_until(const std::string& what, const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("in vain: " + what);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

inline void wait_for_file(const std::filesystem::path& path) {
  wait_until(path.string(), [&] { return std::filesystem::exists(path); });
}

}  // namespace study_test
