/// How long the rest of a study takes: one estimate for who runs it and for who looks at it.
#pragma once

#include <study/manifest.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace host {

/// What is known of the experiments of a study.
struct ExperimentTimes {
  std::size_t timed = 0;                               ///< have ended and tell how long they took
  std::chrono::duration<double, std::micro> spent{};   ///< by these; no manifest makes it overflow
  std::size_t unfinished = 0;                          ///< still to run, or running
  std::vector<std::chrono::microseconds> running_for;  ///< of each that is running

  /// Of those that are timed; empty if none is.
  [[nodiscard]] std::optional<std::chrono::microseconds> mean() const;

  /// The time that the rest takes at the mean duration, shared by `at_once` of them, at least one
  /// and at most as many as are left. Pauses between experiments are not in it. Empty without a
  /// mean, and where nothing is left.
  [[nodiscard]] std::optional<std::chrono::microseconds> estimate(std::size_t at_once) const;
};

/// As the entries tell; those that have completed are timed.
[[nodiscard]] ExperimentTimes experiment_times(const study::StudyManifest& manifest,
                                               study::Timestamp now);

}  // namespace host
