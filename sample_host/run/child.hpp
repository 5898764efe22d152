/// The child between vfork(2) and execve(2).
#pragma once

#include <study/posix.hpp>

#include <vector>

#include <sys/resource.h>
#include <sys/types.h>

namespace host {

struct Pipe {
  study::UniqueFd read_end;
  study::UniqueFd write_end;
};

/// Close-on-exec, or a child started a moment later would hold this one's pipe open. Throws
/// `std::system_error`.
[[nodiscard]] Pipe make_pipe();

/// How the child tells whether it has become its program: in the memory that it shares with the
/// host, which goes on when it has; under the thread sanitizer, whose vfork(2) is a fork, through a
/// pipe that ends then.
class StartReport {
 public:
  /// Throws `std::system_error`.
  StartReport();

  /// In the child.
  void note_try(int candidate) { candidate_ = candidate; }
  void note_failure(int error_number);

  /// In the host: 0, or else the number of the error.
  [[nodiscard]] int read_failure();
  /// Which of the program's paths it was; -1: unknown.
  [[nodiscard]] int candidate() const { return candidate_; }

 private:
  volatile int error_number_ = 0;
  volatile int candidate_ = -1;
  Pipe pipe_;
};

/// All that the child needs, made before it exists: it borrows the host's memory until it executes
/// its program, and may do nothing but system calls.
struct ChildPlan {
  const char* const* candidates;  ///< the program's paths, ended by a null pointer
  char* const* arguments;
  char* const* environment;
  int in;  ///< -1: /dev/null
  int out;
  int err;
  const char* directory;     ///< where it runs; null: where the host does
  const rlimit* open_files;  ///< null: as the host's
  const rlimit* mark;        ///< RLIMIT_RTTIME; null: as the host's
  const std::vector<int>& reset_signals;
  pid_t host;
  bool dies_with_host;
  StartReport& report;
};

/// Vforks. Gives the child's number, or -1 with errno.
[[nodiscard]] pid_t start_child(const ChildPlan& plan);

}  // namespace host
