/// `exclude` and `include` of a sweep, with the meaning that GitHub's matrices gave them
/// (docs.github.com, "Running variations of jobs in a workflow"). For sweep.cpp.
#pragma once

#include "input/backends.hpp"
#include "input/sweep.hpp"

#include <string>
#include <vector>

namespace host {

/// What is left of `product` without what is excluded, and with what is included in it. Inclusions
/// that no combination takes go to `own_ones`, an exclusion that takes nothing away is warned of. A
/// field that begins with one of `backends` is included in the combinations of that one.
[[nodiscard]] Configurations exclude_and_include(Configurations product, const SweepSpec& spec,
                                                 const BackendNames& backends,
                                                 std::vector<const PartialConfiguration*>& own_ones,
                                                 std::vector<std::string>& warnings);

}  // namespace host
