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

/// Often enough for what somebody does to the file, seldom enough that it costs nothing.
constexpr std::chrono::milliseconds kUpkeepPeriod(50);

/// That of a file that is not there is one that no file has.
[[nodiscard]] FileIdentity identity_of(int directory, const char* name, int flags) {
  FileIdentity found;
  static_cast<void>(identify_file(directory, name, flags, found));
  return found;
}

}  // namespace

ssize_t AppendCalls::write(int fd, const void* data, std::size_t size_bytes) {
  return retry_if_interrupted([&] { return ::write(fd, data, size_bytes); });
}

int AppendCalls::ftruncate(int fd, off_t size_bytes) {
  return retry_if_interrupted([&] { return ::ftruncate(fd, size_bytes); });
}

int AppendCalls::fdatasync(int fd) {
  return retry_if_interrupted([&] { return ::fdatasync(fd); });
}

AppendCalls& AppendCalls::system() {
  static AppendCalls instance;
  return instance;
}

AppendFile::AppendFile(std::filesystem::path path, Durability durability, AppendCalls& calls)
    : path_(std::move(path)), durability_(durability), calls_(calls) {
  fd_ = open_regular_file(path_.c_str(), O_WRONLY | O_APPEND);
  struct stat status {};
  if (!fd_ || ::fstat(fd_.get(), &status) != 0) {
    throw FileError("open " + path_.string() + " to append to it", errno);
  }
  identity_ = identity_of(fd_.get(), "", AT_EMPTY_PATH);
  size_bytes_ = static_cast<std::uint64_t>(status.st_size);
  if (durability_ == Durability::process) sync_.set_files({fd_.get()});
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
  if (durability_ == Durability::process) sync_.note_change();
}

bool AppendFile::is_upkeep_due() {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_upkeep_ < kUpkeepPeriod) return false;
  last_upkeep_ = now;
  return true;
}

void AppendFile::cut(std::uint64_t size_bytes) {
  if (calls_.ftruncate(fd_.get(), static_cast<off_t>(size_bytes)) != 0) {
    throw FileError("cut " + path_.string() + " back to its whole lines", errno);
  }
  size_bytes_ = size_bytes;
  has_torn_end_ = false;
}

void AppendFile::sync() {
  if (calls_.fdatasync(fd_.get()) != 0) throw FileError("sync " + path_.string(), errno);
}

bool AppendFile::is_in_place() const {
  return identity_of(AT_FDCWD, path_.c_str(), 0) == identity_;
}

void AppendFile::write(std::string_view bytes) {
  // More than one turn only where the first could not write everything: then the next one either
  // can or says why.
  while (!bytes.empty()) {
    const ssize_t written = calls_.write(fd_.get(), bytes.data(), bytes.size());
    if (written <= 0) throw FileError("append to " + path_.string(), written < 0 ? errno : EIO);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace study::journal
