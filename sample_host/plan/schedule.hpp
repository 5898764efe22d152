/// In which order the runs of a study are started.
#pragma once

#include "input/study_file.hpp"

#include <study/study_plan.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace host {

struct ScheduledRun {
  std::size_t configuration;  ///< index in `StudyPlan::configurations`
  int cycle;                  ///< from 1
  /// With several cycles: this run is the first of the next cycle or, where the order is
  /// sequential and there are several configurations, of the next configuration, and `cycle_gap`
  /// passes before it, too. Never true for the very first run.
  bool starts_round;
};

/// Every run of `plan` once. For configurations A, B and three cycles:
///
///     sequential    A1 A2 A3 B1 B2 B3
///     interleaved   A1 B1 A2 B2 A3 B3
///     shuffled      each cycle in an order of its own, such as B1 A1 A2 B2 B3 A3
///     reverse       A1 B1 B2 A2 A3 B3
///     latin_square  A1 B1 B2 A2 A3 B3; of n configurations cycle c has row c mod n of i, i+1, i-1,
///                   i+2, i-2, … mod n
///
/// A shuffled order is that of Python's `random.Random(seed).shuffle`, one generator over all
/// cycles and each cycle from the order of the file. It depends on nothing but `shuffle_seed`, else
/// the lower half of the design hash, and the numbers of configurations and cycles.
[[nodiscard]] std::vector<ScheduledRun> make_schedule(const study::StudyPlan& plan,
                                                      const Execution& execution);

/// The pause before `run`, unless it is the very first.
[[nodiscard]] std::chrono::milliseconds pause_before(const ScheduledRun& run,
                                                     const Execution& execution);

/// Whether `run` waits until none of the runs before it is active any more.
[[nodiscard]] inline bool waits_for_all(const ScheduledRun& run, const Execution& execution) {
  return run.starts_round && execution.cycle_gap > execution.cycle_gap.zero();
}

/// How much later the end of the study is for the pause before each run of `schedule`: jobs share
/// the pauses between experiments, but not those that all of them wait for.
[[nodiscard]] std::vector<std::chrono::steady_clock::duration> shares_of_pauses(
    const std::vector<ScheduledRun>& schedule, const Execution& execution, int jobs);

/// What is left of `schedule` without the runs that `is_done`. A round begins with the first of its
/// runs that is left.
[[nodiscard]] std::vector<ScheduledRun> without_done(
    const std::vector<ScheduledRun>& schedule,
    const std::function<bool(const ScheduledRun&)>& is_done);

}  // namespace host
