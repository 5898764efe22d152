/// A terminal: its size, a line that is replaced below others, and a text that is replaced as a
/// whole.
#pragma once

#include "terminal/unblocked_output.hpp"

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace host {

/// How many columns `text` takes: two for East Asian wide characters and emoji, none for combining
/// marks, else one for each code point. `text` must be UTF-8 on one line. The widths are those of
/// utf8proc, not of wcwidth(3), which depends on the locale.
[[nodiscard]] std::size_t column_count(std::string_view text);

/// As much of `text` as fits `columns`.
[[nodiscard]] std::string_view cut_to_columns(std::string_view text, std::size_t columns);

/// `text` if it fits `columns`, else as much of it as leaves room for `…` at the end.
[[nodiscard]] std::string fit_columns(std::string_view text, std::size_t columns);

/// The same, filled with spaces up to `columns`.
[[nodiscard]] std::string pad_columns(std::string_view text, std::size_t columns);

struct TerminalSize {
  std::size_t columns;
  std::size_t rows;

  friend bool operator==(const TerminalSize&, const TerminalSize&) = default;
};

/// Of the terminal that `fd` is, 80 x 24 if it doesn't tell; 100 columns where it is none.
[[nodiscard]] TerminalSize terminal_size(int fd);

/// Whether `fd` is a terminal that knows how to move its cursor.
[[nodiscard]] bool can_replace_text(int fd);

/// A text of several lines, drawn over its predecessor. Makes the bytes; writing them is the
/// caller's. Between two frames the cursor is at the beginning of the line below the last one, so
/// that the terminal is in order whenever it ends.
class TerminalFrame {
 public:
  /// The bytes that replace the last frame by `text`: lines that each end with a newline, without
  /// control characters. Lines are cut to the terminal's width; those that it can't show at once
  /// are left out, and the last one says so.
  [[nodiscard]] std::string replace(std::string_view text, TerminalSize size);

  /// The same for the frame that stays: all its lines, whatever the terminal's height, and whole,
  /// so that a long one goes on in the next row.
  [[nodiscard]] std::string finish(std::string_view text, TerminalSize size);

 private:
  [[nodiscard]] std::string draw(const std::vector<std::string>& lines, std::size_t columns);

  std::vector<std::size_t> line_columns_;  ///< of the last frame
};

/// stderr, shared by log lines and the progress line: lines, and below them, on a terminal, one
/// line that is replaced in place. All functions are [any-thread]. Never waits for who reads it,
/// and ignores errors of writing: nobody is there to be told.
class Console {
 public:
  explicit Console(int fd);
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;
  ~Console();

  [[nodiscard]] bool is_terminal() const { return is_terminal_; }

  /// Writes a line; the progress line stays below it.
  void write_line(std::string_view line);

  /// Replaces the progress line; an empty one removes it. Cut to the terminal's present width.
  /// Does nothing where there is no terminal.
  void set_progress(std::string_view line);

  /// Writes what there was no room for.
  void catch_up();

 private:
  void erase_progress(std::string& out) const;
  void append_progress(std::string& out) const;

  const int fd_;
  const bool is_terminal_;
  std::mutex mutex_;
  UnblockedOutput output_;
  std::string progress_;
};

}  // namespace host
