#include "run/out_of_memory.hpp"

#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace host {
namespace {

namespace fs = std::filesystem;

/// The group of the first hierarchy whose line has `controllers` in it: `4:memory:/user.slice`.
std::optional<std::string> group_of(std::string_view cgroups, std::string_view controllers) {
  while (!cgroups.empty()) {
    const std::string_view line = cgroups.substr(0, cgroups.find('\n'));
    if (const std::size_t place = line.find(controllers); place != std::string_view::npos) {
      return std::string(line.substr(place + controllers.size()));
    }
    cgroups.remove_prefix(std::min(line.size() + 1, cgroups.size()));
  }
  return std::nullopt;
}

/// In a container the group's own directory may be mounted as the root.
fs::path first_that_is_there(const fs::path& mount, const std::string& group, const char* name) {
  std::error_code ignored;
  for (const fs::path& folder : {mount / fs::path(group).relative_path(), mount}) {
    if (fs::exists(folder / name, ignored)) return folder / name;
  }
  return {};
}

const fs::path& own_file() {
  static const fs::path file = [] {
    std::ifstream stream("/proc/self/cgroup");
    return out_of_memory_file(std::string(std::istreambuf_iterator<char>(stream), {}));
  }();
  return file;
}

}  // namespace

fs::path out_of_memory_file(std::string_view cgroups, const fs::path& root) {
  if (const auto group = group_of(cgroups, "0::")) {
    fs::path file = first_that_is_there(root, *group, "memory.events");
    if (!file.empty()) return file;
  }
  const auto group = group_of(cgroups, ":memory:");
  return group ? first_that_is_there(root / "memory", *group, "memory.oom_control") : fs::path();
}

std::optional<std::uint64_t> read_out_of_memory_kills(const fs::path& file) {
  std::ifstream stream(file);
  std::string name;
  std::uint64_t value = 0;
  while (stream >> name >> value) {
    if (name == "oom_kill") return value;
  }
  return std::nullopt;
}

OutOfMemoryKills::OutOfMemoryKills() : OutOfMemoryKills(own_file()) {}

OutOfMemoryKills::OutOfMemoryKills(fs::path file) : file_(std::move(file)) {
  if (!file_.empty()) before_ = read_out_of_memory_kills(file_);
}

std::string OutOfMemoryKills::news() {
  const auto now = before_ ? read_out_of_memory_kills(file_) : std::nullopt;
  if (!now || *now <= *before_) return {};
  const std::uint64_t before = *std::exchange(before_, now);
  return "the kernel has ended a process here for lack of memory (oom_kill in " + file_.string() +
         " is " + std::to_string(*now) + ", and was " + std::to_string(before) + " before)";
}

}  // namespace host
