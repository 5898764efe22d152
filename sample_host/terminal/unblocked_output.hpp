/// Output to somebody who may have stopped reading.
#pragma once

#include <study/posix.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace host {

/// Writes to a descriptor without ever waiting for who reads it: a terminal stopped with Ctrl-S or
/// a pipe whose reader has stopped must not stop the study. What doesn't go out at once is kept and
/// goes out with a later call; when too much has gathered, pieces are left out as a whole, and a
/// line says so as soon as there is room again.
///
/// The descriptor itself stays as it is: it is shared with other processes, which expect it to
/// wait.
class UnblockedOutput {
 public:
  explicit UnblockedOutput(int fd);

  /// Whole lines, or what leaves a terminal in order. Errors are ignored: nobody is there to be
  /// told.
  void write(std::string_view bytes);

  /// Whether something has not gone out yet.
  [[nodiscard]] bool is_behind() const { return !pending_.empty(); }

  /// Writes what there is room for.
  void catch_up();

  /// Waits so long for the reader at most.
  void finish(std::chrono::milliseconds longest);

 private:
  enum class Kind { never_waits, own_description, socket, asks_before };

  [[nodiscard]] ssize_t write_some(std::string_view bytes) const;
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] int target() const { return own_ ? own_.get() : fd_; }

  const int fd_;
  study::UniqueFd own_;  ///< an open file description of our own of what `fd_` is, non-blocking
  Kind kind_ = Kind::never_waits;
  std::string pending_;
  std::size_t left_out_ = 0;  ///< pieces, since there was room
};

}  // namespace host
