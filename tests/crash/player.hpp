/// A process that writes a study until it is killed.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace study_test {

/// A study_player process and the acknowledgements that it has written.
class Player {
 public:
  /// Returns when the study has started.
  Player(const std::string& options, const std::filesystem::path& dir, int entries, unsigned seed,
         const std::filesystem::path& plugin = STUDY_OBSERVER_DIR "/manifest_writer.so")
      : Player(options, dir, entries, std::to_string(seed), plugin) {}

  /// The same with the history of study_player's last argument.
  Player(const std::string& options, const std::filesystem::path& dir, int entries,
         const std::string& history, const std::filesystem::path& plugin) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      const std::string program = STUDY_BUILD_DIR "/tests/study_player";
      ::execl(program.c_str(), program.c_str(), plugin.c_str(), options.c_str(), dir.c_str(),
              std::to_string(entries).c_str(), history.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    pipe_ = ends[0];
    char byte = 0;
    if (::read(pipe_, &byte, 1) != 1) throw std::runtime_error("study_player did not start");
    // So that it never waits for whoever counts.
    ::fcntl(pipe_, F_SETPIPE_SZ, 1 << 20);
  }
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;
  ~Player() {
    if (child_ > 0) kill();
    ::close(pipe_);
  }

  /// How many transitions have been acknowledged up to now.
  int acknowledged() {
    for (pollfd waiting{pipe_, POLLIN, 0}; ::poll(&waiting, 1, 0) == 1;) {
      if (!count_some()) break;
    }
    return acknowledged_;
  }

  /// What it writes is seen by nobody meanwhile, so it needn't write.
  void pause() const { ::kill(child_, SIGSTOP); }
  void go_on() const { ::kill(child_, SIGCONT); }

  /// SIGKILL; gives the number of transitions that had been acknowledged.
  int kill() {
    ::kill(child_, SIGKILL);
    while (count_some()) {
    }
    ::waitpid(std::exchange(child_, -1), nullptr, 0);
    return acknowledged_;
  }

 private:
  bool count_some() {
    char bytes[65536];
    const ssize_t count = ::read(pipe_, bytes, sizeof bytes);
    if (count > 0) acknowledged_ += static_cast<int>(count);
    return count > 0;
  }

  pid_t child_ = -1;
  int pipe_ = -1;
  int acknowledged_ = 0;
};

}  // namespace study_test
