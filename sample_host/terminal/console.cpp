#include "terminal/console.hpp"

#include "terminal/terminal.hpp"

#include <cerrno>

#include <unistd.h>

namespace host {
namespace {

/// The longest prefix of at most `columns` code points. Wide characters are taken for narrow ones.
std::string_view cut_to_columns(std::string_view text, std::size_t columns) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins_character = (static_cast<unsigned char>(text[i]) & 0xc0u) != 0x80u;
    if (begins_character && columns-- == 0) return text.substr(0, i);
  }
  return text;
}

}  // namespace

Console::Console(int fd) : fd_(fd), is_terminal_(can_replace_text(fd)) {}

Console::~Console() {
  set_progress({});
}

void Console::write_line(std::string_view line) {
  const std::lock_guard lock(mutex_);
  std::string out;
  erase_progress(out);
  out += line;
  out += '\n';
  append_progress(out);
  write(out);
}

void Console::set_progress(std::string_view line) {
  if (!is_terminal_) return;
  const std::lock_guard lock(mutex_);
  if (line == progress_) return;
  std::string out;
  erase_progress(out);
  progress_ = line;
  append_progress(out);
  write(out);
}

void Console::erase_progress(std::string& out) const {
  if (!progress_.empty()) out += "\r\x1b[K";  // to the line's beginning, erase to its end
}

void Console::append_progress(std::string& out) const {
  // One column stays free: a cursor behind the last one may wrap, and \r then misses the line.
  if (!progress_.empty()) out += cut_to_columns(progress_, terminal_size(fd_).columns - 1);
}

/// One write(2), or lines of several processes would mix.
void Console::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace host
