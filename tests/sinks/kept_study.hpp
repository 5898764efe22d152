/// A study that the sink under test keeps, driven as a host does it, and what its checkpoint should
/// say.
#pragma once

#include "check_plugin/reference_table.hpp"
#include "sink_under_test.hpp"
#include "support/sample_study.hpp"
#include "support/temp_dir.hpp"

#include <study/manifest.hpp>
#include <study/observer_library.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/parse.hpp>

namespace study_test {

/// Loads the sink's plugin and makes observers of it.
class SinkLibrary {
 public:
  using Logged = std::vector<std::pair<study::LogSeverity, std::string>>;

  explicit SinkLibrary(const SinkUnderTest& sink = sink_under_test())
      : sink_(sink),
        library_(
            study::ObserverLibrary::load(std::filesystem::path(STUDY_OBSERVER_DIR) / sink.plugin)) {
  }

  /// What the observer says goes to `logged`, which must outlive it.
  [[nodiscard]] std::unique_ptr<study::StudyObserver> create(
      const std::filesystem::path& results_dir, Logged& logged) const {
    return library_.create(
        {"conformance", "1",
         [&logged](study::LogSeverity severity, std::string_view, std::string_view text) {
           logged.emplace_back(severity, text);
         }},
        boost::json::parse(sink_.options(results_dir)).as_object());
  }

  /// What a new observer reads of a study.
  [[nodiscard]] std::optional<study::StudyManifest> read(
      const std::filesystem::path& study_dir) const {
    Logged logged;
    return create(study_dir.parent_path(), logged)
        ->read_checkpoint({.study_dir = study_dir, .results_dir = study_dir.parent_path()});
  }

 private:
  const SinkUnderTest& sink_;
  study::ObserverLibrary library_;
};

class KeptStudy {
 public:
  explicit KeptStudy(study::StudyConfig config = sample_study(8),
                     const SinkUnderTest& sink = sink_under_test())
      : library_(sink), config_(std::move(config)) {
    std::filesystem::create_directory(dir());
  }

  /// Starts the study or, with a manifest, resumes it, as a new host would.
  void start(const study::StudyManifest* resume_from = nullptr, double seconds = 0) {
    const study::StudyManifest initial =
        study::initial_manifest(config_, study::make_plan(config_), at(seconds));
    reference_.emplace(resume_from != nullptr ? *resume_from : initial);
    observer_ = library_.create(results_dir(), logged_);
    const std::filesystem::path dir = this->dir();
    observer_->on_study_start({config_, dir, at(seconds), resume_from});
  }

  /// Whether the event is legal.
  bool tell(const OwnedEvent& event) {
    const bool is_legal = reference_->apply(event.view());
    tell_sink_only(event);
    return is_legal;
  }
  void tell_sink_only(const OwnedEvent& event) {
    OwnedEvent borrowed = event;
    observer_->on_experiment_state(borrowed.view());
    // A sink that has kept a view of a text finds something else there.
    for (std::string* text : {&borrowed.config_hash, &borrowed.result_file, &borrowed.error_type,
                              &borrowed.error_message}) {
      std::fill(text->begin(), text->end(), '#');
    }
  }
  bool tell(std::size_t entry, study::ExperimentState state, double seconds) {
    return tell(event(entry, state, seconds));
  }

  void end(study::StudyOutcome outcome, double seconds) {
    reference_->end({outcome, at(seconds)});
    observer_->on_study_end({outcome, at(seconds)});
    observer_.reset();
  }

  /// The host is gone, without the end of the study.
  void abandon() { observer_.reset(); }

  [[nodiscard]] OwnedEvent event(std::size_t entry, study::ExperimentState state,
                                 double seconds) const {
    const auto& found = expected().experiments[entry];
    OwnedEvent event{.config_hash = found.config_hash,
                     .cycle = found.cycle,
                     .state = state,
                     .time = at(seconds)};
    if (state == study::ExperimentState::completed) event.result_file = "result.json";
    if (state == study::ExperimentState::failed) {
      event.error_type = "ProcessExit";
      event.error_message = "exit code 1";
    }
    return event;
  }

  [[nodiscard]] std::optional<study::StudyManifest> stored() const { return library_.read(dir()); }
  /// Whether that is what it should be, to the last byte of its text.
  [[nodiscard]] bool is_stored() const {
    const auto found = stored();
    return found && *found == expected() &&
           study::render_manifest(*found) == study::render_manifest(expected());
  }
  [[nodiscard]] const study::StudyManifest& expected() const { return reference_->manifest(); }

  [[nodiscard]] std::filesystem::path results_dir() const { return results_.path(); }
  [[nodiscard]] std::filesystem::path dir() const { return results_ / "sample_dir"; }
  [[nodiscard]] std::ptrdiff_t count(study::LogSeverity severity) const {
    return std::count_if(logged_.begin(), logged_.end(),
                         [&](const auto& line) { return line.first == severity; });
  }

 private:
  TempDir results_{memory_directory()};
  SinkLibrary library_;
  study::StudyConfig config_;
  SinkLibrary::Logged logged_;
  std::optional<host::ReferenceTable> reference_;
  std::unique_ptr<study::StudyObserver> observer_;
};

}  // namespace study_test
