/// A study that is played to an observer, with what its checkpoint has to be at any moment.
#pragma once

#include "check_plugin/called_plugin.hpp"
#include "check_plugin/reference_table.hpp"

#include <study/study_plan.hpp>

#include <random>
#include <utility>

namespace host {

/// The moment `microseconds` after 2026-02-27T16:30:00Z: fixed, so that a seed tells all.
[[nodiscard]] study::Timestamp moment(std::int64_t microseconds);

/// The manifest of that study before anything ran.
[[nodiscard]] study::StudyManifest sample_manifest(const study::StudyConfig& config,
                                                   study::Timestamp started_at);

/// An event with texts of its own.
struct SampleEvent {
  std::string config_hash;
  std::int32_t cycle = 1;
  study::ExperimentState state = study::ExperimentState::pending;
  study::Timestamp time;
  std::string result_file = {};
  std::string error_type = {};
  std::string error_message = {};
  std::string attributes = {};

  [[nodiscard]] study::ExperimentEvent view() const {
    return {config_hash, cycle, state, time, result_file, error_type, error_message, attributes};
  }
};

/// The event by which `entry` enters `state`, with the texts that go with it.
[[nodiscard]] SampleEvent sample_event(const study::ManifestEntry& entry,
                                       study::ExperimentState state, study::Timestamp time);

/// A legal event for an entry at random that has not completed; there must be one. Its texts are
/// those that a host sends: as `study::failure_message` leaves them.
[[nodiscard]] SampleEvent random_event(std::mt19937_64& random,
                                       const study::StudyManifest& manifest, study::Timestamp time);

/// A study and its directory, which is empty.
struct StudyOnDisk {
  study::StudyConfig config;
  std::filesystem::path study_dir;
};

/// A new study in a directory of its own under the case's results directory.
[[nodiscard]] StudyOnDisk make_study(const CaseContext& context);

/// What a host would resume the study with: what runs, and every other one that has failed, is
/// pending again.
[[nodiscard]] study::StudyManifest state_to_resume(study::StudyManifest manifest);

/// Unless said otherwise, whatever the observer refuses is a `CaseFailed`.
class Rehearsal {
 public:
  /// Creates the observer.
  Rehearsal(const CaseContext& context, StudyOnDisk study, CallStyle style = {});
  /// Of a new study.
  explicit Rehearsal(const CaseContext& context, CallStyle style = {})
      : Rehearsal(context, make_study(context), std::move(style)) {}

  /// The study, new or from `resume_from`.
  void start(const study::StudyManifest* resume_from = nullptr);

  /// An event; the expected checkpoint follows if it is legal.
  void play(const SampleEvent& event);
  /// The same, and the observer may refuse.
  Answer offer(const SampleEvent& event);
  void play(const study::ManifestEntry& entry, study::ExperimentState state) {
    play(next(entry, state));
  }
  Answer offer(const study::ManifestEntry& entry, study::ExperimentState state) {
    return offer(next(entry, state));
  }
  /// The event by which `entry` enters `state`, later than any so far.
  [[nodiscard]] SampleEvent next(const study::ManifestEntry& entry, study::ExperimentState state) {
    return sample_event(entry, state, next_moment());
  }
  /// For an event that somebody else has told the observer of.
  void note(const SampleEvent& event) { expected_.apply(event.view()); }
  /// Adds an experiment; the expected checkpoint follows if it is new.
  void add(const study::Experiment& experiment);
  /// `n` random legal events.
  void play_random(int n);

  void end(study::StudyOutcome outcome);
  /// Puts what runs back to pending first, as a host does that is interrupted.
  void stop(study::StudyOutcome outcome);

  /// Compares the checkpoint, as another observer of the plugin reads it, with what it has to be.
  /// Throws `CaseFailed` that begins with `when`. The first time the study has not ended: a plugin
  /// that has none then is led to the end, and must not have any later, either; then it keeps none,
  /// which is a `CaseSkipped`.
  void check(std::string_view when);
  /// The same, but that a plugin keeps no checkpoint is fine, as long as it never has one.
  void check_if_kept(std::string_view when);

  [[nodiscard]] PluginObserver& observer() { return *observer_; }
  [[nodiscard]] const StudyOnDisk& study() const { return study_; }
  [[nodiscard]] const study::StudyManifest& expected() const { return expected_.manifest(); }
  [[nodiscard]] std::mt19937_64& random() { return random_; }
  /// Later than any moment so far.
  [[nodiscard]] study::Timestamp next_moment();

 private:
  /// Whether there is a checkpoint, which is right. Throws `CaseFailed` for a wrong one, and for
  /// one that is there now and wasn't before, or the reverse.
  bool compare(std::string_view when);

  const CaseContext& context_;
  StudyOnDisk study_;
  std::mt19937_64 random_;
  ReferenceTable expected_;
  study::StudyPlanner planner_;
  std::optional<PluginObserver> observer_;
  std::int64_t time_us_ = 0;
  bool is_kept_ = false;  ///< a checkpoint has been read
  std::string missed_;    ///< when first there was none
};

/// Of a new study, which has begun.
class StartedRehearsal : public Rehearsal {
 public:
  explicit StartedRehearsal(const CaseContext& context, CallStyle style = {})
      : Rehearsal(context, std::move(style)) {
    start();
  }
};

}  // namespace host
