/// What a transition costs while others read the manifest.
#pragma once

#include "bench/contestant.hpp"
#include "bench/report.hpp"

#include <filesystem>
#include <functional>
#include <vector>

namespace study_bench {

/// `readers/0`, `/1`, `/4`, `/16`: manifest_writer among so many processes that open, read and
/// close `manifest.json` all the time. In turn, each stores the same batches of what `next` gives,
/// `transitions` in all or as many as it can in some seconds.
void measure_readers(const BenchStudy& study, const std::filesystem::path& dir, int transitions,
                     const std::function<BenchTransition()>& next, std::vector<Result>& results);

}  // namespace study_bench
