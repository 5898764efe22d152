/// What an experiment prints: all of it in a log file, the end of it in memory.
#pragma once

#include <study/posix.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace host {

enum class OutputStream { out, err };

/// Appends to a file that is created with the first byte, so that a silent experiment leaves none.
/// It has what two pipes tell, in the order in which it was read: that of each stream is its own,
/// and between the two the one that had something first comes first.
/// A log that can't be written is no reason to lose the experiment: the first error is kept, and
/// nothing more is written. Where there is no room for more (RLIMIT_FSIZE, a full disk), the log's
/// last line says that it is cut.
class OutputLog {
 public:
  /// `has_times`: each line begins with the time when its beginning was read and its stream,
  /// `2026-02-27T16:30:00.123Z err | `; a line that the other stream has cut short goes on with a
  /// beginning of its own.
  explicit OutputLog(std::filesystem::path path, bool has_times = false);

  void append(std::string_view bytes, OutputStream stream);

  /// Why the log is not whole; empty while it is.
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  [[nodiscard]] std::string with_times(std::string_view bytes, OutputStream stream);
  void write(std::string_view bytes);
  void fail(const char* operation, int error_number);
  void say_that_it_is_cut(int error_number);

  std::filesystem::path path_;
  bool has_times_;
  bool is_at_line_start_ = true;
  OutputStream last_stream_ = OutputStream::out;
  study::UniqueFd file_;
  std::string error_;
};

/// The end of a stream, at least its last `max_bytes`. Constant cost per byte; at most twice that
/// many are held.
class KeptOutput {
 public:
  explicit KeptOutput(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void append(std::string_view bytes);

  /// Takes it away; at most its last `max_bytes` where it isn't whole.
  [[nodiscard]] std::string take();
  /// Whether that is all that there was.
  [[nodiscard]] bool is_whole() const { return is_whole_; }

 private:
  std::size_t max_bytes_;
  std::string text_;
  bool is_whole_ = true;
};

}  // namespace host
