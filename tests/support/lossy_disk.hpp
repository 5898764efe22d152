/// A disk that can be seen as a power loss at any moment would leave it.
#pragma once

#include "mount.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace study_test {

/// A mounted file system whose image lies on an xfs of its own, where a clone of a file is a
/// snapshot of one moment (ioctl_ficlonerange(2)). Needs root.
class LossyDisk {
 public:
  /// Empty where such file systems can't be had.
  static std::optional<LossyDisk> make(std::string type, const std::filesystem::path& dir) {
    auto host = Mount::of_image("xfs", dir / "host", 1500, dir / "disks");
    if (!host) return std::nullopt;
    auto disk =
        Mount::of_image(type, host->path() / "disk", type == "xfs" ? 320 : 64, dir / "mounted");
    if (!disk) return std::nullopt;
    return LossyDisk(std::move(type), *std::move(host), *std::move(disk), dir / "lost");
  }

  [[nodiscard]] const std::filesystem::path& path() const { return disk_.path(); }

  /// Remembers what is on the disk at this moment. False: it could not be done.
  [[nodiscard]] bool snapshot() const {
    return succeeds("cp --reflink=always " + (host_.path() / "disk").string() + " " +
                    image().string());
  }

  /// What was on the disk then, mounted, which replays its journal.
  [[nodiscard]] std::optional<Mount> mount_snapshot() const {
    const std::string options = type_ == "xfs" ? "loop,nouuid" : "loop";
    return Mount::make("-t " + type_ + " -o " + options + " " + image().string(), lost_);
  }

 private:
  LossyDisk(std::string type, Mount host, Mount disk, std::filesystem::path lost)
      : type_(std::move(type)),
        host_(std::move(host)),
        disk_(std::move(disk)),
        lost_(std::move(lost)) {}

  [[nodiscard]] std::filesystem::path image() const { return host_.path() / "snapshot"; }

  std::string type_;
  Mount host_;
  Mount disk_;  ///< unmounted before the one that its image is on
  std::filesystem::path lost_;
};

}  // namespace study_test
