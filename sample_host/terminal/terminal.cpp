#include "terminal/terminal.hpp"

#include <study/posix.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

namespace host {
namespace {

constexpr TerminalSize kUnknownSize{80, 24};
constexpr TerminalSize kNoTerminal{100, 24};
constexpr std::size_t kMinRows = 3;
constexpr std::string_view kEllipsis = "…";
/// For so long the end of the host waits for a reader that is slow.
constexpr std::chrono::milliseconds kLastWait{500};

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::size_t columns_of(char32_t c) {
  return static_cast<std::size_t>(std::max(::utf8proc_charwidth(static_cast<std::int32_t>(c)), 0));
}

}  // namespace

std::size_t column_count(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) columns += columns_of(study::take_code_point(text));
  return columns;
}

std::string_view cut_to_columns(std::string_view text, std::size_t columns) {
  std::size_t used = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t kept_bytes = text.size() - rest.size();
    used += columns_of(study::take_code_point(rest));
    if (used > columns) return text.substr(0, kept_bytes);
  }
  return text;
}

std::string fit_columns(std::string_view text, std::size_t columns) {
  std::string fitted(cut_to_columns(text, columns));
  if (fitted.size() == text.size()) return fitted;
  if (columns == 0) return {};
  return std::string(cut_to_columns(fitted, columns - 1)).append(kEllipsis);
}

std::string pad_columns(std::string_view text, std::size_t columns) {
  std::string fitted = fit_columns(text, columns);
  return fitted.append(columns - column_count(fitted), ' ');
}

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
  std::vector<std::string> lines = split_lines(text);
  const std::size_t room = std::max(size.rows, kMinRows) - 1;  // the cursor is below the last line
  if (lines.size() > room) {
    lines.resize(room);
    lines.back() = "  … (the terminal is too low for the rest)";
  }
  for (std::string& line : lines) line = fit_columns(line, size.columns);
  return draw(lines, size.columns);
}

std::string TerminalFrame::finish(std::string_view text, TerminalSize size) {
  return draw(split_lines(text), size.columns);
}

/// Cursor up to the last frame's beginning, then line by line, and what is left below erased: the
/// whole frame erased at once would flicker.
std::string TerminalFrame::draw(const std::vector<std::string>& lines, std::size_t columns) {
  const auto rows_of = [columns](std::size_t line_columns) {
    return std::max<std::size_t>((line_columns + columns - 1) / columns, 1);
  };
  std::size_t rows = 0;
  for (const std::size_t line_columns : line_columns_) rows += rows_of(line_columns);
  std::string bytes = "\r";
  if (rows > 0) bytes += "\x1b[" + std::to_string(rows) + "A";
  line_columns_.clear();
  for (const std::string& line : lines) {
    // Erased before it is written: behind a line of full width the cursor stands on its last
    // column still, and erasing from there would take that column's character. One that goes on in
    // the next row erases the rows below, too.
    const std::size_t line_columns = column_count(line);
    bytes.append(rows_of(line_columns) > 1 ? "\x1b[J" : "\x1b[K").append(line).append("\n");
    line_columns_.push_back(line_columns);
  }
  return bytes + "\x1b[J";
}

Console::Console(int fd) : fd_(fd), is_terminal_(can_replace_text(fd)), output_(fd) {}

Console::~Console() {
  set_progress({});
  output_.finish(kLastWait);
}

void Console::write_line(std::string_view line) {
  const std::lock_guard lock(mutex_);
  std::string out;
  erase_progress(out);
  out += line;
  out += '\n';
  append_progress(out);
  output_.write(out);
}

void Console::set_progress(std::string_view line) {
  if (!is_terminal_) return;
  const std::lock_guard lock(mutex_);
  if (line == progress_) return output_.catch_up();
  // A line that nobody sees is replaced by the next one, but it must go in the end.
  if (output_.is_behind() && !line.empty()) return output_.catch_up();
  std::string out;
  erase_progress(out);
  progress_ = line;
  append_progress(out);
  output_.write(out);
}

void Console::erase_progress(std::string& out) const {
  if (!progress_.empty()) out += "\r\x1b[K";  // to the line's beginning, erase to its end
}

void Console::append_progress(std::string& out) const {
  // One column stays free: a cursor behind the last one may wrap, and \r then misses the line.
  if (!progress_.empty()) out += cut_to_columns(progress_, terminal_size(fd_).columns - 1);
}

void Console::catch_up() {
  const std::lock_guard lock(mutex_);
  output_.catch_up();
}

}  // namespace host
