#include "boundary/abi_text.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace study {

std::optional<std::string_view> from_abi(study_string text) {
  if (text.size == 0) return std::string_view();
  if (text.data == nullptr || text.size > static_cast<std::size_t>(PTRDIFF_MAX)) {
    return std::nullopt;
  }
  return std::string_view(text.data, text.size);
}

void write_error(study_error* error, std::string_view message) noexcept {
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

std::string ErrorBuffer::text() const {
  const std::size_t size = std::min(error_.size, bytes_.size());
  return to_valid_utf8(std::string_view(bytes_.data(), size));
}

}  // namespace study
