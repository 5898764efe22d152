#include "check_plugin/message_buffer.hpp"

#include "check_plugin/check_case.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <string_view>

namespace plugin_check {
namespace {

constexpr std::size_t kForbiddenBytes = 64;
constexpr char kUntouched = '\x5A';

}  // namespace

MessageBuffer::MessageBuffer(std::size_t capacity)
    : bytes_(capacity + kForbiddenBytes, kUntouched),
      capacity_(capacity),
      error_{sizeof(study_error), bytes_.data(), capacity, 0} {}

std::string MessageBuffer::take(const std::string& function) const {
  if (std::any_of(bytes_.end() - kForbiddenBytes, bytes_.end(),
                  [](char byte) { return byte != kUntouched; })) {
    throw CaseFailed(function + " writes its message beyond the end of the caller's buffer of " +
                     std::to_string(capacity_) + " bytes");
  }
  if (error_.struct_size != sizeof(study_error) || error_.data != bytes_.data() ||
      error_.capacity != capacity_) {
    throw CaseFailed(function + " changes more of the caller's study_error than its size");
  }
  if (error_.size > capacity_) {
    throw CaseFailed(function + " claims a message of " + std::to_string(error_.size) +
                     " bytes in a buffer of " + std::to_string(capacity_));
  }
  const std::string_view message(bytes_.data(), error_.size);
  std::string valid = study::to_valid_utf8(message);
  if (valid != message) throw CaseFailed(function + " gives a message that is not UTF-8: " + valid);
  return valid;
}

}  // namespace plugin_check
