#include "input/placeholders.hpp"

#include <algorithm>

namespace host {
namespace {

bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool belongs_to_name(char c) {
  return begins_name(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

// The name of the placeholder at the front of `text`, or nothing.
std::string_view leading_placeholder(std::string_view text) {
  if (text.size() < 3 || text.front() != '{' || !begins_name(text[1])) return {};
  const auto end = std::find_if_not(text.begin() + 1, text.end(), belongs_to_name);
  if (end == text.end() || *end != '}') return {};
  return text.substr(1, static_cast<std::size_t>(end - text.begin()) - 1);
}

}  // namespace

std::vector<TextPiece> split_placeholders(std::string_view text) {
  std::vector<TextPiece> pieces;
  std::size_t plain = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::string_view name = leading_placeholder(text.substr(at));
    if (name.empty()) {
      ++at;
      continue;
    }
    if (at > plain) pieces.push_back({text.substr(plain, at - plain), false});
    pieces.push_back({name, true});
    at += name.size() + 2;
    plain = at;
  }
  if (at > plain) pieces.push_back({text.substr(plain), false});
  return pieces;
}

}  // namespace host
