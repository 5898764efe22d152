/// Looks at a study from outside, once or again and again.
#pragma once

#include "input/host_config.hpp"
#include "session/checkpoints.hpp"
#include "status/study_status.hpp"
#include "terminal/host_log.hpp"

#include <study/observer.hpp>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
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
  /// Of the study in a directory, as a run of it names it, which needs not be on this machine; or
  /// of the latest study of a name among the results. Observers that know studies by their
  /// directory alone are asked for the latest directory of that name.
  ObserverReader(const HostConfig& config, study::CheckpointQuery query, HostLog& log);

  [[nodiscard]] StudyView read() override;

 private:
  [[nodiscard]] bool is_by_name() const { return query_.study_dir.empty(); }
  /// By directory, or by name the latest study of that name; never empty, the most advanced first.
  [[nodiscard]] std::vector<study::NamedCheckpoint> ask();
  [[nodiscard]] study::CheckpointAnswers ask(const study::CheckpointQuery& query);
  [[noreturn]] void fail(const std::string& failures) const;
  void warn(const std::string& name, const std::string& warning);
  /// What stores that have many studies tell of the one of that name that began then.
  [[nodiscard]] std::optional<study::StoredStudy> ask_for_study(study::Timestamp started_at);

  const std::string config_name_;  ///< for messages
  const study::CheckpointQuery query_;
  HostLog& log_;
  std::vector<study::NamedObserver> observers_;
  std::map<std::string, std::string> warned_;  ///< with which text, by observer
  study::StudyManifest manifest_;
  std::filesystem::path study_dir_;  ///< empty where it is not known or not on this machine
  std::size_t namesakes_ = 0;
};

/// The directory as a run of its study names it: absolute, without a slash at its end.
[[nodiscard]] std::filesystem::path normal_directory(const std::filesystem::path& path);

/// Of the study in `study_dir`: its `manifest.json`, unless a host config is `given`; where there
/// is no such file, or the latest run of the study didn't keep it, the observers of that run's host
/// config. Throws `study::InputError`, and what an observer that can't be loaded throws.
[[nodiscard]] std::unique_ptr<StudyReader> open_study_directory(
    const std::filesystem::path& study_dir, const std::optional<std::filesystem::path>& given,
    HostLog& log);

/// For how long a study that has ended is watched until its writer has left, too: an observer may
/// try several times to store the end.
inline constexpr std::chrono::milliseconds kLeavePatience{30'000};

/// The same by the observers of `config` alone.
[[nodiscard]] std::unique_ptr<StudyReader> open_study_directory(
    const std::filesystem::path& study_dir, const HostConfig& config, HostLog& log);

/// Shows the study on stdout until it has ended and its writer has left, or its writer is gone: on
/// a terminal the status text, redrawn in place, which stays there at the end; elsewhere a line
/// with the time whenever the state or the counters have changed.
///
/// Gives 0 when the study is over, however it ended, and also when nobody reads stdout any more;
/// else the number of the SIGINT, SIGTERM or SIGHUP that ended the watching. The study isn't
/// touched in any case. Throws as `StudyReader::read` does.
///
/// Blocks SIGINT, SIGTERM, SIGHUP and SIGWINCH in the calling thread while it runs.
[[nodiscard]] int watch_study(StudyReader& reader,
                              std::chrono::milliseconds leave_patience = kLeavePatience);

}  // namespace host
