/// What the host adds to running a process.
#pragma once

#include "bench/report.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace study_bench {

/// How many experiments run at once, each measured.
inline constexpr int kHostJobs[] = {1, 2, 4};

/// The end of the name of a figure: empty for one job.
[[nodiscard]] inline std::string jobs_suffix(int jobs) {
  return jobs == 1 ? std::string() : "/" + std::to_string(jobs);
}

/// `host/true`: microseconds that each of `experiments` experiments adds to a study whose command
/// is `true`, which leaves no result and so fails; `host/line`: whose command prints a line, which
/// is its result. `floor/spawn`, `floor/line`: of a bare loop of posix_spawn(3) and waitpid(2) over
/// the same command. Where several run at once, the name ends with their number: `host/true/4`.
/// `host/study`: of a whole study of one experiment that completes.
///
/// The start and the end of a study (loading plugins, the last sync, the wait for a signal that may
/// explain the last failure) are no experiment's: so each figure of the host is the difference
/// between a long study and one of a single experiment. Several rounds of each, alternating.
void measure_host(const std::filesystem::path& dir, int experiments, std::vector<Result>& results);

}  // namespace study_bench
