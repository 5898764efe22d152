#include <study/posix.hpp>

#include <chrono>
#include <cstddef>
#include <system_error>
#include <thread>

#include <sys/stat.h>

namespace study {
namespace {

constexpr std::chrono::milliseconds kLeasePatience{1000};

/// Who holds a lease on a file has it for moments only; the swap engine of a manifest does so, and
/// a reader that is just opening the file would otherwise be refused now and then.
UniqueFd open_now(const char* path, int flags, mode_t mode) noexcept {
  const auto end = std::chrono::steady_clock::now() + kLeasePatience;
  for (;;) {
    UniqueFd fd = open_file(path, flags | O_NONBLOCK | O_NOCTTY, mode);
    if (fd || errno != EWOULDBLOCK || std::chrono::steady_clock::now() > end) return fd;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

UniqueFd open_file(const char* path, int flags, mode_t mode) noexcept {
  return UniqueFd(retry_if_interrupted([&] { return ::open(path, flags | O_CLOEXEC, mode); }));
}

UniqueFd open_regular_file(const char* path, int flags, mode_t mode) noexcept {
  UniqueFd fd = open_now(path, flags | O_NOFOLLOW, mode);
  // EISDIR, ENXIO: a directory, or a pipe that nobody reads, which are to be written to.
  if (!fd) {
    if (errno == EISDIR || errno == ENXIO) errno = ELOOP;
    return fd;
  }
  struct stat found {};
  const bool is_known = ::fstat(fd.get(), &found) == 0;
  if (is_known && S_ISREG(found.st_mode)) return fd;
  if (is_known) errno = ELOOP;
  return {};
}

UniqueFd open_without_waiting(const char* path) noexcept {
  return open_now(path, O_RDONLY, 0);
}

std::string open_problem(int error_number) {
  if (error_number == ELOOP) return "what lies there is no regular file: move it away";
  return std::generic_category().message(error_number);
}

int write_all(int fd, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written =
        retry_if_interrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int identify_file(int directory, const char* name, int flags, FileIdentity& out) noexcept {
  struct statx found;
  if (::statx(directory, name, flags, STATX_INO, &found) != 0) return errno;
  out.device = (std::uint64_t{found.stx_dev_major} << 32) | found.stx_dev_minor;
  out.inode = found.stx_ino;
  return 0;
}

}  // namespace study
