/// An observer in C++ that throws from everything that may throw but its constructor.
#pragma once

#include <study/export_observer.hpp>

#include <optional>

namespace zoo {

/// `thrower()` throws.
template <void (*thrower)()>
class ThrowingObserver final : public study::StudyObserver {
 public:
  ThrowingObserver(study::PluginHost, const boost::json::object&) {}

  void on_study_start(const study::StudyStart& event) override {
    // A study of this name starts, so that the other callbacks can be reached.
    if (event.config.study_name != "harmless") thrower();
  }
  void on_experiment_state(const study::ExperimentEvent&) override { thrower(); }
  void on_study_end(const study::StudyEnd&) override { thrower(); }
  std::optional<study::StudyManifest> read_checkpoint(const study::CheckpointQuery&) override {
    thrower();
    return std::nullopt;
  }
};

}  // namespace zoo
