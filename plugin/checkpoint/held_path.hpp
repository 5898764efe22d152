/// One sink for a file, also where a host's config file lists a plugin twice.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace study::checkpoint {

/// As long as it lives, no other one of this process and this library holds the same path. The
/// study's lock keeps other processes out, and whose host is this one.
class HeldPath {
 public:
  /// Throws `StudyError`, which tells that `plugin` is listed twice, if another one holds it.
  HeldPath(const std::filesystem::path& path, std::string_view plugin);
  HeldPath(const HeldPath&) = delete;
  HeldPath& operator=(const HeldPath&) = delete;
  ~HeldPath();

 private:
  const std::string key_;
};

}  // namespace study::checkpoint
