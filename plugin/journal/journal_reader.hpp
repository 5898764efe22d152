/// What a journal says of its study.
#pragma once

#include "checkpoint/entry_table.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace study::journal {

struct JournalContent {
  checkpoint::EntryTable table;         ///< after the last whole line
  std::vector<std::uint32_t> attempts;  ///< of each entry, how many the journal tells of
  std::uint64_t lines = 0;              ///< the whole ones
  std::uint64_t size_bytes = 0;         ///< of the whole lines; what is behind them is damaged
  std::string tail_problem;  ///< what is wrong with the bytes behind them; empty: there are none
};

/// Reads the journal at `path` by playing its lines through an `EntryTable`; empty where there is
/// no file. Damage at the end of the file, with no whole line behind it, is what a crash leaves:
/// `tail_problem` tells of it.
///
/// Linear in the file, in memory the table and the longest line.
///
/// Throws `FileError` where it can't be read, and `CheckpointError`, whose message names the line:
/// `newer_version`, or `corrupt` for a damaged line with whole ones behind it, a line that is
/// missing or tells what can't have happened, and a file without one whole line.
[[nodiscard]] std::optional<JournalContent> read_journal(const std::filesystem::path& path);

}  // namespace study::journal
