/// From what a person asks for to a study that can be run: a new one, or one that goes on. Both go
/// the same way.
#pragma once

#include "plan/dry_run.hpp"
#include "plan/prepared_study.hpp"
#include "resume/study_record.hpp"
#include "session/begin_lock.hpp"
#include "terminal/host_log.hpp"

#include <study/manifest.hpp>
#include <study/session.hpp>
#include <study/study_lock.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace host {

/// In the place of a directory: the latest study of this name, or a new one where there is none.
inline constexpr std::string_view kLatest = "latest";

struct ResumeOptions {
  std::filesystem::path study_dir;  ///< empty: a new study; or `kLatest`
  bool force = false;               ///< also if the study has changed
  bool skip_failed = false;         ///< what has failed is not run again
  bool rebuild = false;             ///< from the result files, whatever checkpoint there is
  std::chrono::seconds wait{0};     ///< so long for the lock that another host has
  bool only_looks = false;          ///< nothing is locked, ended or changed; no `start` follows
};

/// A study on its way to its first run, in three steps: the constructor, `find_state`, `start`.
/// Before `start` nothing is changed but what killed hosts have left of a resumed study, and that
/// its directory is locked.
class OpenStudy {
 public:
  /// Prepares the study. A resumed study's directory is locked before that, and gives what
  /// `options` leave open: the study file (then its copy is read) and the host's config.
  ///
  /// Throws `study::StudyError` for a directory that doesn't exist, is somebody else's now, or in
  /// which no study has ever been run, `study::InputError` as `prepare_study`.
  OpenStudy(StudyOptions options, ResumeOptions resume, HostLog& log);

  /// Makes the observers and finds what the study goes on from: of a resumed one what the
  /// observers' checkpoints tell together, or with `rebuild` what the result files do. Takes out of
  /// the schedule what is done. Throws as `study::Session`.
  void find_state();

  /// Creates a new study's directory, opens the log there, keeps the record of what the study is
  /// now, which must be on the disk before a checkpoint of it is, and starts the observers. Of a
  /// resumed study, ends then what a killed host has left running, and removes what it has left
  /// half-written. Throws `study::StudyError`.
  void start();

  /// The schedule has what is left to be run.
  [[nodiscard]] PreparedStudy& study() { return study_; }
  /// From `find_state` on.
  [[nodiscard]] study::Session& session() { return *session_; }
  [[nodiscard]] const study::Session& session() const { return *session_; }
  /// Absolute; of a resumed study, else empty.
  [[nodiscard]] const std::filesystem::path& study_dir() const { return study_dir_; }
  /// What earlier runs have done that is not run again.
  [[nodiscard]] const study::ManifestCounters& done() const { return done_; }
  /// With `only_looks`, from `find_state` on: what a run would go on from. Empty for a new study.
  [[nodiscard]] const std::optional<ResumedPlan>& resumed_plan() const { return resumed_plan_; }
  /// What is done and what is left.
  [[nodiscard]] std::size_t total_runs() const;
  /// For the log: name, runs, design hash.
  [[nodiscard]] std::string description() const;

 private:
  void find_latest(const StudyOptions& options);
  void lock_study_dir();
  [[nodiscard]] StudyOptions enter_study_dir(StudyOptions options);
  void read_record(bool has_study_file);
  [[nodiscard]] study::SessionOptions session_options();
  void check_design(const study::StudyManifest& checkpoint, const study::StudyConfig& config,
                    const study::StudyPlan& plan) const;
  void look_for_others();
  void leave_out_done();
  void clear_up(const std::filesystem::path& study_dir) const;

  HostLog& log_;
  ResumeOptions resume_;
  study::BeginLock begin_lock_;           ///< until a study that `kLatest` begins is there
  std::filesystem::path study_dir_;       ///< of a resumed study
  std::optional<study::StudyLock> lock_;  ///< the same, until the session has it
  std::optional<StudyRecord> record_;     ///< the same, where it can be read
  bool is_copy_read_ = false;             ///< the record's, in the place of a study file
  PreparedStudy study_;
  std::optional<study::Session> session_;
  std::vector<std::string> observers_;  ///< the names of the session's
  study::ManifestCounters done_;
  std::optional<ResumedPlan> resumed_plan_;
};

}  // namespace host
