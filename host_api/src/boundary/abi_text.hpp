/// Text and struct sizes at the C boundary, for both of its sides.
#pragma once

#include <study/abi.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace study {

/// A view for the other side, valid as long as what `text` points to.
[[nodiscard]] inline study_string to_abi(std::string_view text) {
  return {text.data(), text.size()};
}

/// The text, or nothing if it claims bytes that can't be there: no data but a size, or a size that
/// no object has. Whether it is UTF-8 is not looked at.
[[nodiscard]] std::optional<std::string_view> from_abi(study_string text);

/// Whether the struct, as its other side filled it, is long enough to have `member`. Everything
/// before `member` is covered too. Only `struct_size` is read.
template <class Struct, class Member>
[[nodiscard]] bool covers(const Struct& object, Member Struct::*member) {
  const auto* begin = reinterpret_cast<const char*>(&object);
  const auto* end = reinterpret_cast<const char*>(&(object.*member)) + sizeof(Member);
  return object.struct_size >= static_cast<std::size_t>(end - begin);
}

/// Writes the message, made valid UTF-8, as far as the caller's buffer goes, cut at a code point.
/// Nothing happens if there is no buffer.
void write_error(study_error* error, std::string_view message) noexcept;

/// The buffer of a caller.
class ErrorBuffer {
 public:
  ErrorBuffer() = default;
  ErrorBuffer(const ErrorBuffer&) = delete;
  ErrorBuffer& operator=(const ErrorBuffer&) = delete;

  /// Ready for a call.
  [[nodiscard]] study_error* get() {
    error_ = {sizeof(study_error), bytes_.data(), bytes_.size(), 0};
    return &error_;
  }

  /// What the callee wrote, made valid UTF-8. A size beyond the capacity, or a pointer that is not
  /// the buffer's any more, is not believed.
  [[nodiscard]] std::string text() const;

 private:
  std::array<char, 4096> bytes_{};
  study_error error_{};
};

}  // namespace study
