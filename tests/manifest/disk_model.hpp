/// A model of what a power loss can leave of the files that the swap engine writes.
#pragma once

#include "manifest/file_system.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace study_test {

/// Passes every call on to the system and records what it does to names and pages.
///
/// The model, which is that of a file system with a journal for its directories and no order
/// between data and names: names change in the order in which they were changed, up to any moment
/// not before the last sync of the directory; each page of a file is any of its versions not older
/// than the last sync of that file; a file that was never synced may be as short as nothing.
class RecordingFileSystem final : public study::manifest::FileSystem {
 public:
  /// Time in this model: how many calls have been recorded.
  [[nodiscard]] std::size_t moment() const { return moment_; }

  /// What the file of that name could hold after a power loss at `moment`, chosen at random; empty:
  /// there is no such file.
  [[nodiscard]] std::optional<std::string> after_power_loss(std::mt19937& random,
                                                            const std::string& name,
                                                            std::size_t moment) const;

  int open(int directory, const char* name, int flags, mode_t mode) override;
  ssize_t pwrite(int fd, const void* data, std::size_t size, off_t offset) override;
  int fsync(int fd) override;
  int fdatasync(int fd) override;
  int close(int fd) override;
  int rename(int directory, const char* from, const char* to) override;
  int exchange(int directory, const char* one, const char* other) override;
  int unlink(int directory, const char* name) override;

 private:
  static constexpr std::size_t kPageBytes = 4096;
  using FileId = int;
  using Names = std::map<std::string, FileId>;

  struct PageVersion {
    std::size_t moment;
    std::string bytes;
  };
  struct File {
    std::map<std::size_t, std::vector<PageVersion>> pages;
    std::vector<std::size_t> syncs;  ///< the moments of them
  };
  struct NamesVersion {
    std::size_t moment;
    Names names;
  };

  void note_names(Names names);
  void note_sync(int fd);
  [[nodiscard]] std::string content(std::mt19937& random, const File& file,
                                    std::size_t moment) const;

  std::size_t moment_ = 0;
  FileId next_file_ = 0;
  std::map<int, FileId> descriptors_;
  std::map<FileId, File> files_;
  Names names_;
  std::vector<NamesVersion> history_{{0, {}}};
  std::vector<std::size_t> directory_syncs_;
  static constexpr FileId kDirectory = -1;
};

}  // namespace study_test
