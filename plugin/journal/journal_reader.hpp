/// What a journal says of its study, read line by line.
#pragma once

#include "checkpoint/entry_table.hpp"

#include <study/attempt.hpp>
#include <study/posix.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace study::journal {

/// The lines of a file, in memory only one at a time. Linear in the size of the file; memory for
/// the longest line.
class LineReader {
 public:
  /// Throws `FileError`; its code is ENOENT where there is no file.
  explicit LineReader(std::filesystem::path path);
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  /// Goes to the next line; false at the end of the file, which stays where it was found first.
  /// Throws `FileError`, and `CheckpointError` for a line of more than 1 GiB.
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
  UniqueFd fd_;
  std::string buffer_;
  std::size_t line_begin_ = 0;  ///< in buffer_, of the line after the present one
  std::string_view text_;
  bool is_terminated_ = false;
  std::uint64_t number_ = 0;
  std::uint64_t end_offset_ = 0;
};

struct JournalContent {
  checkpoint::EntryTable table;  ///< after the last line that counts, with the attempts it tells of
  std::uint64_t lines = 0;       ///< whole, and none damaged before them
  std::uint64_t size_bytes = 0;  ///< of these lines; what is behind them doesn't count
  std::string tail_problem;  ///< what is wrong with the bytes behind them; empty: there are none
};

/// Reads the journal at `path` by playing its lines through an `EntryTable`; empty where there is
/// no file. What a crash leaves is damage at the end of the file: no whole line is behind it or,
/// where a power loss has left a block unwritten, only lines of the same two minutes.
/// `tail_problem` tells of it.
///
/// `take` gets the attempts that these lines tell of.
///
/// Linear in the file, in memory the table and the longest line.
///
/// Throws `FileError` where it can't be read, and `CheckpointError`, whose message names the line:
/// `newer_version`, or `corrupt` for a line damaged otherwise with whole ones behind it, one that
/// is missing or tells what can't have happened, and a file without one whole line.
[[nodiscard]] std::optional<JournalContent> read_journal(const std::filesystem::path& path,
                                                         const TakeAttempt& take = {});

}  // namespace study::journal
