/// The end of what a child prints.
#pragma once

#include <study/posix.hpp>

#include <cstddef>
#include <string>

namespace plugin_check {

/// A pipe of which only the last bytes are kept: a child that prints for ever fills no memory.
class OutputTail {
 public:
  /// Throws `study::FileError`.
  OutputTail();

  /// The end to write to, for the child.
  [[nodiscard]] int input() const { return input_.get(); }
  /// The parent keeps no end to write to, or the output would never end.
  void close_input() { input_.reset(); }

  /// Readable when there is something to take; -1 when the output has ended.
  [[nodiscard]] int descriptor() const { return output_.get(); }
  /// Takes what is there, at most a pipe full. Never waits.
  void take();

  /// The last line that isn't blank; empty for none.
  [[nodiscard]] std::string last_line() const;

 private:
  study::UniqueFd output_;
  study::UniqueFd input_;
  std::string tail_;
};

}  // namespace plugin_check
