#include "checkpoint/store_files.hpp"

#include <study/error.hpp>
#include <study/study_directory.hpp>

#include <mutex>
#include <set>
#include <system_error>

#include <sys/stat.h>

namespace study::checkpoint {
namespace {

namespace fs = std::filesystem;

struct Reservations {
  std::mutex mutex;
  std::set<std::string> paths;
};

/// Never destroyed: a host may keep an observer until the very end of the process.
[[nodiscard]] Reservations& reservations() {
  static Reservations& instance = *new Reservations;
  return instance;
}

/// Not where the file itself may lead to: it is replaced, not written through.
[[nodiscard]] std::string without_links(const fs::path& path) {
  std::error_code error;
  const fs::path directory = fs::weakly_canonical(path.parent_path(), error);
  return error ? path.lexically_normal().string() : (directory / path.filename()).string();
}

}  // namespace

PathReservation::PathReservation(const fs::path& path, std::string_view plugin)
    : key_(without_links(path)) {
  const std::scoped_lock lock(reservations().mutex);
  if (!reservations().paths.insert(key_).second) {
    throw StudyError("another " + std::string(plugin) + " of this study writes " + path.string() +
                     " already: list " + std::string(plugin) + " once, with the options of both");
  }
}

PathReservation::~PathReservation() {
  const std::scoped_lock lock(reservations().mutex);
  reservations().paths.erase(key_);
}

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
  fs::path aside = free_name_beside(path, why, time);
  fs::rename(path, aside, error);
  if (error) throw FileError("rename " + path.string() + " to " + aside.string(), error.value());
  return aside;
}

std::optional<FileVersion> version_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileVersion{status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec};
}

std::optional<StudyManifest> read_latest_of_name(
    const CheckpointQuery& query,
    const std::function<std::optional<StudyManifest>(const fs::path& study_dir)>& read) {
  for (const fs::path& study_dir : study_directories(query.results_dir, query.study_name)) {
    auto manifest = read(study_dir);
    if (manifest && manifest->head.study_name == query.study_name) return manifest;
  }
  return std::nullopt;
}

}  // namespace study::checkpoint
