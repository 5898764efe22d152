/// Starts a program as a child process of its own kind: own session, clean signals, piped output.
#pragma once

#include <study/error.hpp>
#include <study/posix.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <sys/types.h>

namespace host {

/// A program that could not be started. `what()` names it and the reason.
class SpawnError : public study::Error {
 public:
  SpawnError(const std::string& message, int error_number)
      : Error(message), code_(error_number, std::generic_category()) {}

  [[nodiscard]] const std::error_code& code() const noexcept { return code_; }

 private:
  std::error_code code_;
};

/// Whether what has failed may succeed when others have ended: the system, the user or the process
/// has as many processes or open files as it may have.
[[nodiscard]] bool is_shortage(const std::error_code& code);

/// The host's environment, as it is when this is made, with some variables set anew.
class Environment {
 public:
  /// `variables`: each "NAME=value".
  explicit Environment(std::vector<std::string> variables);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  [[nodiscard]] std::optional<std::string_view> value(std::string_view name) const;

  /// As environ(7).
  [[nodiscard]] char* const* get() const { return pointers_.data(); }

 private:
  std::vector<std::string> variables_;
  std::vector<char*> pointers_;
};

struct SpawnedProcess {
  pid_t pid = -1;        ///< also the id of its session and process group
  study::UniqueFd out;   ///< read end of its stdout
  study::UniqueFd err;   ///< read end of its stderr
  study::UniqueFd line;  ///< write end of its stdin, if it has one
};

/// Runs `command[0]`, looked up in the PATH of `environment`, in `directory` (empty: the host's)
/// with `command` as its arguments; no shell is involved, not even for a script without `#!`.
///
/// The child leads a new session, so that a Ctrl-C at the terminal reaches only the host, a program
/// that asks for a password at /dev/tty is refused instead of being stopped for ever, and the whole
/// of an experiment can be signalled at once. It gets /dev/null as stdin, an empty signal mask and
/// the default disposition of every signal (the host ignores SIGPIPE, which a child would inherit),
/// and the limit of open files that the host was given. It dies with the calling thread, also when
/// that is killed (`PR_SET_PDEATHSIG`): no experiment goes on that nobody waits for. Its own
/// children may outlive it: see descendants.hpp and orphans.hpp.
///
/// `has_line`: its stdin is a pipe, whose end tells it that the host has gone or wants it to stop.
/// It is not killed with the host, then: it has something to end elsewhere (leaf.hpp).
///
/// `mark`, if not 0, is what it and all that descend from it can be known by (`process_mark`);
/// where the host's own hard limit is lower, they have none.
///
/// The caller reaps it. Throws `SpawnError`, also where the program can't be executed.
[[nodiscard]] SpawnedProcess spawn(const std::vector<std::string>& command,
                                   const Environment& environment,
                                   const std::filesystem::path& directory = {},
                                   std::uint64_t mark = 0, bool has_line = false);

}  // namespace host
