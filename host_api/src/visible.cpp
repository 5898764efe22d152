#include <study/text.hpp>

#include <cstdio>

namespace study {
namespace {

/// Those of the code points below U+10000 that are to be shown by number.
bool is_obeyed(unsigned code_point) {
  return code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f) || code_point == 0x61c ||
         code_point == 0x200e || code_point == 0x200f ||
         (code_point >= 0x2028 && code_point <= 0x202e) ||
         (code_point >= 0x2066 && code_point <= 0x2069);
}

struct CodePoint {
  unsigned value;
  std::size_t size;  ///< in bytes
};

/// At the front of `text`, which is not empty and UTF-8.
CodePoint first_code_point(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  unsigned value = size == 1 ? lead : lead & (0xffu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) value = value << 6 | (byte(i) & 0x3fu);
  return {value, size};
}

void append_escape(std::string& out, unsigned code_point) {
  if (code_point == '\n') {
    out += "\\n";
  } else if (code_point == '\t') {
    out += "\\t";
  } else if (code_point == '\r') {
    out += "\\r";
  } else {
    char digits[8];
    std::snprintf(digits, sizeof digits, code_point < 0x80 ? "\\x%02x" : "\\u%04x", code_point);
    out += digits;
  }
}

}  // namespace

std::string visible(std::string_view text) {
  std::string out;
  const std::string valid = to_valid_utf8(text);
  for (std::string_view rest = valid; !rest.empty();) {
    const CodePoint first = first_code_point(rest);
    if (is_obeyed(first.value)) {
      append_escape(out, first.value);
    } else {
      out += rest.substr(0, first.size);
    }
    rest.remove_prefix(first.size);
  }
  return out;
}

}  // namespace study
