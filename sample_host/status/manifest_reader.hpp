/// A study whose manifest.json is read, whoever writes it.
#pragma once

#include "status/study_reader.hpp"

#include <study/manifest.hpp>

#include <filesystem>
#include <optional>

#include <sys/stat.h>

namespace host {

/// Only reads: the manifest is opened, read whole and closed, and only if it may have changed.
class ManifestReader final : public StudyReader {
 public:
  /// Throws `study::InputError` where there is no such directory.
  explicit ManifestReader(std::filesystem::path study_dir);

  [[nodiscard]] StudyView read() override;

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

}  // namespace host
