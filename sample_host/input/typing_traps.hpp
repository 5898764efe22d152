/// Plain scalars that YAML 1.1 takes for something else than we do.
#pragma once

#include "input/document.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace host {

/// What PyYAML, which reads YAML 1.1, makes of a plain scalar where the core schema of YAML 1.2 has
/// another value: `false` of `no`, `10` of `012`, `750` of `12:30`, `a date`. Empty where both
/// agree, and for those that only 1.2 takes for numbers (`1e3`, `0o17`): they are what they look
/// like.
[[nodiscard]] std::string yaml_1_1_reading(std::string_view text);

/// A warning for each such scalar in `node`, which is at `path` in `source`: where it stands, what
/// it is taken for, and how to write what was meant. Adds to `warnings`, which it lets grow to
/// `kMaxTypingWarnings`; returns how many there are.
std::size_t find_typing_traps(const Node& node, const std::string& path, const std::string& source,
                              std::vector<std::string>& warnings);

inline constexpr std::size_t kMaxTypingWarnings = 20;

}  // namespace host
