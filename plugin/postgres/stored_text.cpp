#include "postgres/stored_text.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <cstddef>

namespace study::postgres {
namespace {

constexpr char kSubstitute = '\x1a';
constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::string_view kNeedsEscape("\0\x1a", 2);

/// How many bytes the character at the front of `text` has; 0 if it isn't UTF-8.
std::size_t character_size(std::string_view text) {
  for (std::size_t size = 1; size <= std::min<std::size_t>(4, text.size()); ++size) {
    const std::string_view candidate = text.substr(0, size);
    if (to_valid_utf8(candidate) == candidate) return size;
  }
  return 0;
}

void append_escaped(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += kSubstitute;
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

}  // namespace

std::string to_stored(std::string_view text) {
  if (text.find_first_of(kNeedsEscape) == std::string_view::npos && to_valid_utf8(text) == text) {
    return std::string(text);
  }
  std::string out;
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    if (size == 0 || kNeedsEscape.find(text.front()) != std::string_view::npos) {
      append_escaped(out, text.front());
      text.remove_prefix(1);
    } else {
      out += text.substr(0, size);
      text.remove_prefix(size);
    }
  }
  return out;
}

std::string from_stored(std::string_view stored) {
  std::string out;
  out.reserve(stored.size());
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (stored[i] == kSubstitute && i + 2 < stored.size()) {
      const std::size_t high = kDigits.find(stored[i + 1]);
      const std::size_t low = kDigits.find(stored[i + 2]);
      if (high != std::string_view::npos && low != std::string_view::npos) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += stored[i];
  }
  return out;
}

}  // namespace study::postgres
