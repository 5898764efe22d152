#include "check_plugin/lent_bytes.hpp"

#include <study/error.hpp>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include <sys/mman.h>
#include <unistd.h>

namespace plugin_check {
namespace {

std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

}  // namespace

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

}  // namespace plugin_check
