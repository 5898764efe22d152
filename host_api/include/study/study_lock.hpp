/// One writer per study directory.
#pragma once

#include <study/fork_guard.hpp>
#include <study/timestamp.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace study {

/// The file in the study directory that the lock is on. It stays when the writer is gone.
inline constexpr std::string_view kLockFileName = ".study.lock";

/// Who writes, or wrote last, as the lock file tells.
struct Writer {
  std::int64_t pid = 0;
  std::string host;
  std::string boot_id;  ///< /proc/sys/kernel/random/boot_id: a pid of another boot means nothing
  Timestamp started_at;
};

/// This process, now.
[[nodiscard]] Writer this_writer();

/// The right to write to a study directory: flock(2), so the kernel frees it when the process dies,
/// however it dies. No other process keeps it: the descriptors are closed on exec and in a child of
/// fork(2). It is on the directory and on the file in it: on the directory since somebody may
/// remove the file, on the file since network file systems have no locks on directories.
class StudyLock {
 public:
  /// Takes the lock and writes down who holds it. A writer that is only being asked about by
  /// `read_writer` is waited for, a fraction of a second. Throws `StudyError` that says who writes,
  /// since when, and what to do; also if the lock file can't be created.
  [[nodiscard]] static StudyLock acquire(const std::filesystem::path& study_dir);

  /// Empty, or why the lock can't keep out writers on other machines: the directory's file system
  /// is a network's.
  [[nodiscard]] const std::string& weakness() const { return weakness_; }

 private:
  StudyLock() = default;

  UnsharedFd directory_;  ///< none where directories can't be locked
  UnsharedFd file_;
  std::string weakness_;
};

enum class WriterState {
  alive,    ///< somebody holds the lock
  gone,     ///< nobody does, but somebody did
  none,     ///< there never was a lock here
  unknown,  ///< it can't be told: no permission, or locks don't work there
};

struct WriterStatus {
  WriterState state = WriterState::unknown;
  std::optional<Writer> writer;  ///< alive or gone, where the lock file can be read
};

/// Who writes to the study in `study_dir`. Changes nothing there. Never throws for what it finds.
[[nodiscard]] WriterStatus read_writer(const std::filesystem::path& study_dir);

[[nodiscard]] std::string_view to_string(WriterState state);

}  // namespace study
