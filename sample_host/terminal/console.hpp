/// stderr, shared by log lines and the progress line.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace host {

/// Lines, and below them, on a terminal, one line that is replaced in place. All functions are
/// [any-thread]. Errors of writing are ignored: nobody is there to be told.
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

 private:
  void erase_progress(std::string& out) const;
  void append_progress(std::string& out) const;
  void write(std::string_view bytes) const;

  const int fd_;
  const bool is_terminal_;
  std::mutex mutex_;
  std::string progress_;
};

}  // namespace host
