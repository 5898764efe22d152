#include "checkpoint/held_path.hpp"

#include <study/error.hpp>

#include <mutex>
#include <set>
#include <system_error>

namespace study::checkpoint {
namespace {

namespace fs = std::filesystem;

struct Registry {
  std::mutex mutex;
  std::set<std::string> held;
};

/// Never destroyed: a host may keep an observer until the very end of the process.
[[nodiscard]] Registry& registry() {
  static Registry& instance = *new Registry;
  return instance;
}

/// Not where the file itself may lead to: it is replaced, not written through.
[[nodiscard]] std::string without_links(const fs::path& path) {
  std::error_code error;
  const fs::path directory = fs::weakly_canonical(path.parent_path(), error);
  return error ? path.lexically_normal().string() : (directory / path.filename()).string();
}

}  // namespace

HeldPath::HeldPath(const fs::path& path, std::string_view plugin) : key_(without_links(path)) {
  const std::scoped_lock lock(registry().mutex);
  if (!registry().held.insert(key_).second) {
    throw StudyError("another " + std::string(plugin) + " of this study writes " + path.string() +
                     " already: list " + std::string(plugin) + " once, with the options of both");
  }
}

HeldPath::~HeldPath() {
  const std::scoped_lock lock(registry().mutex);
  registry().held.erase(key_);
}

}  // namespace study::checkpoint
