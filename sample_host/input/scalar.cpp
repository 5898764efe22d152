#include "input/scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>
#include <system_error>

namespace host {
namespace {

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

// Takes the digits at the front of `text` away and says how many there were.
std::size_t take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto count = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(count);
  return count;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_core_float(std::string_view text) {
  text = without_sign(text);
  const std::size_t whole = take_digits(text);
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    if (take_digits(text) == 0 && whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text = without_sign(text.substr(1));
  return take_digits(text) > 0 && text.empty();
}

}  // namespace

Node::Value integer_value(std::string_view digits, int base) {
  const std::string_view written = digits;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t value = 0;
  const char* const end = digits.data() + digits.size();
  if (std::from_chars(digits.data(), end, value, base).ec == std::errc()) return value;
  std::uint64_t large = 0;
  if (!digits.starts_with('-') &&
      std::from_chars(digits.data(), end, large, base).ec == std::errc()) {
    return large;
  }
  throw ScalarError(
      "the integer " + std::string(written) +
      " is not in the range from -9223372036854775808 to 18446744073709551615; quote it if it is "
      "text");
}

double double_value(std::string_view text) {
  const std::string_view written = text;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc() && result.ptr == text.data() + text.size()) return value;
  throw ScalarError("the number " + std::string(written) +
                    " is out of the range of a double; quote it if it is text");
}

Node::Value core_schema_value(std::string_view text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return nullptr;
  if (is_one_of(text, {"true", "True", "TRUE"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE"})) return false;
  if (all_of_base(without_sign(text), 10)) return integer_value(text);
  if (text.starts_with("0o") && all_of_base(text.substr(2), 8)) {
    return integer_value(text.substr(2), 8);
  }
  if (text.starts_with("0x") && all_of_base(text.substr(2), 16)) {
    return integer_value(text.substr(2), 16);
  }
  if (is_core_float(text)) return double_value(text);
  if (is_one_of(text, {".nan", ".NaN", ".NAN"}) ||
      is_one_of(without_sign(text), {".inf", ".Inf", ".INF"})) {
    throw ScalarError(std::string(text) +
                      " is not a finite number; give a number, or null for none");
  }
  return std::string(text);
}

}  // namespace host
