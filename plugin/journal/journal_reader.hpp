/// What a journal says of its study.
#pragma once

#include "checkpoint/entry_table.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace study::journal {

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
/// Linear in the file, in memory the table and the longest line.
///
/// Throws `FileError` where it can't be read, and `CheckpointError`, whose message names the line:
/// `newer_version`, or `corrupt` for a line damaged otherwise with whole ones behind it, one that
/// is missing or tells what can't have happened, and a file without one whole line.
[[nodiscard]] std::optional<JournalContent> read_journal(const std::filesystem::path& path);

}  // namespace study::journal
