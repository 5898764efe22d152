#include "session/result_file.hpp"

#include <study/error.hpp>
#include <study/posix.hpp>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

namespace study {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;

void sync_path(const fs::path& path, int flags) {
  const UniqueFd fd = open_file(path.c_str(), O_RDONLY | flags);
  if (!fd || ::fsync(fd.get()) != 0) throw FileError("sync " + path.string(), errno);
}

/// Or a power loss would take results that have completed half a minute ago. Where it can't be
/// done, nothing is lost but time.
void start_writeback(const fs::path& path) {
  const UniqueFd fd = open_without_waiting(path.c_str());
  if (fd) static_cast<void>(::sync_file_range(fd.get(), 0, 0, SYNC_FILE_RANGE_WRITE));
}

void copy_file(const fs::path& file, const fs::path& place, Durability durability) {
  const UniqueFd fd = open_file(file.c_str(), O_RDONLY);
  if (!fd) throw FileError("open " + file.string(), errno);
  const auto next = [&](std::string& piece) {
    piece.resize(kPieceBytes);
    const ssize_t size =
        retry_if_interrupted([&] { return ::read(fd.get(), piece.data(), piece.size()); });
    if (size < 0) throw FileError("read " + file.string(), errno);
    piece.resize(static_cast<std::size_t>(size));
    return size > 0;
  };
  replace_file(place, next, durability);
}

}  // namespace

std::optional<Timestamp> modification_time(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  return modification_time(status);
}

Timestamp modification_time(const struct stat& status) {
  return Timestamp(std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::seconds(status.st_mtim.tv_sec) +
      std::chrono::nanoseconds(status.st_mtim.tv_nsec)));
}

void adopt_file(const fs::path& file, const fs::path& place, Durability durability) {
  durability == Durability::power ? sync_path(file, 0) : start_writeback(file);
  if (::rename(file.c_str(), place.c_str()) == 0) {
    if (durability == Durability::power) sync_path(place.parent_path(), O_DIRECTORY);
    return;
  }
  if (errno != EXDEV) throw FileError("rename " + file.string() + " to " + place.string(), errno);
  copy_file(file, place, durability);
  std::error_code ignored;  // the result is in place, and its original is the host's to remove
  fs::remove(file, ignored);
}

}  // namespace study
