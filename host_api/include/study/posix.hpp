/// What every file operation of this project begins with: a descriptor with an owner, calls that a
/// signal doesn't end early, writes that are whole, and which file a name leads to.
#pragma once

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

namespace study {

/// Closes its file descriptor with itself. Keeps errno.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1) {
    const int error_number = errno;
    if (fd_ >= 0) ::close(fd_);
    errno = error_number;
    fd_ = fd;
  }
  /// Closes it now and gives what close(2) returns: delayed write errors show up there. The
  /// descriptor is gone in any case, also after EINTR.
  int close() { return ::close(release()); }

 private:
  int fd_ = -1;
};

/// Calls until it isn't interrupted by a signal: for what gives -1 and sets errno, but never for
/// close(2), whose descriptor is gone even when it says EINTR.
template <class Call>
auto retry_if_interrupted(const Call& call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

/// open(2), close-on-exec. Where it fails nothing is held, and errno tells why.
[[nodiscard]] UniqueFd open_file(const char* path, int flags, mode_t mode = 0666) noexcept;

/// The same of a name under which somebody else may have put anything: waits for nobody, neither
/// for the other end of a pipe nor, longer than a second, for a lease on the file (fcntl(2)). What
/// there is must be a regular file and no link, else errno is ELOOP.
[[nodiscard]] UniqueFd open_regular_file(const char* path, int flags, mode_t mode = 0666) noexcept;

/// The same for reading what a person names, which may be a link, a pipe or a device.
[[nodiscard]] UniqueFd open_without_waiting(const char* path) noexcept;

/// What to say of the errno that `open_regular_file` has left: what and, where something else lies
/// there, what to do.
[[nodiscard]] std::string open_problem(int error_number);

/// Writes all of `bytes`. 0, or the errno of what failed, when a part may have been written: the
/// descriptor's position tells how much.
[[nodiscard]] int write_all(int fd, std::string_view bytes) noexcept;

/// Which file it is, whatever its name.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// 0, or the errno of statx(2), whose `directory`, `name` and `flags` these are. Asks for the inode
/// alone: a file whose times have been asked for gets new ones, finer than a clock tick, with its
/// next write (Documentation/filesystems/multigrain-ts.rst of Linux), which costs ext4 as much as
/// the write itself.
[[nodiscard]] int identify_file(int directory, const char* name, int flags,
                                FileIdentity& out) noexcept;

}  // namespace study
