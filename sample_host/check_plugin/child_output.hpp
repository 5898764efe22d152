/// What a child process prints.
#pragma once

#include <study/error.hpp>
#include <study/posix.hpp>

#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace host {

inline constexpr std::size_t kKeptBytes = 4096;
inline constexpr std::size_t kPipeBytes = 65536;  // pipe(7)

/// A pipe of which only the last bytes are kept: a child that prints for ever fills no memory.
class OutputTail {
 public:
  OutputTail() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw study::FileError("pipe2", errno);
    output_.reset(ends[0]);
    input_.reset(ends[1]);
    // This end alone: who prints may wait, who reads may not.
    if (::fcntl(output_.get(), F_SETFL, O_NONBLOCK) != 0) throw study::FileError("fcntl", errno);
  }

  /// The end to write to, for the child.
  [[nodiscard]] int input() const { return input_.get(); }
  /// The parent keeps no end to write to, or the output would never end.
  void close_input() { input_.reset(); }

  /// Readable when there is something to take; -1 when the output has ended.
  [[nodiscard]] int descriptor() const { return output_.get(); }

  /// Takes what is there, at most a pipe full. Never waits.
  void take() {
    char bytes[kKeptBytes];
    for (std::size_t taken = 0; taken < kPipeBytes;) {
      const ssize_t size =
          study::retry_if_interrupted([&] { return ::read(output_.get(), bytes, sizeof bytes); });
      if (size < 0 && errno == EAGAIN) return;
      if (size <= 0) return output_.reset();
      taken += static_cast<std::size_t>(size);
      tail_.append(bytes, static_cast<std::size_t>(size));
      if (tail_.size() > kKeptBytes) tail_.erase(0, tail_.size() - kKeptBytes);
    }
  }

  [[nodiscard]] bool is_empty() const { return tail_.empty(); }

  /// The last line that isn't blank; empty for none.
  [[nodiscard]] std::string last_line() const {
    std::string_view text = tail_;
    text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
    return std::string(text.substr(text.rfind('\n') + 1));  // npos + 1 is 0
  }

 private:
  study::UniqueFd output_;
  study::UniqueFd input_;
  std::string tail_;
};

struct ChildOutput {
  OutputTail out;
  OutputTail err;

  void take() {
    out.take();
    err.take();
  }
};

}  // namespace host
