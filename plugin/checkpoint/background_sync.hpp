/// Brings to the disk what has been written, a moment later and without anybody waiting for it.
#pragma once

#include <study/fork_guard.hpp>

#include <chrono>
#include <vector>

namespace study::checkpoint {

/// Syncs the files of a store a fixed time after the first change that isn't on the disk yet, also
/// when no other change follows: so a power loss takes no more than what came in that time and in
/// that of one fsync(2).
///
/// Why a thread: what nothing follows has to be synced by somebody, and starting the write-back
/// with each transition would cost more than the transition. Why fsync(2) and not
/// sync_file_range(2): the names that an exchange or a rename changes are on the disk only with a
/// commit of the file system's journal, which comes by itself after 5 s on ext4 and 30 s on xfs.
///
/// The thread begins with the first change, takes no signals, calls nobody and ends with this
/// object. It doesn't exist in a child of fork(2), where this object does nothing. Not thread-safe.
class BackgroundSync {
 public:
  static constexpr std::chrono::milliseconds kDelay{200};

  BackgroundSync();
  BackgroundSync(const BackgroundSync&) = delete;
  BackgroundSync& operator=(const BackgroundSync&) = delete;
  /// What has changed and is not synced stays so. Waits for a sync that has begun.
  ~BackgroundSync();

  /// What is synced from now on, in the place of what was: files and directories. The descriptors
  /// are duplicated, so they may be closed at any time. One that can't be is left out.
  void set_files(const std::vector<int>& fds);

  /// The files have just been changed. Costs a few nanoseconds, but for the first one in `kDelay`,
  /// which wakes the thread. Where no thread is to be had, each syncs by itself.
  void note_change();

  /// The errno of a sync that has failed since this was last asked, else 0. The kernel has then
  /// given up what was to be written, so it has to be written anew.
  [[nodiscard]] int take_error();

 private:
  struct State;

  State* state_;  ///< left alone in a child, where the thread that may have held its mutex is gone
  ForkGuard process_;
};

}  // namespace study::checkpoint
