#include "spawn.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

namespace study_host {
namespace {

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

[[noreturn]] void fail(const std::string& program, int error_number) {
  throw SpawnError("cannot start `" + program +
                   "`: " + std::generic_category().message(error_number));
}

Pipe make_pipe(const std::string& program) {
  int fds[2];
  // Close-on-exec, or a child started a moment later would hold this one's pipe open.
  if (::pipe2(fds, O_CLOEXEC) != 0) fail(program, errno);
  Pipe pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
  // Only our end: O_NONBLOCK belongs to the open file, and programs expect a blocking stdout.
  if (::fcntl(fds[0], F_SETFL, O_NONBLOCK) != 0) fail(program, errno);
  return pipe;
}

class FileActions {
 public:
  FileActions(int out, int err) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }

  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

class Attributes {
 public:
  Attributes() {
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }

  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

}  // namespace

SpawnedProcess spawn(const std::vector<std::string>& command) {
  if (command.empty() || command.front().empty()) throw SpawnError("the command is empty");
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));  // exec(3) does not write to them
  }
  arguments.push_back(nullptr);

  Pipe out = make_pipe(command.front());
  Pipe err = make_pipe(command.front());
  const FileActions actions(out.write_end.get(), err.write_end.get());
  static const Attributes attributes;
  pid_t pid = -1;
  const int error_number = ::posix_spawnp(&pid, arguments.front(), actions.get(), attributes.get(),
                                          arguments.data(), environ);
  if (error_number != 0) fail(command.front(), error_number);
  return {pid, std::move(out.read_end), std::move(err.read_end)};
}

}  // namespace study_host
