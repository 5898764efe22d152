/// File systems of the test's own, in images mounted through loop devices.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace study_test {

/// Runs a command line of a test's own; true if it succeeded. What it prints is not shown.
[[nodiscard]] inline bool succeeds(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

/// Makes `/` a mount point, which a chroot's need not be, and moves there: mount(2) gives no other
/// folder a propagation of its own. 0, or the errno.
[[nodiscard]] inline int bind_root() {
  const int directory = ::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  const bool bound = ::mount("/", "/", nullptr, MS_BIND | MS_REC, nullptr) == 0 &&
                     ::chroot("/..") == 0 &&  // `..` of a root leads onto what is mounted there
                     ::chdir(("/proc/self/fd/" + std::to_string(directory)).c_str()) == 0;
  const int error_number = bound ? 0 : errno;
  if (directory >= 0) ::close(directory);
  return error_number;
}

/// From now on mounts are seen by this process and its children only, and are gone with them.
/// Empty, or why that can't be. Asked again, it gives the same answer.
[[nodiscard]] inline const std::string& mounts_refused() {
  static const std::string reason = []() -> std::string {
    const auto failed = [](const char* call, int error_number) {
      return "mounting needs more rights than this root has: " + std::string(call) + ": " +
             std::generic_category().message(error_number);
    };
    if (::geteuid() != 0) return "mounting needs root";
    if (::unshare(CLONE_NEWNS) != 0) return failed("unshare", errno);
    const auto make_private = [] {
      return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 ? 0 : errno;
    };
    int error_number = make_private();
    if (error_number == EINVAL) {
      if (const int not_bound = bind_root(); not_bound != 0) return failed("mount /", not_bound);
      error_number = make_private();
    }
    return error_number == 0 ? "" : failed("mount", error_number);
  }();
  return reason;
}

/// A mounted file system, unmounted at the end. Where one can't be had, `problem()` tells why.
class Mount {
 public:
  /// Mounts on the new directory `where`, with the words of mount(8) before it.
  static std::optional<Mount> make(const std::string& words, const std::filesystem::path& where) {
    problem() = mounts_refused();
    if (!problem().empty()) return std::nullopt;
    std::filesystem::create_directories(where);
    if (!does("mount " + words + " " + where.string())) return std::nullopt;
    return Mount(where);
  }

  /// A new file system of `type` in an image file.
  static std::optional<Mount> of_image(const std::string& type, const std::filesystem::path& image,
                                       int mebibytes, const std::filesystem::path& where) {
    const std::string force = type == "ext4" ? "-F" : "-f";
    if (!does("truncate -s " + std::to_string(mebibytes) + "M " + image.string()) ||
        !does("mkfs." + type + " " + force + " " + image.string())) {
      return std::nullopt;
    }
    return make("-t " + type + " -o loop " + image.string(), where);
  }

  Mount(Mount&& other) noexcept : where_(std::move(other.where_)) { other.where_.clear(); }
  Mount& operator=(Mount&&) = delete;
  ~Mount() {
    if (where_.empty()) return;
    // Experiments of a host that was killed may be ending yet.
    for (int i = 0; i < 100 && !succeeds("umount " + where_.string()); ++i) ::usleep(100'000);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return where_; }

  /// Why the last one could not be made.
  [[nodiscard]] static std::string& problem() {
    static std::string text;
    return text;
  }

 private:
  [[nodiscard]] static bool does(const std::string& command) {
    if (succeeds(command)) return true;
    problem() = "`" + command + "` fails";
    return false;
  }

  explicit Mount(std::filesystem::path where) : where_(std::move(where)) {}
  std::filesystem::path where_;
};

}  // namespace study_test
