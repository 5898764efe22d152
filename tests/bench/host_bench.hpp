/// What the host adds to running a process.
#pragma once

#include "bench/report.hpp"

#include <filesystem>
#include <vector>

namespace study_bench {

/// `host/true`: microseconds per experiment of study-host running `experiments` times `true` with
/// one job; `floor/spawn`: of a bare loop of posix_spawn(3) and waitpid(2) over the same. Several
/// rounds of each, alternating.
void measure_host(const std::filesystem::path& dir, int experiments, std::vector<Result>& results);

}  // namespace study_bench
