/// The `execution` part of a study file.
#pragma once

#include "input/node_reader.hpp"
#include "input/study_file.hpp"

#include <span>
#include <string_view>

namespace host {

/// Keys that are absent or null keep their defaults. Throws `study::InputError`.
[[nodiscard]] Execution read_execution(const NodeReader& reader);

/// The keys that `execution` may have.
[[nodiscard]] std::span<const std::string_view> execution_keys();
[[nodiscard]] bool is_execution_key(std::string_view key);

}  // namespace host
