/// What the start and the end of a study cost.
#pragma once

#include "bench/contestant.hpp"
#include "bench/report.hpp"

#include <filesystem>
#include <vector>

namespace study_bench {

/// `start`, `start_cpu`, `final` (on_study_start and on_study_end of manifest_writer; CPU time and
/// wall-clock time) and `start_peak_mib`, the memory that it took beyond the config text, in MiB;
/// each in a process of its own.
void measure_start(const BenchStudy& study, const std::filesystem::path& dir,
                   std::vector<Result>& results);

}  // namespace study_bench
