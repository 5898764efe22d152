#include "input/yaml_text.hpp"

#include "base/format.hpp"
#include "input/document.hpp"

#include <study/text.hpp>

#include <algorithm>

namespace host {
namespace {

constexpr char32_t kNextLine = 0x85;
constexpr char32_t kByteOrderMark = 0xFEFF;

/// Whether YAML (1.2.2, section 5.1) has the character as an escape only, or we don't take it.
bool is_refused(char32_t c) {
  return (c >= 0x7F && c <= 0x9F) || c == kByteOrderMark || c == 0xFFFE || c == 0xFFFF;
}

std::string refusal_of(char32_t c) {
  const auto code = static_cast<unsigned>(c);
  if (c == kNextLine) {
    return "there is a character U+0085 (next line) in the text, which some take for the end of a "
           "line; write it as \\N in double quotes";
  }
  if (c == kByteOrderMark) {
    return "there is a byte order mark (U+FEFF) inside of the text; take it out, or write it as "
           "\\uFEFF in double quotes";
  }
  const std::string escape =
      c < 0x100 ? study::format("\\x{:02X}", code) : study::format("\\u{:04X}", code);
  return study::format("there is a character U+{:04X} in the text; write it as {} in double quotes",
                       code, escape);
}

}  // namespace

bool TextCursor::ends_line(std::size_t byte) const {
  if (text_[byte] == '\n') return true;
  return text_[byte] == '\r' && (byte + 1 == text_.size() || text_[byte + 1] != '\n');
}

void TextCursor::move_to(std::size_t index) {
  while (index_ < index && byte_ < text_.size()) {
    if (ends_line(byte_)) ++line_;
    do {
      ++byte_;
    } while (byte_ < text_.size() && !study::begins_code_point(text_[byte_]));
    ++index_;
  }
  while (index_ > index) {
    do {
      --byte_;
    } while (!study::begins_code_point(text_[byte_]));
    if (ends_line(byte_)) --line_;
    --index_;
  }
}

int TextCursor::line(std::size_t index) {
  move_to(index);
  return line_;
}

TextPlace TextCursor::place(std::size_t index) {
  move_to(index);
  std::size_t begin = byte_;
  while (begin > 0 && !ends_line(begin - 1)) --begin;
  const auto column =
      std::count_if(text_.begin() + static_cast<std::ptrdiff_t>(begin),
                    text_.begin() + static_cast<std::ptrdiff_t>(byte_), study::begins_code_point);
  return {line_, 1 + static_cast<std::size_t>(column)};
}

std::string_view TextCursor::rest(std::size_t index) {
  move_to(index);
  return text_.substr(byte_);
}

void check_yaml_characters(std::string_view text, const std::string& source) {
  const std::string_view whole = text;
  while (!text.empty()) {
    const char* const special = std::find_if(text.data(), text.data() + text.size(), [](char c) {
      return static_cast<unsigned char>(c) >= 0x7F;
    });
    text.remove_prefix(static_cast<std::size_t>(special - text.data()));
    if (text.empty()) return;
    const std::size_t byte = whole.size() - text.size();
    const char32_t c = study::take_code_point(text);
    if (!is_refused(c)) continue;
    TextCursor cursor(whole);
    const auto index = static_cast<std::size_t>(
        std::count_if(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(byte),
                      study::begins_code_point));
    refuse_input(study::format("{}:{}: {}", source, cursor.line(index), refusal_of(c)));
  }
}

}  // namespace host
