/// What it costs to add experiments to a study while it runs.
#pragma once

#include "bench/report.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace study_bench {

/// Adds `entries` experiments one by one to a study that begins empty, each followed by a
/// transition of it, and appends what both cost: of the first tenth and of the last one, so that
/// it shows if either grew with the study. In `dir`, which must be empty. `postgres` is a
/// connection string, or empty.
void measure_growth(const std::filesystem::path& dir, int entries, const std::string& postgres,
                    std::vector<Result>& results);

/// What its results are called, for the observer of that name.
[[nodiscard]] std::string growth_name(const std::string& observer);
[[nodiscard]] std::string growth_transition_name(const std::string& observer);

}  // namespace study_bench
