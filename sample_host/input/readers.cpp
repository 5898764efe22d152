#include "input/readers.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace host {

Readers readers_of(const std::filesystem::path& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) return {0600, ::getegid()};
  return {found.st_mode & 0666, found.st_gid};
}

mode_t mode_of_copy(const std::filesystem::path& directory, const Readers& readers) {
  struct stat found {};
  const bool inherits = ::stat(directory.c_str(), &found) == 0 && (found.st_mode & S_ISGID) != 0;
  if (readers.group == (inherits ? found.st_gid : ::getegid())) return readers.mode;
  return (readers.mode & 0606) | ((readers.mode & 0006) << 3);
}

}  // namespace host
