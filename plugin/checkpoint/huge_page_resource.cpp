#include "checkpoint/huge_page_resource.hpp"

#include <cstddef>
#include <new>

#include <sys/mman.h>

namespace study::checkpoint {
namespace {

constexpr std::size_t kWorthwhileBytes = std::size_t{1} << 20;
constexpr std::size_t kHugePageBytes = std::size_t{1} << 21;  // x86-64, and ARM64 with 4 KiB pages

class HugePageResource final : public std::pmr::memory_resource {
 private:
  struct Block {
    std::size_t bytes;
    std::align_val_t alignment;
    bool huge;
  };

  [[nodiscard]] static Block block(std::size_t bytes, std::size_t alignment) {
    if (bytes < kWorthwhileBytes) return {bytes, std::align_val_t{alignment}, false};
    return {(bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes,
            std::align_val_t{kHugePageBytes}, true};
  }

  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    const Block wanted = block(bytes, alignment);
    void* const begin = ::operator new(wanted.bytes, wanted.alignment);
    // Only advice: without huge pages everything works, too.
    if (wanted.huge) static_cast<void>(::madvise(begin, wanted.bytes, MADV_HUGEPAGE));
    return begin;
  }

  void do_deallocate(void* begin, std::size_t bytes, std::size_t alignment) override {
    const Block given = block(bytes, alignment);
    ::operator delete(begin, given.alignment);
  }

  [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }
};

}  // namespace

std::pmr::memory_resource& huge_page_resource() {
  static HugePageResource resource;
  return resource;
}

}  // namespace study::checkpoint
