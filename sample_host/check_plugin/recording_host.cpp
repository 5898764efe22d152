#include "check_plugin/recording_host.hpp"

#include "base/format.hpp"

#include <study/error.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/mman.h>
#include <unistd.h>

namespace host {
namespace {

constexpr std::string_view kHostName = "study-host check-plugin";

std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

constexpr std::size_t kForbiddenBytes = 64;
constexpr char kUntouched = '\x5A';

}  // namespace

std::string objection_to(const std::string& what, study_string text) {
  if (text.size == 0) return {};
  if (text.data == nullptr) return what + " has a size but no data";
  const std::string_view view(text.data, text.size);
  const std::string valid = study::to_valid_utf8(view);
  return valid == view ? std::string() : what + " is not UTF-8: " + valid;
}

RecordingHost::RecordingHost(std::string_view tail, std::uint32_t minor)
    : memory_(Lending::scrambled_later) {
  const study_string name = memory_.lend(kHostName);
  const study_string version = memory_.lend(STUDY_HOST_VERSION);
  const study_host host{sizeof(study_host),  STUDY_ABI_MAJOR, minor, name, version, this,
                        &RecordingHost::take};
  host_ = memory_.lend_struct(host, tail);
}

void RecordingHost::check() const {
  const std::lock_guard lock(mutex_);
  if (!objection_.empty()) throw CaseFailed(objection_);
}

void RecordingHost::take(void* context, std::int32_t severity, study_string channel,
                         study_string text) {
  auto& host = *static_cast<RecordingHost*>(context);
  ++host.messages_;
  std::string found;
  if (!host.is_open_) {
    found = "a message came after destroy had returned";
  } else if (severity < STUDY_LOG_TRACE || severity > STUDY_LOG_ERROR) {
    found = study::format("a message has the severity {}, which doesn't exist", severity);
  } else if (found = objection_to("the channel of a message", channel); found.empty()) {
    found = objection_to("a message", text);
    if (found.empty() && text.size != 0 && text.data[text.size - 1] == '\n') {
      found = "a message ends with a newline: " + std::string(text.data, text.size - 1);
    }
  }
  if (found.empty()) return;
  const std::lock_guard lock(host.mutex_);
  if (host.objection_.empty()) host.objection_ = found;
}

LentBytes::~LentBytes() {
  take_back();
  for (const Region& region : taken_) ::munmap(region.pages, region.size);
}

std::byte* LentBytes::allocate(std::size_t size) {
  // At least one byte more, which is zero or in the page that nobody may touch.
  const std::size_t usable = (size + page_size()) / page_size() * page_size();
  const std::size_t whole = usable + page_size();
  void* memory = ::mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw study::FileError("mmap", errno);
  auto* pages = static_cast<std::byte*>(memory);
  lent_.push_back({pages, whole});
  if (lending_ != Lending::forbidden_beyond) return pages;
  if (::mprotect(pages + usable, page_size(), PROT_NONE) != 0) {
    throw study::FileError("mprotect", errno);
  }
  return pages + usable - size;
}

study_string LentBytes::lend(std::string_view text) {
  if (text.empty()) return {nullptr, 0};
  std::byte* bytes = allocate(text.size());
  std::memcpy(bytes, text.data(), text.size());
  return {reinterpret_cast<const char*>(bytes), text.size()};
}

void* LentBytes::lend_bytes(const void* object, std::size_t size, std::string_view tail) {
  // Sizes of structs are multiples of their alignment, so the last bytes of a page fit; a tail has
  // to be one, too.
  std::byte* bytes = allocate(size + tail.size());
  std::memcpy(bytes, object, size);
  if (tail.empty()) return bytes;
  std::memcpy(bytes + size, tail.data(), tail.size());
  std::uint32_t struct_size = 0;  // the first member of every struct
  std::memcpy(&struct_size, bytes, sizeof struct_size);
  struct_size += static_cast<std::uint32_t>(tail.size());
  std::memcpy(bytes, &struct_size, sizeof struct_size);
  return bytes;
}

void LentBytes::take_back() {
  for (const Region& region : lent_) {
    if (lending_ == Lending::forbidden_later) {
      ::mprotect(region.pages, region.size, PROT_NONE);
    } else {
      ::mprotect(region.pages, region.size, PROT_READ | PROT_WRITE);
      std::memset(region.pages, 'x', region.size);
    }
    taken_.push_back(region);
  }
  lent_.clear();
}

MessageBuffer::MessageBuffer(std::size_t capacity)
    : bytes_(capacity + kForbiddenBytes, kUntouched),
      capacity_(capacity),
      error_{sizeof(study_error), bytes_.data(), capacity, 0} {}

std::string MessageBuffer::take(const std::string& function) const {
  if (std::any_of(bytes_.end() - kForbiddenBytes, bytes_.end(),
                  [](char byte) { return byte != kUntouched; })) {
    throw CaseFailed(
        study::format("{} writes its message beyond the end of the caller's buffer of {} bytes",
                      function, capacity_));
  }
  if (error_.struct_size != sizeof(study_error) || error_.data != bytes_.data() ||
      error_.capacity != capacity_) {
    throw CaseFailed(function + " changes more of the caller's study_error than its size");
  }
  if (error_.size > capacity_) {
    throw CaseFailed(study::format("{} claims a message of {} bytes in a buffer of {}", function,
                                   error_.size, capacity_));
  }
  const std::string_view message(bytes_.data(), error_.size);
  std::string valid = study::to_valid_utf8(message);
  if (valid != message) throw CaseFailed(function + " gives a message that is not UTF-8: " + valid);
  return valid;
}

}  // namespace host
