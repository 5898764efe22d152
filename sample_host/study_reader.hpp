/// Looks at a study from outside, once or again and again.
#pragma once

#include "status.hpp"

#include <study/manifest.hpp>

#include <filesystem>
#include <optional>

#include <sys/stat.h>

namespace study_host {

/// Only reads: the manifest is opened, read whole and closed, and only if it may have changed.
class StudyReader {
 public:
  explicit StudyReader(std::filesystem::path study_dir);

  /// How things stand. The view refers to this object, until the next call.
  ///
  /// Throws `study::InputError` where there is no manifest, `study::CheckpointError` for one that
  /// can't be used, `study::FileError` for one that can't be read.
  [[nodiscard]] StudyView read();

 private:
  /// What is different when the file is: a manifest is replaced as a whole, and a file that is used
  /// again for a later one has another modification time.
  struct Version {
    dev_t device;
    ino_t inode;
    off_t size;
    study::Timestamp modified;

    friend bool operator==(const Version&, const Version&) = default;
  };

  [[nodiscard]] std::optional<Version> present_version() const;
  void read_manifest(const study::WriterStatus& writer);

  const std::filesystem::path study_dir_;
  const std::filesystem::path manifest_path_;
  study::StudyManifest manifest_;
  std::optional<Version> version_;  ///< of `manifest_`; empty if it has to be read
};

}  // namespace study_host
