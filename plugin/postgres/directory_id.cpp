#include "postgres/directory_id.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>

#include <cerrno>
#include <random>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace study::postgres {

namespace {

/// Without it a power loss could take the id from a directory whose study is in the database.
void sync_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int error = fd < 0 || (::fsync(fd) != 0 && errno != EINVAL) ? errno : 0;
  if (fd >= 0) ::close(fd);
  if (error != 0) throw FileError("sync " + directory.string(), error);
}

[[nodiscard]] std::int64_t inode_of(const std::filesystem::path& directory) {
  struct stat found {};
  if (::stat(directory.c_str(), &found) != 0) throw FileError("stat " + directory.string(), errno);
  return static_cast<std::int64_t>(found.st_ino);
}

}  // namespace

std::string random_token() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::random_device random;
  std::string token;
  for (int i = 0; i < 32; ++i) token += kDigits[random() % kDigits.size()];
  return token;
}

std::optional<DirectoryId> read_directory_id(const std::filesystem::path& study_dir) {
  const std::filesystem::path path = study_dir / kDirectoryIdFileName;
  std::string text;
  try {
    text = read_file(path);
  } catch (const FileError& error) {
    if (error.code().value() == ENOENT) return std::nullopt;
    throw;
  }
  const bool whole = text.size() == 33 && text.back() == '\n';
  if (whole) text.pop_back();
  if (!whole || text.find_first_not_of("0123456789abcdef") != std::string::npos) {
    throw StudyError(path.string() +
                     " does not hold the 32 hex digits of a directory's id: restore it, or move it "
                     "away to begin anew in the database");
  }
  return DirectoryId{std::move(text), inode_of(study_dir)};
}

DirectoryId make_directory_id(const std::filesystem::path& study_dir, const std::string& token) {
  if (auto id = read_directory_id(study_dir)) return *std::move(id);
  const std::filesystem::path path = study_dir / kDirectoryIdFileName;
  const std::filesystem::path own = path.string() + "." + token;
  replace_file(own, token + "\n", Durability::power);
  // Unlike a rename, a link leaves the id that somebody else has given the directory meanwhile.
  const int error = ::link(own.c_str(), path.c_str()) == 0 ? 0 : errno;
  std::error_code ignored;
  std::filesystem::remove(own, ignored);
  if (error == 0) {
    sync_directory(study_dir);
  } else if (error != EEXIST) {  // a file system that has no links
    replace_file(path, token + "\n", Durability::power);
  }
  auto id = read_directory_id(study_dir);
  if (!id) throw StudyError(path.string() + " was removed while it was being made: try again");
  return *std::move(id);
}

}  // namespace study::postgres
