/// Reads one runner as it is written in a study file or a host config.
#pragma once

#include "input/node_reader.hpp"
#include "input/runner_spec.hpp"

namespace host {

/// `{"command": ["python3", "bench.py"], "timeout_seconds": 600}`. Arguments that are numbers or
/// booleans are taken as they were written. Throws `study::InputError`.
[[nodiscard]] RunnerSpec read_runner(const NodeReader& reader);

}  // namespace host
