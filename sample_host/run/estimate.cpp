#include "run/estimate.hpp"

#include <algorithm>

namespace host {

using std::chrono::microseconds;
using study::ExperimentState;
using study::ManifestEntry;

namespace {

/// Longer than any study, and short enough for nanoseconds. A manifest can tell of ten thousand
/// years.
constexpr double kMostMicroseconds = 250.0 * 366 * 24 * 3600 * 1e6;

microseconds from(double count) {
  return microseconds(static_cast<microseconds::rep>(std::clamp(count, 0.0, kMostMicroseconds)));
}

}  // namespace

std::optional<microseconds> ExperimentTimes::mean() const {
  if (timed == 0) return std::nullopt;
  return from(spent.count() / static_cast<double>(timed));
}

std::optional<microseconds> ExperimentTimes::estimate(std::size_t at_once) const {
  const auto one = mean();
  if (!one || unfinished == 0) return std::nullopt;
  double work = static_cast<double>(one->count()) * static_cast<double>(unfinished);
  for (const microseconds ran : running_for) {
    work -= static_cast<double>(std::clamp(ran, microseconds(0), *one).count());
  }
  return from(work / static_cast<double>(std::clamp<std::size_t>(at_once, 1, unfinished)));
}

ExperimentTimes experiment_times(const study::StudyManifest& manifest, study::Timestamp now) {
  ExperimentTimes times;
  for (const ManifestEntry& entry : manifest.experiments) {
    if (entry.status == ExperimentState::running) {
      times.running_for.push_back(entry.started_at ? now - *entry.started_at : microseconds(0));
    }
    if (entry.status == ExperimentState::running || entry.status == ExperimentState::pending) {
      ++times.unfinished;
    }
    if (entry.status != ExperimentState::completed || !entry.started_at || !entry.completed_at ||
        *entry.completed_at < *entry.started_at) {  // a clock that was set back in between
      continue;
    }
    times.spent += *entry.completed_at - *entry.started_at;
    ++times.timed;
  }
  return times;
}

}  // namespace host
