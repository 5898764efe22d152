#include "checkpoint/huge_page_resource.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>

#include <sys/mman.h>

namespace study::checkpoint {
namespace {

constexpr std::size_t kWorthwhileBytes = std::size_t{1} << 20;
constexpr std::size_t kHugePageBytes = std::size_t{1} << 21;  // x86-64, and ARM64 with 4 KiB pages

/// A mapping of its own, so that the advice goes with it and not to the heap's next owner.
class HugePageResource final : public std::pmr::memory_resource {
 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (bytes < kWorthwhileBytes) return ::operator new (bytes, std::align_val_t{alignment});
    const std::size_t wanted = mapped_bytes(bytes);
    // A huge page more than wanted, so that a place at a multiple of its size is in it.
    void* const mapping = ::mmap(nullptr, wanted + kHugePageBytes, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) throw std::bad_alloc();
    auto* const first = static_cast<std::byte*>(mapping);
    const std::size_t before = -reinterpret_cast<std::uintptr_t>(first) % kHugePageBytes;
    std::byte* const begin = first + before;
    if (before > 0) ::munmap(first, before);
    ::munmap(begin + wanted, kHugePageBytes - before);
    // Only advice: without huge pages everything works, too. The rest stays in small pages.
    ::madvise(begin, wanted / kHugePageBytes * kHugePageBytes, MADV_HUGEPAGE);
    return begin;
  }

  void do_deallocate(void* begin, std::size_t bytes, std::size_t alignment) override {
    if (bytes < kWorthwhileBytes) {
      ::operator delete (begin, std::align_val_t{alignment});
    } else {
      ::munmap(begin, mapped_bytes(bytes));
    }
  }

  [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }

  /// At least a huge page, and whole small ones: 64 KiB is the largest that Linux has.
  [[nodiscard]] static std::size_t mapped_bytes(std::size_t bytes) {
    constexpr std::size_t kPageBytes = std::size_t{1} << 16;
    return std::max((bytes + kPageBytes - 1) / kPageBytes * kPageBytes, kHugePageBytes);
  }
};

}  // namespace

std::pmr::memory_resource& huge_page_resource() {
  // Never destroyed: a host may keep an observer for longer than the statics live.
  static auto& resource = *new HugePageResource;
  return resource;
}

}  // namespace study::checkpoint
