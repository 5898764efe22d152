/// The caller's buffer for an error's message, which notices what is done to it.
#pragma once

#include <study/abi.h>

#include <cstddef>
#include <string>
#include <vector>

namespace plugin_check {

class MessageBuffer {
 public:
  explicit MessageBuffer(std::size_t capacity);
  MessageBuffer(const MessageBuffer&) = delete;
  MessageBuffer& operator=(const MessageBuffer&) = delete;

  [[nodiscard]] study_error* get() { return &error_; }

  /// The message. Throws `CaseFailed` that says what `function` did wrong: wrote beyond the
  /// capacity or into the struct, gave a size beyond it, or something that is not UTF-8.
  [[nodiscard]] std::string take(const std::string& function) const;

 private:
  std::vector<char> bytes_;  ///< with more behind the capacity, which nobody may touch
  std::size_t capacity_;
  study_error error_;
};

}  // namespace plugin_check
