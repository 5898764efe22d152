/// A file that only ever grows by whole records.
#pragma once

#include "checkpoint/background_sync.hpp"

#include <study/atomic_file.hpp>
#include <study/posix.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include <sys/types.h>

namespace study::journal {

/// The system calls that a record takes, one function each: the seam at which tests make the Nth
/// one fail. Each is its system call, with its result and errno. Stateless.
class AppendCalls {
 public:
  AppendCalls() = default;
  AppendCalls(const AppendCalls&) = delete;
  AppendCalls& operator=(const AppendCalls&) = delete;
  virtual ~AppendCalls() = default;

  virtual ssize_t write(int fd, const void* data, std::size_t size_bytes);
  virtual int ftruncate(int fd, off_t size_bytes);
  virtual int fdatasync(int fd);

  /// The system's.
  [[nodiscard]] static AppendCalls& system();
};

/// Appends records to an existing file, each whole or not at all. The descriptor is closed with the
/// object. Not thread-safe.
class AppendFile {
 public:
  /// Opens the file at `path`; the first record goes to its present end. Throws `FileError`.
  AppendFile(std::filesystem::path path, Durability durability, AppendCalls& calls);

  /// One write(2). With `Durability::power` one fdatasync(2), else the record is on the disk
  /// `BackgroundSync::kDelay` and the time of two fsync(2) later. Throws `FileError`; then the
  /// record is not in the file, or will be cut off again before the next one is appended.
  void append(std::string_view record);

  /// The errno of a sync of earlier records that has failed since this was last asked, else 0. They
  /// can be read until the kernel needs their memory, and are not on the disk.
  [[nodiscard]] int take_sync_error() { return sync_.take_error(); }

  /// True at most every 50 ms: time for what needn't follow every record.
  [[nodiscard]] bool is_upkeep_due();

  /// Cuts everything from `size_bytes` on. Throws `FileError`.
  void cut(std::uint64_t size_bytes);

  /// Returns when all records are on the disk, whatever the durability. Throws `FileError`.
  void sync();

  /// Whether the path still leads to this file: somebody may have moved it away.
  [[nodiscard]] bool is_in_place() const;

  [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }

 private:
  void write(std::string_view bytes);

  const std::filesystem::path path_;
  const Durability durability_;
  AppendCalls& calls_;
  UniqueFd fd_;
  FileIdentity identity_;
  std::uint64_t size_bytes_ = 0;  ///< of the whole records
  bool has_torn_end_ = false;     ///< the file may be longer than that
  std::chrono::steady_clock::time_point last_upkeep_;
  checkpoint::BackgroundSync sync_;  ///< has nothing to do with `Durability::power`
};

}  // namespace study::journal
