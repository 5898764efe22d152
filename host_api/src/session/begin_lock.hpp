/// One at a time looks for a folder's latest study, and begins one where there is none.
#pragma once

#include <study/fork_guard.hpp>

#include <filesystem>
#include <string_view>
#include <vector>

namespace study {

/// Held from the look for a study of this name until there is one, in a directory with a lock of
/// its own: else the tasks of an array, which start at the same moment, each begin a study. A file
/// in `results_dir`, as flock(2) locks no directory on NFS; taken away with the lock. Nothing is
/// promised where the file system has no locks, as of the study's own lock.
class BeginLock {
 public:
  /// Holds nothing.
  BeginLock() = default;
  /// Creates `results_dir` if need be; what is empty in the end goes with the lock. Waits for
  /// whoever else begins one. Throws `study::StudyError` when it has waited in vain, or the file
  /// can't be made.
  BeginLock(const std::filesystem::path& results_dir, std::string_view study_name);
  BeginLock(BeginLock&& other) noexcept = default;
  BeginLock& operator=(BeginLock&& other) noexcept;
  ~BeginLock() { release(); }

  void release() noexcept;

 private:
  [[nodiscard]] bool is_still_there() const;

  std::filesystem::path path_;
  std::vector<std::filesystem::path> created_;  ///< the innermost first
  UnsharedFd file_;
  ForkGuard process_;
};

}  // namespace study
