/// A file system whose Nth call fails, or is the last thing that its process does.
#pragma once

#include "manifest/file_system.hpp"

#include <cerrno>

#include <unistd.h>

namespace study_test {

class FaultyFileSystem final : public study::manifest::FileSystem {
 public:
  static constexpr int kDied = 77;  ///< the exit code of a process that `die_at` has ended

  /// From now on the `first`th call fails, and `for_good` all after it.
  void fail_at(int first, bool for_good, int error_number) {
    calls_ = 0;
    first_ = first;
    for_good_ = for_good;
    error_number_ = error_number;
  }
  /// From now on the `last`th call is not made: the process dies instead.
  void die_at(int last) {
    calls_ = 0;
    last_ = last;
  }
  void heal() { first_ = 0; }

  /// Whether the failure that was asked for has happened.
  [[nodiscard]] bool has_failed() const { return first_ > 0 && calls_ >= first_; }

  int open(int directory, const char* name, int flags, mode_t mode) override {
    return fails() ? -1 : FileSystem::open(directory, name, flags, mode);
  }
  ssize_t pwrite(int fd, const void* data, std::size_t size, off_t offset) override {
    // A disk that fills up takes a part first.
    if (fails()) {
      static_cast<void>(FileSystem::pwrite(fd, data, size / 2, offset));
      errno = error_number_;
      return -1;
    }
    return FileSystem::pwrite(fd, data, size, offset);
  }
  int fsync(int fd) override { return fails() ? -1 : FileSystem::fsync(fd); }
  int fdatasync(int fd) override { return fails() ? -1 : FileSystem::fdatasync(fd); }
  int close(int fd) override {
    const int result = FileSystem::close(fd);
    return fails() ? -1 : result;
  }
  int set_lease(int fd, int type) override {
    return fails() ? -1 : FileSystem::set_lease(fd, type);
  }
  int set_lease_signal(int fd, int signal) override {
    return fails() ? -1 : FileSystem::set_lease_signal(fd, signal);
  }
  int rename(int directory, const char* from, const char* to) override {
    return fails() ? -1 : FileSystem::rename(directory, from, to);
  }
  int exchange(int directory, const char* one, const char* other) override {
    return fails() ? -1 : FileSystem::exchange(directory, one, other);
  }
  int unlink(int directory, const char* name) override {
    return fails() ? -1 : FileSystem::unlink(directory, name);
  }
  int identify(int directory, const char* name, study::FileIdentity& out) override {
    return fails() ? -1 : FileSystem::identify(directory, name, out);
  }
  int count_names(int fd, std::uint32_t& out) override {
    return fails() ? -1 : FileSystem::count_names(fd, out);
  }

 private:
  bool fails() {
    if (++calls_ == last_) ::_exit(kDied);
    if (first_ == 0 || calls_ < first_ || (calls_ > first_ && !for_good_)) return false;
    errno = error_number_;
    return true;
  }

  int calls_ = 0;
  int last_ = 0;
  int first_ = 0;
  bool for_good_ = false;
  int error_number_ = EIO;
};

}  // namespace study_test
