/// How fast a study goes, as its entries tell.
#pragma once

#include <study/manifest.hpp>

#include <chrono>
#include <cstddef>
#include <optional>

namespace host {

struct Pace {
  std::size_t running = 0;
  /// Of the completed entries that tell when they began and ended; empty if none does.
  std::optional<std::chrono::microseconds> mean;
  /// The time that the rest takes if as many run at once as do now, at least one. Pauses between
  /// experiments are not in it: a manifest doesn't tell them. Empty without a mean, and where
  /// nothing is left.
  std::optional<std::chrono::microseconds> left;
};

[[nodiscard]] Pace measure_pace(const study::StudyManifest& manifest, study::Timestamp now);

}  // namespace host
