#include "run/pace.hpp"

#include <algorithm>

namespace host {

using std::chrono::microseconds;
using study::ExperimentState;
using study::ManifestEntry;

Pace measure_pace(const study::StudyManifest& manifest, study::Timestamp now) {
  Pace pace;
  microseconds spent{};
  microseconds::rep timed = 0;
  microseconds::rep unfinished = 0;
  for (const ManifestEntry& entry : manifest.experiments) {
    if (entry.status == ExperimentState::running) ++pace.running;
    if (entry.status == ExperimentState::running || entry.status == ExperimentState::pending) {
      ++unfinished;
    }
    if (entry.status != ExperimentState::completed || !entry.started_at || !entry.completed_at ||
        *entry.completed_at < *entry.started_at) {  // a clock that was set back in between
      continue;
    }
    spent += *entry.completed_at - *entry.started_at;
    ++timed;
  }
  if (timed == 0) return pace;
  pace.mean = spent / timed;
  if (unfinished == 0) return pace;

  microseconds work = *pace.mean * unfinished;
  for (const ManifestEntry& entry : manifest.experiments) {
    if (entry.status != ExperimentState::running || !entry.started_at) continue;
    work -= std::clamp(now - *entry.started_at, microseconds(0), *pace.mean);
  }
  pace.left = work / std::max<microseconds::rep>(static_cast<microseconds::rep>(pace.running), 1);
  return pace;
}

}  // namespace host
