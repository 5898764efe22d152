/// Who may read a file, and so a copy of it, or what is made of it.
#pragma once

#include <filesystem>

#include <sys/types.h>

namespace host {

struct Readers {
  mode_t mode = 0666;  ///< the bits of its permissions to read and to write
  gid_t group = 0;
};

/// This user alone, where there is no such file any more.
[[nodiscard]] Readers readers_of(const std::filesystem::path& file);

/// The permissions, less the umask, for what is made in `directory` of a file that `readers` can
/// read: nobody else can read it. Where it would get another group, that group may what everybody
/// may.
[[nodiscard]] mode_t mode_of_copy(const std::filesystem::path& directory, const Readers& readers);

}  // namespace host
