/// What a scalar of YAML's text stands for. For document_yaml.cpp.
#pragma once

#include "input/document.hpp"

#include <string_view>

namespace host {

/// A plain scalar by the core schema (YAML 1.2.2, section 10.3.2): null, booleans, integers (`12`,
/// `0o17`, `0x1F`), floats (`1e-3`, `.5`), and strings, which is everything else: `yes`, `1_000`,
/// `12:30`. Throws `ScalarError` for `.inf` and `.nan`.
[[nodiscard]] Node::Value core_schema_value(std::string_view text);

/// A scalar with a tag, which is not empty: `!` and `!!str` make text of it, the tags of the core
/// schema demand a value of their type. Throws `ScalarError` for every other.
[[nodiscard]] Node::Value tagged_value(std::string_view tag, std::string_view text);

/// Whether a sequence or a mapping may have this tag; `expected` is `seq` or `map`.
[[nodiscard]] bool is_tag_of(std::string_view tag, std::string_view expected);

}  // namespace host
