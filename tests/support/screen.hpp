/// What a person sees of a program on a terminal.
#pragma once

#include "run_program.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>

namespace study_test {

/// As much of a terminal as study-host uses: one code point a column, lines that wrap late as
/// xterm's do,
/// `\r`, `\n`, cursor up, erase to the end of the line and of the screen. Anything else throws.
class Screen {
 public:
  explicit Screen(std::size_t columns) : columns_(columns) {}

  void take(const std::string& bytes) {
    pending_ += bytes;
    while (!pending_.empty()) {
      const std::size_t taken = take_front();
      if (taken == 0) return;
      pending_.erase(0, taken);
    }
  }

  /// All lines, without spaces at their ends; the cursor's is `|` in front of its line.
  [[nodiscard]] std::string text() const {
    std::string shown;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      std::string line;
      for (const std::string& cell : lines_[i]) line += cell;
      line.erase(line.find_last_not_of(' ') + 1);
      shown += (i == row_ && column_ == 0 ? "|" : "") + line + "\n";
    }
    return shown;
  }

 private:
  /// How many bytes; 0 if the escape sequence isn't whole yet.
  std::size_t take_front() {
    const char c = pending_.front();
    if (c == '\x1b') return take_escape();
    if (c == '\r') {
      column_ = 0;
    } else if (c == '\n') {
      if (++row_ == lines_.size()) lines_.emplace_back();
    } else {
      put(c);
    }
    return 1;
  }

  void put(char c) {
    if ((static_cast<unsigned char>(c) & 0xC0U) == 0x80U) {  // goes on with a code point
      lines_[row_][column_ - 1] += c;
      return;
    }
    if (column_ == columns_) {
      column_ = 0;
      if (++row_ == lines_.size()) lines_.emplace_back();
    }
    std::vector<std::string>& line = lines_[row_];
    line.resize(std::max(line.size(), column_ + 1), " ");
    line[column_++] = c;
  }

  std::size_t take_escape() {
    const std::size_t end = pending_.find_first_of("ABCDEFGHJKhlm", 1);
    if (end == std::string::npos) return 0;
    const std::string sequence = pending_.substr(1, end);
    if (sequence == "[K") {
      lines_[row_].resize(std::min(lines_[row_].size(), column_));
    } else if (sequence == "[J") {
      lines_[row_].resize(std::min(lines_[row_].size(), column_));
      lines_.resize(row_ + 1);
    } else if (sequence.back() == 'A') {
      const auto up = static_cast<std::size_t>(std::stoul(sequence.substr(1)));
      if (up > row_) throw std::runtime_error("the cursor leaves the program's lines");
      row_ -= up;
    } else {
      throw std::runtime_error("an unknown sequence: " + sequence);
    }
    return end + 1;
  }

  const std::size_t columns_;
  std::vector<std::vector<std::string>> lines_{{}};  ///< of code points
  std::size_t row_ = 0;
  std::size_t column_ = 0;
  std::string pending_;
};

/// A program on a terminal of its own, whose controlling terminal it is.
class TerminalProgram {
 public:
  TerminalProgram(std::vector<std::string> command, std::size_t columns, std::size_t rows)
      : screen_(columns) {
    winsize size{};
    size.ws_col = static_cast<unsigned short>(columns);
    size.ws_row = static_cast<unsigned short>(rows);
    std::vector<char*> arguments;
    for (std::string& argument : command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
    if (pid_ < 0) throw std::runtime_error("forkpty");
    if (pid_ == 0) {
      ::setenv("TERM", "xterm", 1);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
  }
  TerminalProgram(const TerminalProgram&) = delete;
  TerminalProgram& operator=(const TerminalProgram&) = delete;
  ~TerminalProgram() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(terminal_);
  }

  /// What is on the screen by now.
  [[nodiscard]] std::string screen() {
    while (read_some(0)) {
    }
    return screen_.text();
  }

  void type(char c) const {
    if (::write(terminal_, &c, 1) != 1) throw std::runtime_error("write to a terminal");
  }

  /// The exit code, when it has ended; `screen()` is then what stays.
  int wait() {
    while (read_some(static_cast<int>(std::chrono::milliseconds(kDeadline).count()))) {
    }
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  /// False when nothing has come in time, or the program has closed its terminal.
  bool read_some(int timeout_milliseconds) {
    pollfd readable{terminal_, POLLIN, 0};
    if (::poll(&readable, 1, timeout_milliseconds) != 1) return false;
    char buffer[4096];
    const ssize_t size = ::read(terminal_, buffer, sizeof buffer);
    if (size <= 0) return false;
    screen_.take({buffer, static_cast<std::size_t>(size)});
    return true;
  }

  Screen screen_;
  int terminal_ = -1;
  pid_t pid_ = -1;
};

}  // namespace study_test
