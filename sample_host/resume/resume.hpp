/// Where an interrupted study goes on from: which checkpoint counts, and what it is worth.
#pragma once

#include "plan/preflight.hpp"
#include "session/observers.hpp"
#include "terminal/host_log.hpp"

#include <study/manifest.hpp>

#include <filesystem>
#include <optional>
#include <span>

namespace host {

struct ResumeOptions {
  std::filesystem::path study_dir;
  bool force = false;        ///< also if the study has changed
  bool skip_failed = false;  ///< what has failed is not run again
  bool rebuild = false;      ///< from the result files, whatever checkpoint there is
  /// The study directory's copy, if that is what was read in the place of a study file.
  std::optional<std::filesystem::path> study_copy{};
};

/// The options with what the study directory knows in the place of what they leave open: the study
/// file (then its copy is read) and the host's config. Throws `study::StudyError` where the
/// directory doesn't exist or knows nothing.
[[nodiscard]] StudyOptions complete_options(StudyOptions options,
                                            const std::filesystem::path& study_dir);

/// Throws `study::StudyError` for a directory where no study has ever been run. Changes nothing,
/// so that it can be asked before the lock, which leaves a file behind.
void check_holds_study(const ResumeOptions& options, bool has_study_file);

/// The state that `study` goes on from: what the observers' checkpoints tell together, or with
/// `rebuild` what the result files do, settled. Changes nothing but the log. The observers have not
/// started yet, and the caller holds the directory's lock.
///
/// Throws `study::StudyError` where there is nothing to resume or it can't be read, `DesignChanged`
/// (changed_study.hpp) without `force`.
[[nodiscard]] study::StudyManifest settled_state(const ResumeOptions& options,
                                                 const PreparedStudy& study,
                                                 std::span<const study::NamedObserver> observers,
                                                 HostLog& log);

/// Takes the runs out of the schedule that `settled` has as completed or failed.
void leave_out_done(PreparedStudy& study, const study::StudyManifest& settled);

/// Removes what a killed host has left half-written in the study directory: `.*.tmp`.
void remove_leftovers(const std::filesystem::path& study_dir);

}  // namespace host
