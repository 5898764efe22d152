/// Looks at a study from outside, once or again and again.
#pragma once

#include "input/host_config.hpp"
#include "session/checkpoints.hpp"
#include "status/study_status.hpp"
#include "terminal/host_log.hpp"

#include <study/manifest.hpp>
#include <study/observer.hpp>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>

namespace host {

class StudyReader {
 public:
  StudyReader() = default;
  StudyReader(const StudyReader&) = delete;
  StudyReader& operator=(const StudyReader&) = delete;
  virtual ~StudyReader() = default;

  /// How things stand. The view refers to this object, until the next call.
  ///
  /// Throws `study::InputError` where there is no checkpoint, `study::CheckpointError` for one that
  /// can't be used, `study::FileError` for one that can't be read.
  [[nodiscard]] virtual StudyView read() = 0;
};

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

/// All observers of the config are asked, and the most advanced checkpoint counts. One that fails,
/// or that is behind when nobody writes, is warned of, once for each reason.
class ObserverReader final : public StudyReader {
 public:
  /// `study_dir` needs not be on this machine.
  [[nodiscard]] static std::unique_ptr<StudyReader> of_directory(
      const HostConfig& config, const std::filesystem::path& study_dir, HostLog& log);
  /// The latest study of that name among the config's results. Observers that know studies by
  /// their directory alone are asked for the latest directory of that name.
  [[nodiscard]] static std::unique_ptr<StudyReader> of_name(const HostConfig& config,
                                                            std::string study_name, HostLog& log);

  ObserverReader(const HostConfig& config, study::CheckpointQuery query, HostLog& log);

  [[nodiscard]] StudyView read() override;

 private:
  [[nodiscard]] bool is_by_name() const { return query_.study_dir.empty(); }
  /// By directory, or by name the latest study of that name; never empty, the most advanced first.
  [[nodiscard]] std::vector<study::NamedCheckpoint> ask();
  [[nodiscard]] study::CheckpointAnswers ask(const study::CheckpointQuery& query);
  [[noreturn]] void fail(const std::string& failures) const;
  void warn(const std::string& name, const std::string& warning);
  [[nodiscard]] std::string asked_text() const;

  const std::string config_name_;  ///< for messages
  const study::CheckpointQuery query_;
  HostLog& log_;
  std::vector<study::NamedObserver> observers_;
  std::map<std::string, std::string> warned_;  ///< with which text, by observer
  study::StudyManifest manifest_;
  std::filesystem::path study_dir_;  ///< empty where it is not known or not on this machine
};

}  // namespace host
