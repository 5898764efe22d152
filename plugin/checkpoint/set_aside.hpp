/// Where a sink puts a file that it must not write over.
#pragma once

#include <study/timestamp.hpp>

#include <filesystem>
#include <string_view>

namespace study::checkpoint {

/// A name beside `path` that nothing has: `{path}.{why}-{time}`, with `_1`, `_2`, … behind it
/// where that is taken.
[[nodiscard]] std::filesystem::path free_name_beside(const std::filesystem::path& path,
                                                     std::string_view why, Timestamp time);

/// Renames what is at `path`, a file or a directory, whatever is in it, to such a name, and gives
/// that name. Never overwrites anything as long as nobody else makes files of that name.
///
/// Throws `FileError` if it can't be renamed.
std::filesystem::path set_aside(const std::filesystem::path& path, std::string_view why,
                                Timestamp time);

}  // namespace study::checkpoint
