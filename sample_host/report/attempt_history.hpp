/// What a study's journal tells of the attempts at its runs: when each began and ended, and where.
///
/// The state of a study is its checkpoint's. A checkpoint has the last attempt of each run alone,
/// and only the journal is a file beside it that anybody can read (plugin/journal/FORMAT.md).
#pragma once

#include <study/timestamp.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace host {

enum class AttemptEnd : char { completed = 'c', failed = 'f', interrupted = 'i', none = 'r' };

struct Attempt {
  study::Timestamp started_at;
  study::Timestamp ended_at;  ///< the last time that the journal tells, where `none` is known
  AttemptEnd end = AttemptEnd::none;
  std::int32_t slot = -1;  ///< -1: not told
};

/// The key of a run: its configuration's hash, a dot, its cycle.
[[nodiscard]] std::string run_key(std::string_view config_hash, std::int32_t cycle);

struct AttemptHistory {
  std::unordered_map<std::string, std::vector<Attempt>> runs;  ///< by `run_key`, in their order
  bool is_cut = false;  ///< a line can't be read, and nothing behind it counts
};

/// Reads it line by line, each of bounded length, and follows no link. Empty where there is none.
[[nodiscard]] std::optional<AttemptHistory> read_attempt_history(
    const std::filesystem::path& study_dir);

}  // namespace host
