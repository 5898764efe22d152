#include "checkpoint/set_aside.hpp"

#include <study/error.hpp>

#include <string>
#include <system_error>

namespace study::checkpoint {

namespace fs = std::filesystem;

fs::path free_name_beside(const fs::path& path, std::string_view why, Timestamp time) {
  const std::string name = path.string() + "." + std::string(why) + "-" + file_name_timestamp(time);
  std::string free = name;
  std::error_code error;
  for (int i = 1; fs::exists(fs::symlink_status(free, error)); ++i) {
    free = name + "_" + std::to_string(i);
  }
  return free;
}

fs::path set_aside(const fs::path& path, std::string_view why, Timestamp time) {
  std::error_code error;
  const fs::path aside = free_name_beside(path, why, time);
  fs::rename(path, aside, error);
  if (error) throw FileError("rename " + path.string() + " to " + aside.string(), error.value());
  return aside;
}

}  // namespace study::checkpoint
