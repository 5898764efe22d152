/// The files of a store: one sink for each, and what must not be written over put aside.
#pragma once

#include <study/manifest.hpp>
#include <study/observer.hpp>
#include <study/timestamp.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace study::checkpoint {

/// As long as it lives, no other one of this process and this library has the same path, also where
/// a host's config file lists a plugin twice. The study's lock keeps other processes out, and whose
/// host is this one.
class PathReservation {
 public:
  /// Throws `StudyError`, which tells that `plugin` is listed twice, if another one has it.
  PathReservation(const std::filesystem::path& path, std::string_view plugin);
  PathReservation(const PathReservation&) = delete;
  PathReservation& operator=(const PathReservation&) = delete;
  ~PathReservation();

 private:
  const std::string key_;
};

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

/// A file as it was at some moment.
struct FileVersion {
  dev_t device;
  ino_t inode;
  off_t size;
  time_t seconds;  ///< of its last change
  long nanoseconds;
  friend bool operator==(const FileVersion&, const FileVersion&) = default;
};

/// Empty where there is no such file.
[[nodiscard]] std::optional<FileVersion> version_of(const std::filesystem::path& path);

/// For a store that keeps each study in its own directory: the checkpoint of the latest study of
/// `query.study_name` in `query.results_dir`, of those of which `read` gives one. Throws what
/// `read` throws of a later one.
[[nodiscard]] std::optional<StudyManifest> read_latest_of_name(
    const CheckpointQuery& query,
    const std::function<std::optional<StudyManifest>(const std::filesystem::path& study_dir)>&
        read);

}  // namespace study::checkpoint
