/// A study that the sink under test keeps, driven as a host does it, and what its checkpoint should
/// say.
#pragma once

#include "check_plugin/reference_table.hpp"
#include "sink_under_test.hpp"
#include "support/sample_study.hpp"
#include "support/temp_dir.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>
#include <study/observer_library.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
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
    references_ = {host::ReferenceTable(resume_from != nullptr ? *resume_from : initial)};
    planned_at_start_ = study::make_plan(config_).configurations.size();
    observer_ = library_.create(results_dir(), logged_);
    const std::filesystem::path dir = this->dir();
    observer_->on_study_start({config_, dir, at(seconds), resume_from});
  }

  /// Whether the event is legal. Throws if the sink doesn't say the same of it.
  bool tell(const OwnedEvent& event) {
    const bool is_legal =
        std::any_of(references_.begin(), references_.end(),
                    [&](host::ReferenceTable& table) { return table.apply(event.view()); });
    bool is_taken = true;
    try {
      tell_sink_only(event);
    } catch (const study::EventIgnored&) {
      is_taken = false;
    }
    if (is_taken != is_legal) throw std::logic_error("the sink takes other events than are legal");
    return is_legal;
  }
  void tell_sink_only(const OwnedEvent& event) {
    OwnedEvent borrowed = event;
    observer_->on_experiment_state(borrowed.view());
    // A sink that has kept a view of a text finds something else there.
    for (std::string* text : {&borrowed.config_hash, &borrowed.result_file, &borrowed.error_type,
                              &borrowed.error_message, &borrowed.attributes}) {
      std::fill(text->begin(), text->end(), '#');
    }
  }
  bool tell(std::size_t entry, study::ExperimentState state, double seconds) {
    return tell(event(entry, state, seconds));
  }

  /// Experiments that the study has not had yet are added to it.
  void add(const std::vector<study::Experiment>& experiments, double seconds) {
    for (const study::Experiment& experiment : experiments) {
      config_.experiments.push_back(experiment);
      add_to_reference();
    }
    observer_->on_experiments_added({experiments, at(seconds)});
  }
  void add_to_sink_only(const std::vector<study::Experiment>& experiments, double seconds) {
    observer_->on_experiments_added({experiments, at(seconds)});
  }
  /// To be a `sample_study` of `count` experiments.
  void grow_to(int count, double seconds) {
    const study::StudyConfig whole = sample_study(count);
    const auto present = static_cast<std::ptrdiff_t>(config_.experiments.size());
    add({whole.experiments.begin() + present, whole.experiments.end()}, seconds);
  }
  /// The host has another one from now on.
  void set_config(study::StudyConfig config) { config_ = std::move(config); }

  void end(study::StudyOutcome outcome, double seconds) {
    references_.front().end({outcome, at(seconds)});
    try {
      observer_->on_study_end({outcome, at(seconds)});
    } catch (const study::PluginError& error) {
      end_failure_ = error.what();
    }
    observer_.reset();
  }
  /// Why the end could not be stored; empty if it was.
  [[nodiscard]] const std::string& end_failure() const { return end_failure_; }

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
  /// Until the next event.
  [[nodiscard]] const study::StudyManifest& expected() const {
    if (references_.size() == 1) return references_.front().manifest();
    whole_ = references_.front().manifest();
    for (std::size_t i = 1; i < references_.size(); ++i) {
      const study::StudyManifest& more = references_[i].manifest();
      whole_.head.study_design_hash = more.head.study_design_hash;
      whole_.experiments.insert(whole_.experiments.end(), more.experiments.begin(),
                                more.experiments.end());
    }
    return whole_;
  }
  [[nodiscard]] const study::StudyConfig& config() const { return config_; }

  [[nodiscard]] std::filesystem::path results_dir() const { return results_.path(); }
  [[nodiscard]] std::filesystem::path dir() const { return results_ / "sample_dir"; }
  [[nodiscard]] std::ptrdiff_t count(study::LogSeverity severity) const {
    return std::count_if(logged_.begin(), logged_.end(),
                         [&](const auto& line) { return line.first == severity; });
  }

 private:
  /// What the configuration that has come last adds to the table: nothing, if the study has it.
  void add_to_reference() {
    const study::StudyPlan plan = study::make_plan(config_);
    const std::size_t known = references_.size() - 1 + planned_at_start_;
    if (plan.configurations.size() == known) return;
    const study::PlannedConfiguration& added = plan.configurations.back();
    study::StudyManifest more = references_.front().manifest();
    more.head.study_design_hash = plan.study_design_hash;
    more.experiments.clear();
    for (std::int32_t cycle = 1; cycle <= added.n_cycles; ++cycle) {
      more.experiments.push_back({added.config_hash, added.config_summary, cycle});
    }
    references_.emplace_back(std::move(more));
  }

  TempDir results_{memory_directory()};
  SinkLibrary library_;
  study::StudyConfig config_;
  SinkLibrary::Logged logged_;
  std::string end_failure_;
  /// The first is of the study as it started, each other one of a configuration that was added.
  std::vector<host::ReferenceTable> references_;
  std::size_t planned_at_start_ = 0;  ///< how many configurations
  mutable study::StudyManifest whole_;
  std::unique_ptr<study::StudyObserver> observer_;
};

}  // namespace study_test
