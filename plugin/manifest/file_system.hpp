/// The system calls that publish a manifest, one function each: the seam at which tests make the
/// Nth one fail, record them, or play a file system that can't do them.
#pragma once

#include <study/posix.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

#include <sys/types.h>
#include <sys/vfs.h>

namespace study::manifest {

/// Each function is its system call, with its result and errno. The defaults call the system; calls
/// that a signal has interrupted are repeated. Stateless, so that any number of threads may use
/// one.
class FileSystem {
 public:
  FileSystem() = default;
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;
  virtual ~FileSystem() = default;

  /// openat(2), always with O_CLOEXEC, so that no process that the host starts inherits the
  /// descriptor.
  virtual int open(int directory, const char* name, int flags, mode_t mode);
  virtual ssize_t pwrite(int fd, const void* data, std::size_t size_bytes, off_t offset);
  virtual int fsync(int fd);
  virtual int fdatasync(int fd);
  virtual int close(int fd);

  /// fcntl(2) F_SETLEASE with F_WRLCK or F_UNLCK.
  virtual int set_lease(int fd, int type);
  /// fcntl(2) F_SETSIG: the signal that a lease break sends.
  virtual int set_lease_signal(int fd, int signal);

  /// renameat(2) within a directory.
  virtual int rename(int directory, const char* from, const char* to);
  /// renameat2(2) within a directory with RENAME_EXCHANGE.
  virtual int exchange(int directory, const char* one, const char* other);
  /// unlinkat(2) of a file.
  virtual int unlink(int directory, const char* name);
  /// statx(2) of the name, not following links; of the descriptor `directory` itself where the name
  /// is empty.
  virtual int identify(int directory, const char* name, FileIdentity& out);
  /// statx(2) of the descriptor: how many names lead to its file.
  virtual int count_names(int fd, std::uint32_t& out);
  virtual int statfs(const char* path, struct statfs& out);

  virtual std::chrono::steady_clock::time_point now();

  /// The system's.
  [[nodiscard]] static FileSystem& system();
};

}  // namespace study::manifest
