/// The contract between an orchestrator and whoever wants to know how its study goes.
///
/// Thread tags, used on every callback here and in abi.h:
///
///   [any-thread]  May be called from any thread at any time, also concurrently.
///   [serial]      Never called from two threads at once, but perhaps from different threads one
///                 after the other. The calls are ordered: each happens before the next. At the
///                 boundary the glue sees to that, for any host.
///   [alone]       Called when all other calls have returned, and followed by none.
///
/// None of it is for a child of fork(2): there the glue refuses each call, and destroys nothing.
///
/// State tags. An observer goes through them in this order and never back:
///
///   [created]     constructed, no study yet
///   [started]     on_study_start has returned without throwing
///   [ended]       on_study_end has been called
///
/// References and views in an event are borrowed: valid during the call, and copied by who needs
/// them longer.
#pragma once

#include <study/abi.h>
#include <study/attempt.hpp>
#include <study/error.hpp>
#include <study/experiment_state.hpp>
#include <study/manifest.hpp>
#include <study/stored_study.hpp>
#include <study/study_config.hpp>
#include <study/timestamp.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace study {

struct StudyStart {
  const StudyConfig& config;
  const std::filesystem::path& study_dir;  ///< exists, is writable, belongs to this study
  Timestamp time;                          ///< the host's clock, so that all observers agree
  /// For a resumed study the manifest that it continues from, which every observer takes as its
  /// state, whoever wrote it. It has exactly the entries of the config: one with others is refused.
  /// Null: a new study; a store that has one of this directory refuses it, and replaces nothing.
  const StudyManifest* resume_from = nullptr;
  /// `config`, where nobody else needs it: who has what it wants of the experiments may drop them
  /// before it makes something of their size. Null in a host's own calls.
  StudyConfig* disposable_config = nullptr;
  /// The same of `*resume_from`. A host may set it for the last observer that it starts.
  StudyManifest* disposable_manifest = nullptr;
};

/// An experiment's cycle enters `state`.
struct ExperimentEvent {
  std::string_view config_hash;
  std::int32_t cycle = 1;
  ExperimentState state = ExperimentState::pending;
  Timestamp time;
  std::string_view result_file;    ///< completed: relative to the study directory
  std::string_view error_type;     ///< failed: a class-like name
  std::string_view error_message;  ///< failed: its text, without a traceback
  /// What else the host knows of the attempt, such as its worker, or metrics: one JSON object, at
  /// most `kMaxAttributesBytes`; empty: nothing. Kept where a store has attempts. A member replaces
  /// one that an earlier event of the attempt gave.
  std::string_view attributes;
};

inline constexpr std::size_t kMaxAttributesBytes = STUDY_MAX_ATTRIBUTES_BYTES;

/// Experiments that were found while the study goes on. They come behind those that it has; of
/// those that it has already, nothing changes.
struct ExperimentsAdded {
  std::span<const Experiment> experiments;
  Timestamp time;
  std::string_view study_design_hash = {};  ///< the host's own; empty: it follows from the list
};

struct StudyEnd {
  StudyOutcome outcome = StudyOutcome::completed;
  Timestamp time;
};

/// Which study's checkpoint, or attempts, are asked for. By name it is the latest study of that
/// name.
struct CheckpointQuery {
  std::filesystem::path study_dir = {};    ///< absolute; empty: by name
  std::string study_name = {};             ///< empty: by directory
  std::filesystem::path results_dir = {};  ///< absolute: where the host keeps its studies, for
                                           ///< stores that lie there; empty: the directory's parent
};

class StudyObserver {
 public:
  StudyObserver() = default;
  StudyObserver(const StudyObserver&) = delete;
  StudyObserver& operator=(const StudyObserver&) = delete;
  virtual ~StudyObserver() = default;

  /// [serial] [created] At most once. Throwing anything refuses the study, which then does not
  /// start: there is no further call but the destructor. But for `StoreAway`: the observer is
  /// [started] then, and the host decides whether it does without the store for now. Until there is
  /// an event, nothing is stored.
  virtual void on_study_start(const StudyStart& event) = 0;

  /// [serial] [started] For each transition, in order. What it throws is logged by the host, and
  /// the study goes on. `EventIgnored`, of which the observer has told the log itself: the event is
  /// not a legal transition of an experiment of the study, and nothing has changed.
  virtual void on_experiment_state(const ExperimentEvent& event) = 0;

  /// [serial] [started] Experiments have been added. Throwing as above; an observer that doesn't
  /// override it can't take any.
  virtual void on_experiments_added(const ExperimentsAdded& event) {
    static_cast<void>(event);
    throw Error("this observer can't take experiments after the start of the study");
  }

  /// [serial] [started] Exactly once on every way out of a started study. Throwing as above.
  virtual void on_study_end(const StudyEnd& event) = 0;

  /// [serial] [created] The checkpoint that this kind of observer keeps of the study; empty where
  /// there is none. Changes nothing in the store. Throws `CheckpointError` for one that is there
  /// but can't be used.
  [[nodiscard]] virtual std::optional<StudyManifest> read_checkpoint(const CheckpointQuery& query) {
    static_cast<void>(query);
    return std::nullopt;
  }

  /// [serial] [created] Hands each attempt at the study's runs to `take`, as abi.h says of its
  /// `read_attempts`; false where the study isn't known. Changes nothing in the store. Throws
  /// `CheckpointError` for a history that is there but can't be used, or not to its end: what was
  /// taken before it counts. An observer that doesn't override it keeps none.
  [[nodiscard]] virtual bool read_attempts(const CheckpointQuery& query, const TakeAttempt& take) {
    static_cast<void>(query);
    static_cast<void>(take);
    return false;
  }

  /// [serial] [created] Hands each study of the store to `take`, as abi.h says of its
  /// `list_studies`; false where the store doesn't exist yet. Changes nothing in the store. Throws
  /// as `read_attempts`. An observer that doesn't override it knows of no other study.
  [[nodiscard]] virtual bool list_studies(const StudiesQuery& query, const TakeStudy& take) {
    static_cast<void>(query);
    static_cast<void>(take);
    return false;
  }
};

}  // namespace study
