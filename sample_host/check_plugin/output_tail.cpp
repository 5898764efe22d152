#include "check_plugin/output_tail.hpp"

#include <study/error.hpp>

#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace plugin_check {
namespace {

constexpr std::size_t kKeptBytes = 4096;
constexpr std::size_t kPipeBytes = 65536;  // pipe(7)

}  // namespace

OutputTail::OutputTail() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw study::FileError("pipe2", errno);
  output_.reset(ends[0]);
  input_.reset(ends[1]);
  // This end alone: who prints may wait, who reads may not.
  if (::fcntl(output_.get(), F_SETFL, O_NONBLOCK) != 0) throw study::FileError("fcntl", errno);
}

void OutputTail::take() {
  char bytes[kKeptBytes];
  for (std::size_t taken = 0; taken < kPipeBytes;) {
    const ssize_t size = ::read(output_.get(), bytes, sizeof bytes);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return output_.reset();
    taken += static_cast<std::size_t>(size);
    tail_.append(bytes, static_cast<std::size_t>(size));
    if (tail_.size() > kKeptBytes) tail_.erase(0, tail_.size() - kKeptBytes);
  }
}

std::string OutputTail::last_line() const {
  std::string_view text = tail_;
  text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  return std::string(text.substr(text.rfind('\n') + 1));  // npos + 1 is 0
}

}  // namespace plugin_check
