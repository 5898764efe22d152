#include "journal/journal_reader.hpp"

#include "journal/journal_line.hpp"
#include "journal/journal_replay.hpp"
#include "journal/line_reader.hpp"

#include <study/error.hpp>

#include <cerrno>
#include <memory>
#include <utility>

namespace study::journal {
namespace {

std::unique_ptr<LineReader> open_if_there(const std::filesystem::path& path) {
  try {
    return std::make_unique<LineReader>(path);
  } catch (const FileError& error) {
    if (error.code().value() == ENOENT) return nullptr;
    throw;
  }
}

[[noreturn]] void fail(const std::filesystem::path& path, std::uint64_t line,
                       const std::string& what) {
  throw CheckpointError(CheckpointError::Kind::corrupt,
                        path.string() + ":" + std::to_string(line) + ": " + what);
}

bool is_good(const LineReader& reader) {
  return reader.is_terminated() && is_whole(reader.text());
}

/// The present line is damaged: what is wrong, if the file ends with damage. Whatever is whole
/// behind it can't be trusted, since nobody knows what is missing before it.
std::string tail_problem(LineReader& reader, const std::filesystem::path& path) {
  const std::uint64_t damaged = reader.number();
  std::string problem =
      path.string() + ":" + std::to_string(damaged) +
      (reader.is_terminated() ? ": the line does not have its checksum"
                              : ": the line is not complete, its writer was interrupted");
  while (reader.next()) {
    if (!is_good(reader)) continue;
    fail(path, damaged,
         "the line is damaged, and line " + std::to_string(reader.number()) +
             " behind it is whole: nothing from it on can be trusted. To go on from what is "
             "before it, keep a copy and cut the file behind line " +
             std::to_string(damaged - 1));
  }
  return problem;
}

}  // namespace

std::optional<JournalContent> read_journal(const std::filesystem::path& path) {
  const std::unique_ptr<LineReader> reader = open_if_there(path);
  if (reader == nullptr) return std::nullopt;
  JournalReplay replay(path.string());
  std::uint64_t size_bytes = 0;
  std::string problem;
  while (reader->next()) {
    if (!is_good(*reader)) {
      problem = tail_problem(*reader, path);
      break;
    }
    replay.take(reader->text());
    size_bytes = reader->end_offset();
  }
  if (replay.lines() == 0) fail(path, 1, "there is no whole line in the file");
  return JournalContent{.table = std::move(replay.table()),
                        .attempts = std::move(replay.attempts()),
                        .lines = replay.lines(),
                        .size_bytes = size_bytes,
                        .tail_problem = std::move(problem)};
}

}  // namespace study::journal
