#include "base/format.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace study {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::size_t kMaxErrorTypeBytes = 120;
constexpr std::size_t kMaxNameBytes = 256;  // longer ones nobody has mistyped

struct Sequence {
  std::size_t size;
  bool valid;
};

/// The code point at the front of `text`, or the maximal part of one that is ill-formed there
/// (Unicode 15, table 3-7: the second byte's range depends on the first).
Sequence first_sequence(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {1, true};
  if (lead < 0xC2 || lead > 0xF4) return {1, false};
  const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead == 0xE0) low = 0xA0;   // overlong
  if (lead == 0xED) high = 0x9F;  // surrogates
  if (lead == 0xF0) low = 0x90;   // overlong
  if (lead == 0xF4) high = 0x8F;  // above U+10FFFF
  for (std::size_t i = 1; i < size; ++i) {
    if (i == text.size()) return {i, false};
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < low || byte > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {size, true};
}

/// How many bytes at the front are ASCII. Eight at a time, since nearly all text is.
std::size_t ascii_prefix(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t size = 0;
  for (std::uint64_t word = 0; size + sizeof word <= text.size(); size += sizeof word) {
    std::memcpy(&word, text.data() + size, sizeof word);
    if ((word & kHighBits) != 0) break;
  }
  while (size < text.size() && static_cast<unsigned char>(text[size]) < 0x80) ++size;
  return size;
}

/// The code points that are to be shown by number.
bool acts_on_terminal(char32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f) || code_point == 0x61c ||
         code_point == 0x200e || code_point == 0x200f ||
         (code_point >= 0x2028 && code_point <= 0x202e) ||
         (code_point >= 0x2066 && code_point <= 0x2069);
}

std::string escape_of(char32_t code_point) {
  if (code_point == '\n') return "\\n";
  if (code_point == '\t') return "\\t";
  if (code_point == '\r') return "\\r";
  const auto number = static_cast<std::uint32_t>(code_point);
  return number < 0x80 ? study::format("\\x{:02x}", number) : study::format("\\u{:04x}", number);
}

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  for (;;) {
    text.remove_prefix(ascii_prefix(text));
    if (text.empty()) return true;
    const Sequence sequence = first_sequence(text);
    if (!sequence.valid) return false;
    text.remove_prefix(sequence.size);
  }
}

std::string to_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t ascii = ascii_prefix(text);
    out += text.substr(0, ascii);
    text.remove_prefix(ascii);
    if (text.empty()) break;
    const Sequence sequence = first_sequence(text);
    out += sequence.valid ? text.substr(0, sequence.size) : kReplacement;
    text.remove_prefix(sequence.size);
  }
  return out;
}

char32_t take_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t size = byte(0) < 0x80 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
  char32_t code_point = size == 1 ? byte(0) : byte(0) & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) code_point = code_point << 6 | (byte(i) & 0x3FU);
  text.remove_prefix(size);
  return code_point;
}

std::string visible(std::string_view text) {
  std::string out;
  const std::string valid = to_valid_utf8(text);
  for (std::string_view rest = valid; !rest.empty();) {
    const std::string_view before = rest;
    const char32_t code_point = take_code_point(rest);
    const std::string_view bytes = before.substr(0, before.size() - rest.size());
    out += acts_on_terminal(code_point) ? escape_of(code_point) : bytes;
  }
  return out;
}

std::string_view truncate_utf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && !begins_code_point(text[end])) --end;
  return text.substr(0, end);
}

std::string failure_type(std::string_view raw) {
  std::string out;
  for (const char c : raw) {
    if (c > ' ' && c < 0x7f && out.size() < kMaxErrorTypeBytes) out += c;
  }
  return out.empty() ? "Error" : out;
}

std::string_view nearest_name(std::string_view word, std::span<const std::string_view> candidates) {
  std::string_view nearest;
  std::size_t best = std::string_view::npos;
  for (const std::string_view candidate : candidates) {
    const auto [shorter, longer] = std::minmax({word.size(), candidate.size()});
    const std::size_t limit = std::max<std::size_t>(1, longer / 3);
    if (longer > kMaxNameBytes || longer - shorter > limit) continue;
    const std::size_t distance = edit_distance(word, candidate);
    // Words that have nothing in common are not near, however short.
    if (distance <= limit && distance < longer && distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace study
