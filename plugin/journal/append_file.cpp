#include "journal/append_file.hpp"

#include <study/error.hpp>

#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace study::journal {
namespace {

/// Often enough that a power loss takes little, seldom enough that it costs nothing.
constexpr std::chrono::milliseconds kCarePeriod(50);

template <class Call>
auto repeat_if_interrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

/// Only the inode: asking for times would make each write dearer on ext4, which then has to give
/// the next one a time of its own. A file that is not there has an identity that no file has.
[[nodiscard]] FileIdentity identify(int directory, const char* path, int flags) {
  struct statx found;
  if (::statx(directory, path, flags, STATX_INO, &found) != 0) return {};
  return {(std::uint64_t{found.stx_dev_major} << 32) | found.stx_dev_minor, found.stx_ino};
}

}  // namespace

ssize_t AppendCalls::write(int fd, const void* data, std::size_t size_bytes) {
  return repeat_if_interrupted([&] { return ::write(fd, data, size_bytes); });
}

int AppendCalls::ftruncate(int fd, off_t size_bytes) {
  return repeat_if_interrupted([&] { return ::ftruncate(fd, size_bytes); });
}

int AppendCalls::fdatasync(int fd) {
  return repeat_if_interrupted([&] { return ::fdatasync(fd); });
}

AppendCalls& AppendCalls::system() {
  static AppendCalls instance;
  return instance;
}

AppendFile::AppendFile(std::filesystem::path path, Durability durability, AppendCalls& calls)
    : path_(std::move(path)), durability_(durability), calls_(calls) {
  fd_ =
      repeat_if_interrupted([&] { return ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC); });
  struct stat status {};
  if (fd_ < 0 || ::fstat(fd_, &status) != 0) {
    const int error_number = errno;
    if (fd_ >= 0) ::close(fd_);
    throw FileError("open " + path_.string() + " to append to it", error_number);
  }
  identity_ = identify(fd_, "", AT_EMPTY_PATH);
  size_bytes_ = static_cast<std::uint64_t>(status.st_size);
}

AppendFile::~AppendFile() {
  ::close(fd_);
}

void AppendFile::append(std::string_view record) {
  // Prevents a record behind half of another one, which no reader could make sense of.
  if (has_torn_end_) cut(size_bytes_);
  try {
    write(record);
    if (durability_ == Durability::power) sync();
  } catch (const FileError&) {
    has_torn_end_ = true;
    try {
      cut(size_bytes_);           // at once, for whoever reads the file
    } catch (const FileError&) {  // what counts is why it could not be written
    }
    throw;
  }
  size_bytes_ += record.size();
}

bool AppendFile::is_care_due() {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_care_ < kCarePeriod) return false;
  last_care_ = now;
  return true;
}

void AppendFile::start_writeback() {
  // Where it isn't possible, nothing is lost but time.
  if (durability_ == Durability::process) {
    static_cast<void>(::sync_file_range(fd_, 0, 0, SYNC_FILE_RANGE_WRITE));
  }
}

void AppendFile::cut(std::uint64_t size_bytes) {
  if (calls_.ftruncate(fd_, static_cast<off_t>(size_bytes)) != 0) {
    throw FileError("cut " + path_.string() + " back to its whole lines", errno);
  }
  size_bytes_ = size_bytes;
  has_torn_end_ = false;
}

void AppendFile::sync() {
  if (calls_.fdatasync(fd_) != 0) throw FileError("sync " + path_.string(), errno);
}

bool AppendFile::is_in_place() const {
  return identify(AT_FDCWD, path_.c_str(), 0) == identity_;
}

void AppendFile::write(std::string_view bytes) {
  // More than one turn only where the first could not write everything: then the next one either
  // can or says why.
  while (!bytes.empty()) {
    const ssize_t written = calls_.write(fd_, bytes.data(), bytes.size());
    if (written <= 0) throw FileError("append to " + path_.string(), written < 0 ? errno : EIO);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace study::journal
