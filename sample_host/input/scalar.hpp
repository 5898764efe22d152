/// What the text of a scalar stands for.
#pragma once

#include "input/document.hpp"

#include <stdexcept>
#include <string_view>

namespace host {

/// Text that stands for a value which no study can have. The message has no position yet.
class ScalarError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An integer: `-12`, `+3`, also with base 8 or 16 without prefix. Throws `ScalarError` beyond 64
/// bits. Requires digits of that base with at most a sign before them.
[[nodiscard]] Node::Value integer_value(std::string_view digits, int base = 10);

/// A decimal floating-point number, exactly rounded. Throws `ScalarError` for one that is not zero
/// and that no double comes near. Requires the syntax of YAML's core schema or of JSON.
[[nodiscard]] double double_value(std::string_view text);

/// A plain YAML scalar by the core schema (YAML 1.2.2, section 10.3.2): null, booleans, integers
/// (`12`, `0o17`, `0x1F`), floats (`1e-3`, `.5`), and strings, which is everything else: `yes`,
/// `1_000`, `12:30`. Throws `ScalarError` for `.inf` and `.nan`.
[[nodiscard]] Node::Value core_schema_value(std::string_view text);

}  // namespace host
