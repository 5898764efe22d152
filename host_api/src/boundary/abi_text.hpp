/// Text and struct sizes at the C boundary, for both of its sides.
#pragma once

#include <study/abi.h>
#include <study/text.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
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
[[nodiscard]] inline std::optional<std::string_view> from_abi(study_string text) {
  if (text.size == 0) return std::string_view();
  if (text.data == nullptr || text.size > static_cast<std::size_t>(PTRDIFF_MAX)) {
    return std::nullopt;
  }
  return std::string_view(text.data, text.size);
}

/// Whether the struct, as its other side filled it, is long enough to have `member`. Everything
/// before `member` is covered too. Only `struct_size` is read.
template <class Struct, class Member>
[[nodiscard]] bool covers(const Struct& object, Member Struct::*member) {
  const auto* begin = reinterpret_cast<const char*>(&object);
  const auto* end = reinterpret_cast<const char*>(&(object.*member)) + sizeof(Member);
  return object.struct_size >= static_cast<std::size_t>(end - begin);
}

/// Writes the message, made valid UTF-8, as far as the host's buffer goes, cut at a code point.
/// Nothing happens if there is no buffer.
inline void write_error(study_error* error, std::string_view message) noexcept {
  if (error == nullptr || !covers(*error, &study_error::size)) return;
  error->size = 0;
  if (error->data == nullptr) return;
  try {
    const std::string valid = to_valid_utf8(message);
    const std::string_view fitting = truncate_utf8(valid, error->capacity);
    std::memcpy(error->data, fitting.data(), fitting.size());
    error->size = fitting.size();
  } catch (...) {
    // Only for lack of memory; the status still tells that something failed.
  }
}

}  // namespace study
