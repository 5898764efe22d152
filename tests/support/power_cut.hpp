/// A disk whose power can be cut while a study writes to it.
#pragma once

#include "mount.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace study_test {

/// A mounted file system that can be shut down at once, without its journal being flushed: what has
/// not been written by then is lost, and every call after it fails. Needs root.
class CuttableDisk {
 public:
  /// Empty where such a file system can't be had, for which `Mount::problem()` tells why. `dir` is
  /// where its image lies.
  static std::optional<CuttableDisk> make(std::string type, const std::filesystem::path& dir) {
    auto disk = Mount::of_image(type, dir / "disk", type == "xfs" ? 320 : 64, dir / "mounted");
    if (!disk) return std::nullopt;
    return CuttableDisk(std::move(type), *std::move(disk), dir);
  }

  [[nodiscard]] std::filesystem::path path() const { return dir_ / "mounted"; }

  /// False: it could not be done. Who has files open there should be ended then.
  [[nodiscard]] bool cut() const {
    // EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN are one number; neither is in a header that is
    // installed everywhere. 2: without a flush of the journal.
    constexpr unsigned long kShutdown = _IOR('X', 125, std::uint32_t);
    std::uint32_t how = 2;
    const int fd = ::open(path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool done = ::ioctl(fd, kShutdown, &how) == 0;
    ::close(fd);
    return done;
  }

  /// The power is back: mounts what the disk has, which replays its journal. Nobody may have a file
  /// open there. False: it can't be mounted.
  [[nodiscard]] bool mount_again() {
    disk_.reset();
    auto disk = Mount::make("-t " + type_ + " -o loop " + (dir_ / "disk").string(), path());
    if (disk) disk_.emplace(*std::move(disk));
    return disk_.has_value();
  }

 private:
  CuttableDisk(std::string type, Mount disk, std::filesystem::path dir)
      : type_(std::move(type)), disk_(std::in_place, std::move(disk)), dir_(std::move(dir)) {}

  std::string type_;
  std::optional<Mount> disk_;
  std::filesystem::path dir_;
};

}  // namespace study_test
