/// Reads `sweep` and `experiments` of a study file.
#pragma once

#include "input/document.hpp"
#include "input/sweep.hpp"

#include <string>
#include <vector>

namespace host {

/// Fills dimensions, `exclude` and `include` of `spec`. Throws `study::InputError`.
void read_sweep(const FieldReader& sweep, SweepSpec& spec, std::vector<std::string>& warnings);

/// The values of a dimension: a list, a range, or a single one. Throws `study::InputError`.
[[nodiscard]] std::vector<boost::json::value> dimension_values(const FieldReader& member);

}  // namespace host
