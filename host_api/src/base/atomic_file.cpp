#include "base/format.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/posix.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace study {
namespace {

constexpr int kPipePatienceMs = 10'000;
constexpr std::size_t kMaxNameBytes = 255;  // NAME_MAX of every file system in use on Linux

[[noreturn]] void fail(const std::string& operation, const std::filesystem::path& path,
                       int error_number) {
  throw FileError(operation + " " + path.string(), error_number);
}

std::string random_digits() {
  std::uint64_t number = 0;
  if (retry_if_interrupted([&] { return ::getrandom(&number, sizeof number, 0); }) < 0) {
    throw FileError("getrandom for a temporary file's name", errno);
  }
  return study::format("{:016x}", number);
}

std::filesystem::path temporary_path(const std::filesystem::path& target) {
  const std::string suffix = study::format(".{}.tmp", random_digits());
  const std::string name = target.filename().string();
  const std::string_view kept = truncate_utf8(name, kMaxNameBytes - 1 - suffix.size());
  return target.parent_path() / study::format(".{}{}", kept, suffix);
}

[[noreturn]] void refuse_size(const std::filesystem::path& path, std::uint64_t max_bytes) {
  fail(study::format("read more than {} bytes of", max_bytes), path, EFBIG);
}

/// What comes next, into `bytes` from `at` on; 0 at the end.
std::size_t read_some(int fd, const std::filesystem::path& path, std::string& bytes,
                      std::size_t at) {
  for (;;) {
    const ssize_t count =
        retry_if_interrupted([&] { return ::read(fd, bytes.data() + at, bytes.size() - at); });
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EAGAIN) fail("read", path, errno);
    // A pipe whose writer has not written yet.
    pollfd waiting{fd, POLLIN, 0};
    const int ready = retry_if_interrupted([&] { return ::poll(&waiting, 1, kPipePatienceMs); });
    if (ready == 0) fail("read", path, ETIMEDOUT);
    if (ready < 0) fail("read", path, errno);
  }
}

/// Makes a published name without its bytes unlikely after a power loss: the kernel begins to write
/// now and not in half a minute. Where it can't, nothing is lost but time.
void start_writeback(const UniqueFd& fd) {
  static_cast<void>(::sync_file_range(fd.get(), 0, 0, SYNC_FILE_RANGE_WRITE));
}

std::filesystem::path directory_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

/// False, and nothing has been done, where the name is taken, the file system has no files without
/// names, or anything else is wrong.
bool link_new_file(const std::filesystem::path& path, std::string_view bytes) {
  UniqueFd fd = open_file(directory_of(path).c_str(), O_WRONLY | O_TMPFILE, 0666);
  if (!fd || write_all(fd.get(), bytes) != 0) return false;
  start_writeback(fd);
  const std::string nameless = study::format("/proc/self/fd/{}", fd.get());
  if (::linkat(AT_FDCWD, nameless.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    return false;
  }
  return fd.close() == 0;  // a file system may tell only now that it has no room
}

/// A file that is removed again unless it has been renamed to its target.
class TemporaryFile {
 public:
  TemporaryFile(const std::filesystem::path& target, mode_t mode) : target_(target) {
    do {
      path_ = temporary_path(target);
      fd_ = open_file(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL, mode);
    } while (!fd_ && errno == EEXIST);
    if (!fd_) fail("create a temporary file for", target_, errno);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!published_) ::unlink(path_.c_str());
  }

  void write(std::string_view bytes) {
    if (const int error = write_all(fd_.get(), bytes); error != 0) fail("write", target_, error);
  }

  void start_writeback() { study::start_writeback(fd_); }

  /// Prevents a published name without its bytes after a power loss.
  void sync() {
    if (::fsync(fd_.get()) != 0) fail("sync", target_, errno);
  }

  void publish() {
    if (fd_.close() != 0) fail("close", target_, errno);
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail("rename into place", target_, errno);
    published_ = true;
  }

 private:
  const std::filesystem::path& target_;
  std::filesystem::path path_;
  UniqueFd fd_;
  bool published_ = false;
};

}  // namespace

void replace_file(const std::filesystem::path& path, const ContentSource& content,
                  Durability durability, mode_t mode) {
  if (!path.has_filename()) fail("replace", path, EISDIR);
  UniqueFd directory;
  if (durability == Durability::power) {
    // Before anything is changed: a directory that can't be opened couldn't be synced after it.
    directory = open_file(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY);
    if (!directory) fail("open the directory of", path, errno);
  }

  TemporaryFile file(path, mode);
  std::string piece;
  while (content(piece)) file.write(piece);
  durability == Durability::power ? file.sync() : file.start_writeback();
  file.publish();

  // Prevents the old content from coming back after a power loss. EINVAL: a file system that has
  // no such thing as syncing a directory (fsync(2)).
  if (directory && ::fsync(directory.get()) != 0 && errno != EINVAL) {
    fail("sync the directory of", path, errno);
  }
}

void replace_file(const std::filesystem::path& path, std::string_view bytes, Durability durability,
                  mode_t mode) {
  bool given = false;
  replace_file(
      path,
      [&](std::string& piece) {
        if (given) return false;
        piece = bytes;
        return given = true;
      },
      durability, mode);
}

void place_file(const std::filesystem::path& path, std::string_view bytes, Durability durability) {
  // Where the disk is waited for, a name more is nothing.
  if (durability == Durability::process && link_new_file(path, bytes)) return;
  replace_file(path, bytes, durability);
}

std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const UniqueFd fd = open_without_waiting(path.c_str());
  if (!fd) fail("open", path, errno);

  // The size is a hint: files in /proc have none, and a file may grow. One more byte, so that the
  // end of the file shows without growing the buffer.
  struct stat status {};
  const bool has_size = ::fstat(fd.get(), &status) == 0 && status.st_size > 0;
  const auto expected = has_size ? static_cast<std::uint64_t>(status.st_size) : 4095;
  if (has_size && expected > max_bytes) refuse_size(path, max_bytes);
  std::string bytes(expected + 1, '\0');
  std::size_t size = 0;
  while (const std::size_t count = read_some(fd.get(), path, bytes, size)) {
    size += count;
    if (size > max_bytes) refuse_size(path, max_bytes);
    if (size == bytes.size()) bytes.resize(std::min<std::uint64_t>(2 * size, max_bytes + 1));
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace study
