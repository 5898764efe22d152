#include "input/yaml_scalar.hpp"

#include "base/document_builder.hpp"
#include "base/format.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <string>
#include <system_error>

namespace host {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool all_of_base(std::string_view digits, int base) {
  return !digits.empty() && std::all_of(digits.begin(), digits.end(), [base](char c) {
    if (base == 16 && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) return true;
    return is_digit(c) && c - '0' < base;
  });
}

std::string_view without_sign(std::string_view text) {
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
  return text;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
// std::from_chars takes the same, but for the sign, and `inf` and `nan`.
bool is_core_float(std::string_view text) {
  text = without_sign(text);
  if (text.empty() || (text.front() != '.' && !is_digit(text.front()))) return false;
  double ignored = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, ignored);
  return result.ec != std::errc::invalid_argument && result.ptr == end;
}

bool is_integer(const Node::Value& value) {
  return std::holds_alternative<std::int64_t>(value) ||
         std::holds_alternative<std::uint64_t>(value);
}

bool has_type(const Node::Value& value, std::string_view tag) {
  if (tag == "int") return is_integer(value);
  if (tag == "float") return std::holds_alternative<double>(value);
  if (tag == "bool") return std::holds_alternative<bool>(value);
  return tag == "null" && std::holds_alternative<std::nullptr_t>(value);
}

}  // namespace

Node::Value core_schema_value(std::string_view text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return nullptr;
  if (is_one_of(text, {"true", "True", "TRUE"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE"})) return false;
  if (all_of_base(without_sign(text), 10)) return study::integer_value(text);
  if (text.starts_with("0o") && all_of_base(text.substr(2), 8)) {
    return study::integer_value(text.substr(2), 8);
  }
  if (text.starts_with("0x") && all_of_base(text.substr(2), 16)) {
    return study::integer_value(text.substr(2), 16);
  }
  if (is_core_float(text)) return study::double_value(text);
  if (is_one_of(text, {".nan", ".NaN", ".NAN"}) ||
      is_one_of(without_sign(text), {".inf", ".Inf", ".INF"})) {
    throw study::ScalarError(
        study::format("{} is not a finite number; give a number, or null for none", text));
  }
  return std::string(text);
}

Node::Value tagged_value(std::string_view tag, std::string_view text) {
  if (tag == "!") return std::string(text);
  if (!tag.starts_with(kTagPrefix)) {
    throw study::ScalarError(study::format("the tag '{}' is not understood; leave it out", tag));
  }
  tag.remove_prefix(kTagPrefix.size());
  if (tag == "str") return std::string(text);
  Node::Value value = core_schema_value(text);
  if (tag == "float" && is_integer(value)) return study::double_value(text);
  if (has_type(value, tag)) return value;
  throw study::ScalarError(study::format("'{}' is not a value of the type '!!{}'", text, tag));
}

bool is_tag_of(std::string_view tag, std::string_view expected) {
  return tag.empty() || tag == "!" ||
         (tag.starts_with(kTagPrefix) && tag.substr(kTagPrefix.size()) == expected);
}

}  // namespace host
