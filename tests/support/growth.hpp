/// A study whose experiments come one by one, the same for whoever plays it.
#pragma once

#include "support/sample_study.hpp"

#include <study/manifest.hpp>
#include <study/observer.hpp>

#include <string>

namespace study_test {

/// Three of four steps add an experiment, the fourth runs one to its end in two calls. Step i
/// happens at at(i * 1e-5). It goes on for ever.
class Growth {
 public:
  /// Begins with that many experiments.
  explicit Growth(int experiments) : manifest_(start_of(experiments)) {}

  /// Identities and summaries are the host's own, so that nobody has to derive them.
  [[nodiscard]] static study::StudyConfig study(int experiments) {
    study::StudyConfig config = sample_study(0);
    for (int i = 0; i < experiments; ++i) config.experiments.push_back(experiment(i));
    config.study_design_hash = design(config.experiments.size());
    return config;
  }

  /// Takes the next step, and tells `observer` of it, if there is one.
  void advance(study::StudyObserver* observer = nullptr) {
    ++position_;
    const auto state = position_ % 5 == 0   ? study::ExperimentState::completed
                       : position_ % 5 == 4 ? study::ExperimentState::running
                                            : study::ExperimentState::pending;
    state == study::ExperimentState::pending ? add(observer) : enter(observer, state);
  }

  [[nodiscard]] const study::StudyManifest& manifest() const { return manifest_; }
  [[nodiscard]] int position() const { return position_; }

 private:
  [[nodiscard]] static study::Experiment experiment(int i) {
    return {.config = {{"number", i}},
            .config_hash = "trial-" + std::to_string(i),
            .config_summary = "trial number " + std::to_string(i)};
  }
  [[nodiscard]] static std::string design(std::size_t experiments) {
    return "design-of-" + std::to_string(experiments);
  }
  [[nodiscard]] static study::StudyManifest start_of(int experiments) {
    const study::StudyConfig config = study(experiments);
    return study::initial_manifest(config, study::make_plan(config), at(0));
  }

  void add(study::StudyObserver* observer) {
    const study::Experiment added = experiment(static_cast<int>(manifest_.experiments.size()));
    manifest_.experiments.push_back({added.config_hash, added.config_summary});
    manifest_.head.study_design_hash = design(manifest_.experiments.size());
    if (observer == nullptr) return;
    observer->on_experiments_added(
        {std::span(&added, 1), at(position_ * 1e-5), manifest_.head.study_design_hash});
  }

  /// The newest one.
  void enter(study::StudyObserver* observer, study::ExperimentState state) {
    study::ManifestEntry& entry = manifest_.experiments.back();
    const study::Timestamp time = at(position_ * 1e-5);
    entry.status = state;
    if (state == study::ExperimentState::running) {
      entry.started_at = time;
    } else {
      entry.completed_at = time;
      entry.result_file = "result.json";
    }
    if (observer == nullptr) return;
    observer->on_experiment_state({.config_hash = entry.config_hash,
                                   .cycle = 1,
                                   .state = state,
                                   .time = time,
                                   .result_file = entry.result_file ? "result.json" : ""});
  }

  study::StudyManifest manifest_;
  int position_ = 0;
};

}  // namespace study_test
