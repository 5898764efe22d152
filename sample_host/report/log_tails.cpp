#include "report/log_tails.hpp"

#include <study/posix.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <string_view>

#include <sys/stat.h>
#include <unistd.h>

namespace host {
namespace {

std::string last_bytes(int fd, std::uint64_t size, std::size_t max_bytes) {
  std::string bytes(std::min<std::uint64_t>(size, max_bytes), '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const auto count = study::retry_if_interrupted([&] {
      return ::pread(fd, bytes.data() + filled, bytes.size() - filled,
                     static_cast<off_t>(size - bytes.size() + filled));
    });
    if (count <= 0) break;
    filled += static_cast<std::size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

std::string_view as_shown(std::string_view line) {
  while (line.ends_with('\r')) line.remove_suffix(1);
  return line.substr(line.rfind('\r') + 1);  // npos + 1 is 0
}

std::string without_overwritten(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    shown += as_shown(text.substr(0, end));
    if (end < text.size()) shown += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return shown;
}

}  // namespace

LogTail read_log_tail(std::uint32_t run, int fd, std::size_t max_bytes) {
  struct stat info {};
  const std::uint64_t size =
      ::fstat(fd, &info) == 0 && info.st_size > 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
  const std::string bytes = last_bytes(fd, size, max_bytes);
  std::string_view text = bytes;
  const bool is_whole = size <= max_bytes;
  if (!is_whole) {
    // Not the end of a line whose beginning is missing, unless there is nothing else.
    const std::size_t line_end = text.find('\n');
    if (line_end != std::string_view::npos && line_end + 1 < text.size()) {
      text.remove_prefix(line_end + 1);
    } else {
      while (!text.empty() && !study::begins_code_point(text.front())) text.remove_prefix(1);
    }
  }
  return {run, study::to_valid_utf8(without_overwritten(text)), size, is_whole};
}

}  // namespace host
