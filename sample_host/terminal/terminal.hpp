/// A terminal as a place for text that is replaced where it stands.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace host {

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

}  // namespace host
