/// Several sinks that keep one study.
#pragma once

#include "file_store.hpp"
#include "kept_study.hpp"

#include <memory>
#include <span>
#include <vector>

namespace study_test {

/// No sink's number.
inline constexpr std::size_t kNobody = 1000;

/// One study and a started observer of each sink, as a host has them.
class SideBySide {
 public:
  explicit SideBySide(std::span<const SinkUnderTest> sinks) {
    std::filesystem::create_directory(dir_);
    for (const SinkUnderTest& sink : sinks) {
      libraries_.emplace_back(sink);
      observers_.push_back(libraries_.back().create(results_.path(), logged_));
      observers_.back()->on_study_start({config_, dir_, at(0), nullptr});
    }
  }

  /// Tells all; the observer number `broken` can't write meanwhile.
  void tell(std::size_t entry, study::ExperimentState state, double seconds, std::size_t broken) {
    const auto& found = reference_.manifest().experiments[entry];
    const study::ExperimentEvent event{
        .config_hash = found.config_hash, .state = state, .time = at(seconds)};
    for (std::size_t i = 0; i < observers_.size(); ++i) {
      if (i == broken) break_files();
      observers_[i]->on_experiment_state(event);
      mend_files();
    }
    reference_.apply(event);
  }
  void end(std::size_t broken) {
    const study::StudyEnd event{study::StudyOutcome::completed, at(99)};
    for (std::size_t i = 0; i < observers_.size(); ++i) {
      if (i == broken) break_files();
      try {
        observers_[i]->on_study_end(event);
      } catch (const study::PluginError&) {
        if (i != broken) throw;
      }
      mend_files();
    }
    reference_.end(event);
  }

  [[nodiscard]] bool is_stored(std::size_t i) const {
    return libraries_[i].read(dir_) == reference_.manifest();
  }

 private:
  TempDir results_{memory_directory()};
  std::filesystem::path dir_ = results_ / "study";
  study::StudyConfig config_ = sample_study(4);
  host::ReferenceTable reference_{sample_manifest(4)};
  std::vector<SinkLibrary> libraries_;
  SinkLibrary::Logged logged_;
  std::vector<std::unique_ptr<study::StudyObserver>> observers_;
};

}  // namespace study_test
