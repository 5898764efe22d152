#include "manifest/file_system.hpp"

#include <cerrno>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

namespace study::manifest {
namespace {

template <class Call>
auto repeat_if_interrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

}  // namespace

int FileSystem::open(const char* path, int flags, mode_t mode) {
  return repeat_if_interrupted([&] { return ::open(path, flags | O_CLOEXEC, mode); });
}

ssize_t FileSystem::pwrite(int fd, const void* data, std::size_t size_bytes, off_t offset) {
  return repeat_if_interrupted([&] { return ::pwrite(fd, data, size_bytes, offset); });
}

int FileSystem::fsync(int fd) {
  return repeat_if_interrupted([&] { return ::fsync(fd); });
}

int FileSystem::fdatasync(int fd) {
  return repeat_if_interrupted([&] { return ::fdatasync(fd); });
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

int FileSystem::rename(const char* from, const char* to) {
  return ::rename(from, to);
}

int FileSystem::exchange(const char* one, const char* other) {
  return ::renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE);
}

int FileSystem::unlink(const char* path) {
  return ::unlink(path);
}

int FileSystem::stat(const char* path, struct stat& out) {
  return ::lstat(path, &out);
}

int FileSystem::stat(int fd, struct stat& out) {
  return ::fstat(fd, &out);
}

int FileSystem::statfs(const char* path, struct statfs& out) {
  return repeat_if_interrupted([&] { return ::statfs(path, &out); });
}

int FileSystem::start_writeback(int fd) {
  return ::sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

std::chrono::steady_clock::time_point FileSystem::now() {
  return std::chrono::steady_clock::now();
}

FileSystem& FileSystem::system() {
  static FileSystem instance;
  return instance;
}

}  // namespace study::manifest
