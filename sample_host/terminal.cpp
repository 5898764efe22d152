#include "terminal.hpp"

#include "columns.hpp"

#include <algorithm>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

namespace study_host {
namespace {

constexpr TerminalSize kUnknownSize{80, 24};
constexpr TerminalSize kNoTerminal{100, 24};
constexpr std::size_t kMinRows = 3;

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace

TerminalSize terminal_size(int fd) {
  if (::isatty(fd) != 1) return kNoTerminal;
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUnknownSize;
  return {size.ws_col, size.ws_row == 0 ? kUnknownSize.rows : size.ws_row};
}

bool can_replace_text(int fd) {
  const char* term = std::getenv("TERM");
  return ::isatty(fd) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

std::string TerminalFrame::replace(std::string_view text, TerminalSize size) {
  std::vector<std::string_view> lines = split_lines(text);
  const std::size_t room = std::max(size.rows, kMinRows) - 1;  // the cursor is below the last line
  if (lines.size() > room) {
    lines.resize(room);
    lines.back() = "  … (the terminal is too low for the rest)";
  }
  return draw(std::move(lines), size);
}

std::string TerminalFrame::finish(std::string_view text, TerminalSize size) {
  return draw(split_lines(text), size);
}

/// Cursor up to the last frame's beginning, then line by line, and what is left below erased: the
/// whole frame erased at once would flicker.
std::string TerminalFrame::draw(std::vector<std::string_view> lines, TerminalSize size) {
  std::size_t rows = 0;
  for (const std::size_t columns : line_columns_) {
    rows += std::max<std::size_t>((columns + size.columns - 1) / size.columns, 1);
  }
  std::string bytes = "\r";
  if (rows > 0) bytes += "\x1b[" + std::to_string(rows) + "A";
  line_columns_.clear();
  for (const std::string_view line : lines) {
    // Erased before it is written: behind a line of full width the cursor stands on its last
    // column still, and erasing from there would take that column's character.
    bytes.append("\x1b[K").append(line).append("\n");
    line_columns_.push_back(column_count(line));
  }
  return bytes + "\x1b[J";
}

}  // namespace study_host
