/// What the start, the end and the resumption of a study cost.
#pragma once

#include "bench/contestant.hpp"
#include "bench/report.hpp"

#include <filesystem>
#include <vector>

namespace study_bench {

/// `start`, `start_cpu`, `final` (on_study_start and on_study_end of manifest_writer; wall-clock
/// time and CPU time) and `start_peak_mib`, the memory that it took beyond the config text, in MiB.
/// `resume`, `resume_cpu`, `resume_peak_mib`: the same of opening a `Session` over a study that was
/// interrupted, of which every tenth run has completed with a result. Each in a process of its own.
void measure_start(const BenchStudy& study, const std::filesystem::path& dir,
                   std::vector<Result>& results);

}  // namespace study_bench
