/// Whether the kernel has ended a process for lack of memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace host {

/// Where the kernel counts such ends of the control group that `cgroups`, the text of a
/// /proc/PID/cgroup, names: `memory.events` of version 2, else `memory.oom_control` of version 1.
/// Empty where it doesn't tell. `root`: where the groups are mounted.
[[nodiscard]] std::filesystem::path out_of_memory_file(
    std::string_view cgroups, const std::filesystem::path& root = "/sys/fs/cgroup");

/// The value of `oom_kill` there; empty where there is none.
[[nodiscard]] std::optional<std::uint64_t> read_out_of_memory_kills(
    const std::filesystem::path& file);

/// How many there have been in the host's control group, which is its experiments', too. The count
/// is the group's: with several jobs it may have been another one of them.
class OutOfMemoryKills {
 public:
  OutOfMemoryKills();
  explicit OutOfMemoryKills(std::filesystem::path file);

  /// `the kernel ends processes here for lack of memory (oom_kill of FILE is 3, and was 2 before)`;
  /// empty where none was since this was made, or last asked.
  [[nodiscard]] std::string news();

 private:
  std::filesystem::path file_;
  std::optional<std::uint64_t> before_;
};

}  // namespace host
