/// The result of a run as a file, and how it gets to its place.
#pragma once

#include <study/atomic_file.hpp>
#include <study/timestamp.hpp>

#include <filesystem>
#include <optional>

#include <sys/stat.h>

namespace study {

/// When the file got its content; empty where there is none.
[[nodiscard]] std::optional<Timestamp> modification_time(const std::filesystem::path& file);
[[nodiscard]] Timestamp modification_time(const struct stat& status);

/// Moves the file to `place`, which is whole from the first moment that it exists; across file
/// systems it is copied, and removed when the copy is in place. With `Durability::power` it is on
/// the disk when this returns. Throws `FileError`; then the file is where it was.
void adopt_file(const std::filesystem::path& file, const std::filesystem::path& place,
                Durability durability);

}  // namespace study
