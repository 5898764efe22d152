/// From what a person asks for to a study that can be run: a new one, or one that goes on. Both go
/// the same way.
#pragma once

#include "plan/prepared_study.hpp"
#include "resume/study_record.hpp"
#include "session/observers.hpp"
#include "terminal/host_log.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>
#include <study/observer.hpp>
#include <study/study_lock.hpp>
#include <study/timestamp.hpp>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace host {

struct ResumeOptions {
  std::filesystem::path study_dir;  ///< empty: a new study
  bool force = false;               ///< also if the study has changed
  bool skip_failed = false;         ///< what has failed is not run again
  bool rebuild = false;             ///< from the result files, whatever checkpoint there is
};

/// The study is no longer the one that began.
class DesignChanged : public study::InputError {
 public:
  DesignChanged(const std::string& message, std::vector<std::string> account)
      : InputError(message), account_(std::move(account)) {}

  /// How, in lines, for a person.
  [[nodiscard]] const std::vector<std::string>& account() const { return account_; }

 private:
  std::vector<std::string> account_;
};

/// A study on its way to its first run, in four steps: the constructor, `find_state`, `enter`,
/// `begin`. Before `enter` nothing is changed but what killed hosts have left of a resumed study,
/// and that its directory is locked.
class OpenStudy {
 public:
  /// Prepares the study. A resumed study's directory is locked before that, and gives what
  /// `options` leave open: the study file (then its copy is read) and the host's config.
  ///
  /// Throws `study::StudyError` for a directory that doesn't exist, is somebody else's now, or in
  /// which no study has ever been run, `study::InputError` as `prepare_study`.
  OpenStudy(StudyOptions options, ResumeOptions resume, HostLog& log);

  /// Finds what the study goes on from: of a resumed one what the observers' checkpoints tell
  /// together, or with `rebuild` what the result files do. Takes out of the schedule what is done.
  /// The observers have not started yet.
  ///
  /// Throws `study::StudyError` where there is nothing to resume or it can't be read,
  /// `DesignChanged` without `force`.
  void find_state(std::span<const study::NamedObserver> observers);

  /// Creates and locks a new study's directory, and opens the log there. Throws
  /// `study::StudyError`.
  void enter();

  /// Keeps the record of what the study is now: it must be on the disk before a checkpoint of it
  /// is. Gives what the observers are told, which refers to this object. Throws
  /// `study::StudyError`.
  [[nodiscard]] study::StudyStart begin() const;

  /// The schedule has what is left to be run.
  [[nodiscard]] PreparedStudy& study() { return study_; }
  /// Absolute; for a new study not known before `enter`.
  [[nodiscard]] const std::filesystem::path& study_dir() const { return study_dir_; }
  /// The names of the observers of this run.
  [[nodiscard]] const std::vector<std::string>& observers() const { return observers_; }
  /// What earlier runs have done that is not run again.
  [[nodiscard]] const study::ManifestCounters& done() const { return done_; }
  /// What is done and what is left.
  [[nodiscard]] std::size_t total_runs() const;
  /// For the log: name, runs, design hash.
  [[nodiscard]] std::string description() const;

 private:
  [[nodiscard]] StudyOptions enter_study_dir(StudyOptions options);
  [[nodiscard]] study::StudyManifest find_checkpoint(
      std::span<const study::NamedObserver> observers);
  void read_record(bool has_study_file);
  void check_design(const study::StudyManifest& checkpoint);
  void go_on_from(const study::StudyManifest& checkpoint);
  void leave_out_done();
  void lock();

  HostLog& log_;
  ResumeOptions resume_;
  std::filesystem::path study_dir_;
  std::optional<study::StudyLock> lock_;  ///< on the directory, once there is one
  std::optional<StudyRecord> record_;     ///< of a resumed study, where it can be read
  bool is_copy_read_ = false;             ///< the record's, in the place of a study file
  PreparedStudy study_;
  std::vector<std::string> observers_;
  std::optional<study::StudyManifest> resume_from_;  ///< of a resumed study
  study::ManifestCounters done_;
  study::Timestamp started_at_;  ///< of the study, not of this run
};

}  // namespace host
