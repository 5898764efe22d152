#include "terminal/columns.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace host {
namespace {

constexpr std::string_view kEllipsis = "…";

struct Range {
  char32_t first;
  char32_t last;
};

/// Blocks of East_Asian_Width W and F (Unicode 15, EastAsianWidth.txt), neighbours joined. Not
/// wcwidth(3), which depends on the locale.
constexpr auto kWide = std::to_array<Range>({{0x1100, 0x115F},
                                             {0x2E80, 0x303E},
                                             {0x3041, 0x4DBF},
                                             {0x4E00, 0xA4CF},
                                             {0xA960, 0xA97F},
                                             {0xAC00, 0xD7A3},
                                             {0xF900, 0xFAFF},
                                             {0xFE30, 0xFE6F},
                                             {0xFF00, 0xFF60},
                                             {0xFFE0, 0xFFE6},
                                             {0x1F300, 0x1F64F},
                                             {0x1F680, 0x1F6FF},
                                             {0x1F900, 0x1F9FF},
                                             {0x20000, 0x3FFFD}});

/// Blocks of combining marks, and characters that only direct others.
constexpr auto kWithoutWidth = std::to_array<Range>({{0x0300, 0x036F},
                                                     {0x1AB0, 0x1AFF},
                                                     {0x1DC0, 0x1DFF},
                                                     {0x200B, 0x200F},
                                                     {0x202A, 0x202E},
                                                     {0x2060, 0x2064},
                                                     {0x20D0, 0x20FF},
                                                     {0xFE00, 0xFE0F},
                                                     {0xFE20, 0xFE2F},
                                                     {0xFEFF, 0xFEFF}});

bool contains(std::span<const Range> ranges, char32_t c) {
  const auto found = std::find_if(ranges.begin(), ranges.end(),
                                  [c](const Range& range) { return c <= range.last; });
  return found != ranges.end() && c >= found->first;
}

std::size_t columns_of(char32_t c) {
  if (c < kWithoutWidth.front().first) return 1;
  if (contains(kWithoutWidth, c)) return 0;
  return contains(kWide, c) ? 2 : 1;
}

}  // namespace

std::size_t column_count(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) columns += columns_of(study::take_code_point(text));
  return columns;
}

std::string fit_columns(std::string_view text, std::size_t columns) {
  std::size_t used = 0;
  std::size_t kept_bytes = 0;  // of the longest prefix that leaves a column for the ellipsis
  for (std::string_view rest = text; !rest.empty();) {
    used += columns_of(study::take_code_point(rest));
    if (used > columns) {
      return columns == 0 ? "" : std::string(text.substr(0, kept_bytes)).append(kEllipsis);
    }
    if (used < columns) kept_bytes = text.size() - rest.size();
  }
  return std::string(text);
}

std::string pad_columns(std::string_view text, std::size_t columns) {
  std::string fitted = fit_columns(text, columns);
  return fitted.append(columns - column_count(fitted), ' ');
}

}  // namespace host
