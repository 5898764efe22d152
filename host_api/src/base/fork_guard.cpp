#include "base/process_wide.hpp"

#include <study/fork_guard.hpp>

#include <atomic>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

namespace study {
namespace {

using Number = std::atomic<std::uint64_t>;

/// A number that is 0 in a child; null where the kernel can't do that.
Number* map_wiped_number() noexcept {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const memory =
      ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  if (::madvise(memory, page, MADV_WIPEONFORK) == 0) return static_cast<Number*>(memory);
  ::munmap(memory, page);
  return nullptr;
}

/// The descriptors that are closed in a child.
struct UnsharedFds {
  std::vector<int> open;

  void begin_anew() {
    for (const int fd : open) ::close(fd);
    open.clear();
  }
};

}  // namespace

UnsharedFd::UnsharedFd(UniqueFd fd) {
  if (!fd) return;
  ProcessWide<UnsharedFds>::use([&](UnsharedFds& fds) { fds.open.push_back(fd.get()); });
  fd_ = fd.release();
}

UnsharedFd::~UnsharedFd() {
  if (fd_ < 0 || process_.is_in_child()) return;
  ProcessWide<UnsharedFds>::use([this](UnsharedFds& fds) {
    std::erase(fds.open, fd_);
    ::close(fd_);
  });
}

std::uint64_t ForkGuard::this_process() noexcept {
  static Number* const present = map_wiped_number();
  if (present == nullptr) return static_cast<std::uint64_t>(::getpid());
  std::uint64_t number = present->load(std::memory_order_acquire);
  if (number != 0) return number;
  // The first to ask in this process. Others may be asking at the same time, so each takes a
  // number of its own, greater than any that an ancestor has used, and one of them wins.
  static Number last{0};
  const std::uint64_t next = last.fetch_add(1) + 1;
  return present->compare_exchange_strong(number, next) ? next : number;
}

}  // namespace study
