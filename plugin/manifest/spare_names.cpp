#include "manifest/spare_names.hpp"

#include <string>

namespace study::manifest {

std::array<std::filesystem::path, kMaxSpares> spare_paths(const std::filesystem::path& path) {
  std::array<std::filesystem::path, kMaxSpares> result;
  for (std::size_t i = 0; i < kMaxSpares; ++i) {
    const std::string number = i == 0 ? "" : std::to_string(i + 1);
    result[i] = path.parent_path() / ("." + path.filename().string() + ".spare" + number);
  }
  return result;
}

}  // namespace study::manifest
