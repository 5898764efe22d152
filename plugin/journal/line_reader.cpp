#include "journal/line_reader.hpp"

#include <study/error.hpp>

#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace study::journal {
namespace {

constexpr std::size_t kChunkBytes = 256 * 1024;

/// Longer than the line of a study of a million experiments. Whatever else lies under the name of a
/// journal, the memory of the machine is not for it.
constexpr std::size_t kMaxLineBytes = std::size_t{1} << 30;

}  // namespace

LineReader::LineReader(std::filesystem::path path) : path_(std::move(path)) {
  do {
    fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  } while (fd_ < 0 && errno == EINTR);
  if (fd_ < 0) throw FileError("open " + path_.string(), errno);
}

LineReader::~LineReader() {
  ::close(fd_);
}

bool LineReader::next() {
  std::size_t searched = line_begin_;
  std::size_t newline = buffer_.find('\n', searched);
  while (newline == std::string::npos) {
    // What is before the line is not needed any more. Its own beginning moves at most once.
    searched = buffer_.size() - line_begin_;
    buffer_.erase(0, std::exchange(line_begin_, 0));
    if (buffer_.size() > kMaxLineBytes) {
      throw CheckpointError(CheckpointError::Kind::corrupt,
                            path_.string() + ":" + std::to_string(number_ + 1) +
                                ": a line of more than 1 GiB, which no journal has");
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
  ssize_t count = 0;
  do {
    count = ::read(fd_, buffer_.data() + size, kChunkBytes);
  } while (count < 0 && errno == EINTR);
  if (count < 0) throw FileError("read " + path_.string(), errno);
  buffer_.resize(size + static_cast<std::size_t>(count));
  return count > 0;
}

}  // namespace study::journal
