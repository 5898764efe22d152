/// The contract between an orchestrator and whoever wants to know how its study goes.
///
/// Thread tags, used on every callback here and in abi.h:
///
///   [serial]      The host never calls one observer from two threads at once, but may call it from
///                 different threads one after the other. The calls are ordered: each happens
///                 before the next.
///   [any-thread]  May be called from any thread at any time, also concurrently.
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

#include <study/experiment_state.hpp>
#include <study/manifest.hpp>
#include <study/study_config.hpp>
#include <study/timestamp.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace study {

struct StudyStart {
  const StudyConfig& config;
  const std::filesystem::path& study_dir;  ///< exists, is writable, belongs to this study
  Timestamp time;                          ///< the host's clock, so that all observers agree
  /// For a resumed study the settled manifest that it continues from, which every observer takes as
  /// its state, whoever wrote it. It has exactly the entries of the resumed study. Null: a new
  /// study.
  const StudyManifest* resume_from = nullptr;
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
};

struct StudyEnd {
  StudyOutcome outcome = StudyOutcome::completed;
  Timestamp time;
};

/// Which study's checkpoint is asked for. By name it is the latest study of that name.
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
  /// start: there is no further call but the destructor.
  virtual void on_study_start(const StudyStart& event) = 0;

  /// [serial] [started] For each transition, in order. What it throws is logged by the host, and
  /// the study goes on.
  virtual void on_experiment_state(const ExperimentEvent& event) = 0;

  /// [serial] [started] Exactly once on every way out of a started study. Throwing as above.
  virtual void on_study_end(const StudyEnd& event) = 0;

  /// [serial] [created] The checkpoint that this kind of observer keeps of the study; empty where
  /// there is none. Changes nothing in the store. Throws `CheckpointError` for one that is there
  /// but can't be used.
  [[nodiscard]] virtual std::optional<StudyManifest> read_checkpoint(const CheckpointQuery& query) {
    static_cast<void>(query);
    return std::nullopt;
  }
};

}  // namespace study
