#include "journal/journal_reader.hpp"

#include "base/format.hpp"
#include "journal/journal_line.hpp"
#include "journal/journal_replay.hpp"

#include <study/error.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace study::journal {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{256} * 1024;

/// Longer than the line of a study of a million experiments. Whatever else lies under the name of a
/// journal, the memory of the machine is not for it.
constexpr std::size_t kMaxLineBytes = std::size_t{1} << 30;

/// The sector of a disk: no file system has smaller blocks, and each one's are a multiple.
constexpr std::uint64_t kSmallestBlockBytes = 512;

/// How much younger than the line before it what stands behind a block can be that a power loss has
/// left unwritten. Linux begins to write everything that is half a minute old; a slow disk may take
/// its time. A block of zeros with hours of work behind it is another kind of damage.
constexpr std::chrono::minutes kLongestUnwritten(2);

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
                        study::format("{}:{}: {}", path.string(), line, what));
}

bool is_good(const LineReader& reader) {
  return reader.is_terminated() && is_whole(reader.text());
}

/// Whether the present line has zeros where a block of the disk begins or ends: the end of a file
/// that was written back and then grew, or a block that never was. No line has zeros of its own.
bool has_unwritten_block(const LineReader& reader) {
  const std::string_view line = reader.text();
  const std::uint64_t offset = reader.end_offset() - line.size() - (reader.is_terminated() ? 1 : 0);
  for (std::size_t at = line.find('\0'); at != std::string_view::npos; at = line.find('\0', at)) {
    at = std::min(line.find_first_not_of('\0', at), line.size());
    if ((offset + at) % kSmallestBlockBytes == 0) return true;
  }
  return false;
}

/// The present line is damaged: what is wrong, if the file ends with damage that a crash can have
/// left. Whatever is whole behind it can't be trusted, since nobody knows what is missing before
/// it. `last_time` is that of the line before.
std::string tail_problem(LineReader& reader, const std::filesystem::path& path,
                         Timestamp last_time) {
  const std::uint64_t damaged = reader.number();
  const std::string place = study::format("{}:{}", path.string(), damaged);
  const bool is_terminated = reader.is_terminated();
  const bool is_unwritten = has_unwritten_block(reader);
  std::uint64_t lost_lines = 0;
  while (reader.next()) {
    if (!is_good(reader)) continue;
    const auto time = line_time(reader.text());
    if (!is_unwritten || !time || *time - last_time > kLongestUnwritten) {
      fail(path, damaged,
           study::format("the line is damaged, and line {} behind it is whole: nothing from it on "
                         "can be trusted. To go on from what is before it, keep a copy and cut "
                         "the file behind line {}",
                         reader.number(), damaged - 1));
    }
    ++lost_lines;
  }
  if (lost_lines > 0) {
    return study::format(
        "{}: a block of the file was never written, as after a power loss, and "
        "the {} whole lines behind it can't be trusted",
        place, lost_lines);
  }
  return place + (is_terminated ? ": the line does not have its checksum"
                                : ": the line is not complete, its writer was interrupted");
}

}  // namespace

LineReader::LineReader(std::filesystem::path path) : path_(std::move(path)) {
  fd_ = open_regular_file(path_.c_str(), O_RDONLY);
  if (fd_) return;
  if (errno == ELOOP) {
    throw CheckpointError(CheckpointError::Kind::corrupt,
                          path_.string() + ": " + open_problem(errno));
  }
  throw FileError("open " + path_.string(), errno);
}

bool LineReader::next() {
  // The file ended in the middle of the present line. What its writer has added since is the rest
  // of that line, and no line of its own.
  if (number_ > 0 && !is_terminated_) return false;
  std::size_t searched = line_begin_;
  std::size_t newline = buffer_.find('\n', searched);
  while (newline == std::string::npos) {
    // What is before the line is not needed any more. Its own beginning moves at most once.
    searched = buffer_.size() - line_begin_;
    buffer_.erase(0, std::exchange(line_begin_, 0));
    if (buffer_.size() > kMaxLineBytes) {
      fail(path_, number_ + 1, "a line of more than 1 GiB, which no journal has");
    }
    if (!read_more()) break;
    newline = buffer_.find('\n', searched);
  }
  is_terminated_ = newline != std::string::npos;
  const std::size_t end = is_terminated_ ? newline : buffer_.size();
  if (!is_terminated_ && end == line_begin_) return false;
  text_ = std::string_view(buffer_).substr(line_begin_, end - line_begin_);
  line_begin_ = is_terminated_ ? end + 1 : end;
  end_offset_ += text_.size() + (is_terminated_ ? 1 : 0);
  ++number_;
  return true;
}

bool LineReader::read_more() {
  const std::size_t size = buffer_.size();
  buffer_.resize(size + kChunkBytes);
  const ssize_t count =
      retry_if_interrupted([&] { return ::read(fd_.get(), buffer_.data() + size, kChunkBytes); });
  if (count < 0) throw FileError("read " + path_.string(), errno);
  buffer_.resize(size + static_cast<std::size_t>(count));
  return count > 0;
}

std::optional<JournalContent> read_journal(const std::filesystem::path& path,
                                           const TakeAttempt& take) {
  const std::unique_ptr<LineReader> reader = open_if_there(path);
  if (reader == nullptr) return std::nullopt;
  AttemptReplay attempts(take);
  JournalReplay replay(path.string(), take ? &attempts : nullptr);
  std::uint64_t size_bytes = 0;
  std::string problem;
  Timestamp last_time;
  while (reader->next()) {
    if (!is_good(*reader)) {
      problem = tail_problem(*reader, path, last_time);
      break;
    }
    replay.take(reader->text());
    size_bytes = reader->end_offset();
    last_time = line_time(reader->text()).value_or(last_time);
  }
  if (replay.lines() == 0) fail(path, 1, "there is no whole line in the file");
  attempts.finish();
  return JournalContent{.table = std::move(replay.table()),
                        .lines = replay.lines(),
                        .size_bytes = size_bytes,
                        .tail_problem = std::move(problem)};
}

}  // namespace study::journal
