/// Bare posix_spawn(3).
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace study_bench {

/// The arguments of posix_spawn(3) that say where a child's output goes.
class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }

  void to_nowhere(int fd) {
    ::posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_WRONLY, 0);
  }
  void to(int other, int fd) { ::posix_spawn_file_actions_adddup2(&actions_, other, fd); }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

[[nodiscard]] inline pid_t spawn(std::vector<std::string> arguments, const FileActions& actions,
                                 const posix_spawnattr_t* attributes) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  if (::posix_spawnp(&child, argv[0], actions.get(), attributes, argv.data(), environ) != 0) {
    throw std::runtime_error("can't start " + arguments[0]);
  }
  return child;
}

/// With its output to nowhere.
[[nodiscard]] inline pid_t start(const std::vector<std::string>& arguments) {
  FileActions actions;
  actions.to_nowhere(1);
  actions.to_nowhere(2);
  return spawn(arguments, actions, nullptr);
}

/// To its end.
inline void run(const std::vector<std::string>& arguments) {
  const pid_t child = start(arguments);
  ::waitpid(child, nullptr, 0);
}

}  // namespace study_bench
