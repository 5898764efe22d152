/// The log of one experiment: what it printed to stdout and stderr, each in its order; how the two
/// interleave is as exact as two pipes allow.
#pragma once

#include <study/posix.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace host {

/// Appends to a file that is created with the first byte, so that a silent experiment leaves none.
/// The log of an earlier attempt gets a name of its own at once: `{stem}.log` is never another
/// attempt's.
/// A log that can't be written is no reason to lose the experiment: the first error is kept, and
/// nothing more is written.
class OutputLog {
 public:
  explicit OutputLog(std::filesystem::path path);

  void append(std::string_view bytes);

  /// Why the log is not whole; empty while it is.
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  void fail(const char* operation, int error_number);

  std::filesystem::path path_;
  study::UniqueFd file_;
  std::string error_;
};

}  // namespace host
