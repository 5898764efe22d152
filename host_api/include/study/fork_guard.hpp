/// Tells a process from the children that were forked from it, and keeps from them what is its own.
#pragma once

#include <study/posix.hpp>

#include <cstdint>
#include <utility>

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

/// A descriptor that children of fork(2) don't share: it is closed in them at once. For a lock with
/// flock(2), which is free when the last descriptor of it is closed: a worker that outlives its
/// parent must not keep it.
class UnsharedFd {
 public:
  UnsharedFd() = default;
  explicit UnsharedFd(UniqueFd fd);
  UnsharedFd(UnsharedFd&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), process_(other.process_) {}
  UnsharedFd& operator=(UnsharedFd&& other) noexcept {
    UnsharedFd taken(std::move(other));  // what was here goes with it
    std::swap(fd_, taken.fd_);
    std::swap(process_, taken.process_);
    return *this;
  }
  /// In a child: nothing, since the number may be another file's by now.
  ~UnsharedFd();

  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_ = -1;
  ForkGuard process_;
};

}  // namespace study
