/// YAML text as a tree with lines. Others call `parse_yaml` of document.hpp.
#pragma once

#include "input/document.hpp"

#include <string>
#include <string_view>

namespace host {

/// `text` is valid UTF-8 without a byte order mark and without control characters. Throws
/// `study::InputError`.
[[nodiscard]] Node build_from_yaml(std::string_view text, const std::string& source);

}  // namespace host
