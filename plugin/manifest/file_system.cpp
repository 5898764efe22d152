#include "manifest/file_system.hpp"

#include <cerrno>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

namespace study::manifest {

int FileSystem::open(int directory, const char* name, int flags, mode_t mode) {
  return retry_if_interrupted([&] { return ::openat(directory, name, flags | O_CLOEXEC, mode); });
}

ssize_t FileSystem::pwrite(int fd, const void* data, std::size_t size_bytes, off_t offset) {
  return retry_if_interrupted([&] { return ::pwrite(fd, data, size_bytes, offset); });
}

int FileSystem::fsync(int fd) {
  return retry_if_interrupted([&] { return ::fsync(fd); });
}

int FileSystem::fdatasync(int fd) {
  return retry_if_interrupted([&] { return ::fdatasync(fd); });
}

// close(2) is not repeated: on Linux the descriptor is gone even when it says EINTR.
int FileSystem::close(int fd) {
  return ::close(fd);
}

int FileSystem::set_lease(int fd, int type) {
  return ::fcntl(fd, F_SETLEASE, type);
}

int FileSystem::set_lease_signal(int fd, int signal) {
  return ::fcntl(fd, F_SETSIG, signal);
}

int FileSystem::rename(int directory, const char* from, const char* to) {
  return ::renameat(directory, from, directory, to);
}

int FileSystem::exchange(int directory, const char* one, const char* other) {
  return ::renameat2(directory, one, directory, other, RENAME_EXCHANGE);
}

int FileSystem::unlink(int directory, const char* name) {
  return ::unlinkat(directory, name, 0);
}

int FileSystem::identify(int directory, const char* name, FileIdentity& out) {
  // Where it fails, errno is still that of statx(2).
  return identify_file(directory, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, out) == 0 ? 0 : -1;
}

int FileSystem::count_names(int fd, std::uint32_t& out) {
  struct statx found;
  const int result = ::statx(fd, "", AT_EMPTY_PATH, STATX_NLINK, &found);
  if (result == 0) out = found.stx_nlink;
  return result;
}

int FileSystem::statfs(const char* path, struct statfs& out) {
  return retry_if_interrupted([&] { return ::statfs(path, &out); });
}

std::chrono::steady_clock::time_point FileSystem::now() {
  return std::chrono::steady_clock::now();
}

FileSystem& FileSystem::system() {
  static FileSystem instance;
  return instance;
}

}  // namespace study::manifest
