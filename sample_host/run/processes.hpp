/// Processes as the kernel shows them in /proc: who descends from whom, and how one of them is
/// reached without ever meaning another that has got its number.
#pragma once

#include <study/posix.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace host {

/// A process that can't be mistaken for a later one of the same number.
struct ProcessId {
  pid_t pid = -1;
  std::uint64_t start_time = 0;  ///< in clock ticks since the machine was started
  friend bool operator==(const ProcessId&, const ProcessId&) = default;
};

/// Of proc_pid_stat(5).
struct ProcessFacts {
  ProcessId id;
  pid_t parent = -1;
  pid_t group = -1;
  pid_t session = -1;
  bool has_ended = false;  ///< a zombie
};

/// Empty where there is no such process, or it may not be looked at.
[[nodiscard]] std::optional<ProcessFacts> read_process(pid_t pid);

/// Those that `pid` has started or adopted, with any of its threads; zombies too. Without
/// CONFIG_PROC_CHILDREN in the kernel it takes a look at every process of the machine.
[[nodiscard]] std::vector<pid_t> children_of(pid_t pid);

/// As `children_of`, of the main thread of the process that has made this: what plugins have
/// started with threads of their own is not among them, orphans that fell to this process are. The
/// file in which the kernel lists them is kept open, since they are asked for at each end of an
/// experiment.
class OwnChildren {
 public:
  OwnChildren();
  [[nodiscard]] std::vector<pid_t> list() const;

 private:
  pid_t self_;
  study::UniqueFd file_;
};

/// `roots` and all that descend from them, as far as they live, a parent before its children.
[[nodiscard]] std::vector<ProcessFacts> with_descendants(const std::vector<pid_t>& roots);

/// The numbers of all processes on the machine.
[[nodiscard]] std::vector<pid_t> all_processes();

/// The value of a variable in the environment that the process was started with; empty: none, or it
/// may not be looked at.
[[nodiscard]] std::string environment_value(pid_t pid, std::string_view name);

/// What a process was marked with, by itself or whoever it descends from; 0: nothing. The mark is
/// the soft limit RLIMIT_RTTIME, in microseconds, of all numbers from `kLeastMark` on: so long,
/// 146,000 years, that it limits nothing, and yet inherited by every process, whatever it does to
/// its session and its environment, and shown to everybody in proc_pid_limits(5).
[[nodiscard]] std::uint64_t process_mark(pid_t pid);
inline constexpr std::uint64_t kLeastMark = std::uint64_t{1} << 62;

/// `sleep (pid 4711)`.
[[nodiscard]] std::string process_name(pid_t pid);

/// Sends the signal. 0, or the errno: ESRCH where it has ended.
[[nodiscard]] int send_signal(const ProcessId& process, int signal);

/// `a, b`.
[[nodiscard]] std::string joined(const std::vector<std::string>& names);

}  // namespace host
