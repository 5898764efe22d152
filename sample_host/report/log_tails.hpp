/// The ends of what the runs of a study have printed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace host {

/// So much of the log of a run that has failed or was interrupted, and of another one.
inline constexpr std::size_t kFailedTailBytes = 2048;
inline constexpr std::size_t kTailBytes = 512;
/// And so much of all together.
inline constexpr std::size_t kAllTailsBytes = std::size_t{8} << 20;

struct LogTail {
  std::uint32_t run;
  std::string text;          ///< valid UTF-8
  std::uint64_t size_bytes;  ///< of the log
  bool is_whole;
};

/// The last whole lines of the file behind `fd` that are no more than `max_bytes`, or the end of
/// the last line if that is longer. Of a line that was written over (a carriage return, as of
/// progress bars), what was there last.
[[nodiscard]] LogTail read_log_tail(std::uint32_t run, int fd, std::size_t max_bytes);

}  // namespace host
