/// The lines of a file, in memory only one at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace study::journal {

/// Linear in the size of the file; memory for the longest line.
class LineReader {
 public:
  /// Throws `FileError`; its code is ENOENT where there is no file.
  explicit LineReader(std::filesystem::path path);
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;
  ~LineReader();

  /// Goes to the next line; false at the end of the file. Throws `FileError`, and `CheckpointError`
  /// for a line of more than 1 GiB.
  [[nodiscard]] bool next();

  /// The line that next() went to, without its newline; valid until the next call.
  [[nodiscard]] std::string_view text() const { return text_; }
  /// Whether it has a newline, which only the last one may lack.
  [[nodiscard]] bool is_terminated() const { return is_terminated_; }
  [[nodiscard]] std::uint64_t number() const { return number_; }          ///< from 1
  [[nodiscard]] std::uint64_t end_offset() const { return end_offset_; }  ///< behind its newline

 private:
  [[nodiscard]] bool read_more();

  const std::filesystem::path path_;
  int fd_ = -1;
  std::string buffer_;
  std::size_t line_begin_ = 0;  ///< in buffer_, of the line after the present one
  std::string_view text_;
  bool is_terminated_ = false;
  std::uint64_t number_ = 0;
  std::uint64_t end_offset_ = 0;
};

}  // namespace study::journal
