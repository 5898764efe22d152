#include "run/estimate.hpp"

#include <algorithm>

namespace host {

using std::chrono::microseconds;
using study::ExperimentState;
using study::ManifestEntry;

std::optional<microseconds> ExperimentTimes::mean() const {
  if (timed == 0) return std::nullopt;
  return spent / static_cast<microseconds::rep>(timed);
}

std::optional<microseconds> ExperimentTimes::estimate(std::size_t at_once) const {
  const auto one = mean();
  if (!one || unfinished == 0) return std::nullopt;
  microseconds work = *one * static_cast<microseconds::rep>(unfinished);
  for (const microseconds ran : running_for) work -= std::clamp(ran, microseconds(0), *one);
  return work / static_cast<microseconds::rep>(std::clamp<std::size_t>(at_once, 1, unfinished));
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
