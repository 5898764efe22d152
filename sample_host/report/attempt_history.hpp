/// What a study's observers tell of the attempts at its runs: when each began and ended, and where.
///
/// The state of a study is its checkpoint's, which has the last attempt of each run alone. Stores
/// that keep all of them tell of them through abi.h's `read_attempts`.
#pragma once

#include "session/observers.hpp"

#include <study/observer.hpp>
#include <study/timestamp.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace host {

enum class AttemptEnd : char { completed = 'c', failed = 'f', interrupted = 'i', none = 'r' };

/// One that has begun.
struct Attempt {
  study::Timestamp started_at;
  study::Timestamp ended_at;  ///< where nobody knows it: see `AttemptHistory`
  AttemptEnd end = AttemptEnd::none;
  std::int32_t slot = -1;  ///< -1: not told
};

/// The key of a run: its configuration's hash, a dot, its cycle.
[[nodiscard]] std::string run_key(std::string_view config_hash, std::int32_t cycle);

/// What a host that died had running has ended when anything was last heard of the study before it
/// went on: before the first start in the slot, or of the run, of anything that ended so.
struct AttemptHistory {
  std::unordered_map<std::string, std::vector<Attempt>> runs;  ///< by `run_key`, in their order
  std::size_t size = 0;                                        ///< of all of them
  std::string problem;  ///< why these are not all, or none; empty: they are
};

/// All that `observer` has. What it fails with is the history's problem. n log n in the attempts.
[[nodiscard]] AttemptHistory collect_attempts(study::StudyObserver& observer,
                                              const study::CheckpointQuery& query);

/// The longest one of those that the observers have: a store may have been left out of some of the
/// study's runs. `log` gets what the others' problems are.
[[nodiscard]] AttemptHistory longest_history(std::span<const study::NamedObserver> observers,
                                             const study::CheckpointQuery& query,
                                             const study::LogFunction& log);

}  // namespace host
