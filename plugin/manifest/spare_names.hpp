/// The names of the generations that a `SwapFile` keeps beside the published one.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>

namespace study::manifest {

/// How many spare generations there are at most.
inline constexpr std::size_t kMaxSpares = 3;

/// The names of the spare generations beside `path`, in the order in which they are taken: hidden,
/// so that nobody opens them by accident.
[[nodiscard]] std::array<std::filesystem::path, kMaxSpares> spare_paths(
    const std::filesystem::path& path);

}  // namespace study::manifest
