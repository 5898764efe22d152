/// Tells a process from the children that were forked from it.
#pragma once

#include <cstdint>

namespace study {

/// Made in one process, asked in any: after fork(2) a child has a copy of every object, but neither
/// the threads nor the right to the descriptors and connections behind it. Costs no system call
/// where the kernel can wipe a page in a child (madvise(2), MADV_WIPEONFORK; Linux 4.14). A child
/// of vfork(2) or of a clone(2) that shares memory is not noticed.
class ForkGuard {
 public:
  ForkGuard() noexcept : process_(this_process()) {}

  /// [any-thread]
  [[nodiscard]] bool is_in_child() const noexcept { return this_process() != process_; }

 private:
  /// Another number in each child of a process than in itself and all that it comes from.
  [[nodiscard]] static std::uint64_t this_process() noexcept;

  std::uint64_t process_;
};

}  // namespace study
