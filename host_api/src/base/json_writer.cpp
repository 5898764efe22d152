#include <study/error.hpp>
#include <study/json.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <boost/container/small_vector.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace study {
namespace {

/// Whether a JSON string can't have the character as it is.
[[nodiscard]] bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

/// How many characters at the front need no escape. Eight at a time, since nearly all need none.
[[nodiscard]] std::size_t plain_prefix(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighBits = kOnes * 0x80;
  // Not 0 exactly if some byte of `word` is below `limit`, which is at most 0x80.
  const auto below = [](std::uint64_t word, std::uint64_t limit) {
    return (word - kOnes * limit) & ~word & kHighBits;
  };
  std::size_t size = 0;
  for (std::uint64_t word = 0; size + sizeof word <= text.size(); size += sizeof word) {
    std::memcpy(&word, text.data() + size, sizeof word);
    if ((below(word, 0x20) | below(word ^ (kOnes * '"'), 1) | below(word ^ (kOnes * '\\'), 1)) !=
        0) {
      break;
    }
  }
  while (size < text.size() && !needs_escape(text[size])) ++size;
  return size;
}

template <typename Integer>
void append_integer(std::string& out, Integer number) {
  std::array<char, 24> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), result.ptr);
}

void append_code_unit(std::string& out, std::uint32_t unit) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) {
    out += "0123456789abcdef"[(unit >> shift) & 15U];
  }
}

/// What JSON escapes is ASCII; this escapes the rest, DEL included, as Python does.
void append_ascii_json_string(std::string& out, std::string_view text) {
  const auto is_plain = [](char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; };
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    out += '"';
    out += text;
    out += '"';
    return;
  }
  if (!is_valid_utf8(text)) {
    throw InputError("the string \"" + to_valid_utf8(text.substr(0, 80)) + "\" is not UTF-8");
  }
  std::string utf8;
  append_json_string(utf8, text);
  for (std::string_view rest = utf8; !rest.empty();) {
    if (static_cast<unsigned char>(rest[0]) < 0x7F) {
      out += rest[0];
      rest.remove_prefix(1);
    } else {
      const char32_t code_point = take_code_point(rest);
      if (code_point < 0x10000) {
        append_code_unit(out, code_point);
      } else {
        append_code_unit(out, 0xD800 + ((code_point - 0x10000) >> 10));
        append_code_unit(out, 0xDC00 + ((code_point - 0x10000) & 0x3FF));
      }
    }
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (;;) {
    const std::size_t plain = plain_prefix(text);
    out += text.substr(0, plain);
    if (plain == text.size()) break;
    const char escaped = text[plain];
    text.remove_prefix(plain + 1);
    constexpr std::string_view kShort = "\"\"\\\\\bb\tt\nn\ff\rr";  // character, its letter, …
    std::size_t found = 0;
    while (found < kShort.size() && kShort[found] != escaped) found += 2;
    if (found < kShort.size()) {
      out += '\\';
      out += kShort[found + 1];
    } else {
      const auto byte = static_cast<unsigned char>(escaped);
      out += "\\u00";
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
    }
  }
  out += '"';
}

void append_python_double(std::string& out, double number) {
  // `-d.ddde-xx`: the digits, and the exponent of the first of them.
  std::array<char, 40> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                    std::chars_format::scientific);
  std::string_view text(buffer.data(), static_cast<std::size_t>(result.ptr - buffer.data()));
  if (text.front() == '-') {
    out += '-';
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  std::string_view exponent_text = text.substr(e + 1);
  if (exponent_text.front() == '+') exponent_text.remove_prefix(1);
  int exponent = 0;
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);

  std::string_view mantissa = text.substr(0, e);
  if (exponent < -4 || exponent >= 16) {  // where Python's repr turns to this form
    out += mantissa;
    out += exponent < 0 ? "e-" : "e+";
    if (std::abs(exponent) < 10) out += '0';
    return append_integer(out, std::abs(exponent));
  }
  if (exponent < 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-exponent - 1), '0');
    out += mantissa[0];
    if (mantissa.size() > 2) out += mantissa.substr(2);
    return;
  }
  const auto whole_digits = static_cast<std::size_t>(exponent);  // behind the first
  const std::string_view digits = mantissa.size() > 2 ? mantissa.substr(2) : std::string_view();
  out += mantissa[0];
  out += digits.substr(0, whole_digits);
  if (digits.size() <= whole_digits) {
    out.append(whole_digits - digits.size(), '0');
    out += ".0";
  } else {
    out += '.';
    out += digits.substr(whole_digits);
  }
}

void JsonWriter::write(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      out_ += "null";
      return;
    case boost::json::kind::bool_:
      out_ += value.get_bool() ? "true" : "false";
      return;
    case boost::json::kind::int64:
      return append_integer(out_, value.get_int64());
    case boost::json::kind::uint64:
      return append_integer(out_, value.get_uint64());
    case boost::json::kind::double_:
      return write_double(value.get_double());
    case boost::json::kind::string:
      return write_string(value.get_string());
    case boost::json::kind::array:
      return write_array(value.get_array());
    case boost::json::kind::object:
      return write_object(value.get_object());
  }
}

void JsonWriter::write_object(const boost::json::object& object) {
  const std::string_view separator = style_.spaced ? ", " : ",";
  std::string_view next_separator;
  const auto write_next = [&](const boost::json::key_value_pair& member) {
    out_ += next_separator;
    next_separator = separator;
    write_member(member);
  };

  out_ += '{';
  if (style_.sorted) {
    boost::container::small_vector<const boost::json::key_value_pair*, 32> members;
    for (const auto& member : object) members.push_back(&member);
    // The order of UTF-8's bytes is that of the code points.
    std::sort(members.begin(), members.end(),
              [](const auto* a, const auto* b) { return a->key() < b->key(); });
    for (const auto* member : members) write_next(*member);
  } else {
    for (const auto& member : object) write_next(member);
  }
  out_ += '}';
}

void JsonWriter::write_member(const boost::json::key_value_pair& member) {
  write_string(member.key());
  out_ += style_.spaced ? ": " : ":";
  write(member.value());
}

void JsonWriter::write_array(const boost::json::array& array) {
  const std::string_view separator = style_.spaced ? ", " : ",";
  std::string_view next_separator;
  out_ += '[';
  for (const auto& element : array) {
    out_ += next_separator;
    next_separator = separator;
    write(element);
  }
  out_ += ']';
}

void JsonWriter::write_string(std::string_view text) {
  if (style_.ascii) {
    append_ascii_json_string(out_, text);
  } else {
    append_json_string(out_, text);
  }
}

void JsonWriter::write_double(double number) {
  if (!std::isfinite(number)) {
    throw InputError(std::string(std::isnan(number) ? "NaN" : "an infinity") +
                     " has no form in JSON: give a number, a string or null");
  }
  append_python_double(out_, number);
}

void append_json(std::string& out, const boost::json::value& value) {
  JsonWriter(out, kCompactStyle).write(value);
}

}  // namespace study
