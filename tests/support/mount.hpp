/// File systems of the test's own, in images mounted through loop devices.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace study_test {

/// Runs a command line of this file's; true if it succeeded. What it prints is not shown.
[[nodiscard]] inline bool succeeds(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

/// From now on mounts are seen by this process and its children only, and are gone with them. False
/// if that isn't allowed.
[[nodiscard]] inline bool own_mounts() {
  return ::geteuid() == 0 && ::unshare(CLONE_NEWNS) == 0 &&
         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

/// A mounted file system, unmounted at the end.
class Mount {
 public:
  /// Mounts `what` on the new directory `where`, with the words of mount(8) between.
  static std::optional<Mount> make(const std::string& words, const std::filesystem::path& where) {
    std::filesystem::create_directories(where);
    if (!succeeds("mount " + words + " " + where.string())) return std::nullopt;
    return Mount(where);
  }

  /// A new file system of `type` in an image file.
  static std::optional<Mount> of_image(const std::string& type, const std::filesystem::path& image,
                                       int mebibytes, const std::filesystem::path& where) {
    const std::string force = type == "ext4" ? "-F" : "-f";
    if (!succeeds("truncate -s " + std::to_string(mebibytes) + "M " + image.string()) ||
        !succeeds("mkfs." + type + " " + force + " " + image.string())) {
      return std::nullopt;
    }
    return make("-t " + type + " -o loop " + image.string(), where);
  }

  Mount(Mount&& other) noexcept : where_(std::move(other.where_)) { other.where_.clear(); }
  Mount& operator=(Mount&&) = delete;
  ~Mount() {
    if (!where_.empty()) static_cast<void>(succeeds("umount " + where_.string()));
  }

  [[nodiscard]] const std::filesystem::path& path() const { return where_; }

 private:
  explicit Mount(std::filesystem::path where) : where_(std::move(where)) {}
  std::filesystem::path where_;
};

}  // namespace study_test
