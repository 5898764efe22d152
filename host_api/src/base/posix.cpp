#include <study/posix.hpp>

#include <cstddef>

#include <sys/stat.h>

namespace study {

UniqueFd open_file(const char* path, int flags, mode_t mode) noexcept {
  return UniqueFd(retry_if_interrupted([&] { return ::open(path, flags | O_CLOEXEC, mode); }));
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
