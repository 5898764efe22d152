/// A host in a process of its own.
#pragma once

#include "written_study.hpp"

#include <iostream>
#include <stdexcept>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace study_test {

/// A process that writes a study until it is killed; it is writing when the constructor is through.
class OtherHost {
 public:
  OtherHost(const study::postgres::PostgresOptions& options, const TempDir& dir) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    pid_ = ::fork();
    if (pid_ == 0) write_for_ever(options, dir, ends[1]);
    ::close(ends[1]);
    char byte = 0;
    const bool started = ::read(ends[0], &byte, 1) == 1;
    ::close(ends[0]);
    if (!started) throw std::runtime_error("the other host did not start");
  }
  ~OtherHost() { kill(); }

  void kill() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    pid_ = -1;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  [[noreturn]] static void write_for_ever(const study::postgres::PostgresOptions& options,
                                          const TempDir& dir, int ready) {
    try {
      WrittenStudy study(options, dir.path());
      study.set(0, study::ExperimentState::running, 1);
      if (::write(ready, "!", 1) == 1) {
        for (;;) ::pause();
      }
    } catch (const std::exception& error) {
      std::cerr << error.what() << '\n';
    }
    ::_exit(1);
  }

  pid_t pid_ = -1;
};

}  // namespace study_test
