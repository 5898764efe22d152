/// A study that postgres_writer's sink writes, beside the table that it must equal.
#pragma once

#include "checkpoint/checkpoint_observer.hpp"
#include "postgres/postgres_sink.hpp"
#include "support/postgres_server.hpp"
#include "support/sample_study.hpp"
#include "support/temp_dir.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace study_test {

/// The server of all tests of a program, running whenever a test begins.
[[nodiscard]] inline PostgresServer& server() {
  static PostgresServer instance;
  return instance;
}

/// A schema for each test, so that none sees another's studies.
[[nodiscard]] inline study::postgres::PostgresOptions fresh_options() {
  static int number = 0;
  study::postgres::PostgresOptions options;
  options.connection = server().connection();
  options.schema = "test_" + std::to_string(++number);
  // Whoever waits for what doesn't come fails by hanging.
  options.wait = options.answer_timeout = std::chrono::hours(1);
  return options;
}

[[nodiscard]] inline std::string text_of(const std::optional<study::StudyManifest>& manifest) {
  return manifest ? study::render_manifest(*manifest) : "none";
}

[[nodiscard]] inline std::string read(const study::postgres::PostgresOptions& options,
                                      const std::filesystem::path& dir) {
  return text_of(study::postgres::PostgresSink(options).read_checkpoint({.study_dir = dir}));
}

class WrittenStudy {
 public:
  WrittenStudy(study::postgres::PostgresOptions options, std::filesystem::path dir,
               study::StudyConfig config = sample_study(4),
               const study::StudyManifest* resume_from = nullptr,
               study::Timestamp started_at = at(0),
               std::chrono::milliseconds end_wait = std::chrono::seconds(10))
      : options_(std::move(options)),
        dir_(std::move(dir)),
        table_(resume_from != nullptr
                   ? *resume_from
                   : study::initial_manifest(config, study::make_plan(config), started_at)),
        observer_(
            std::make_unique<study::postgres::PostgresSink>(options_),
            [this](study::LogSeverity, std::string_view text) { logged.emplace_back(text); },
            [](std::chrono::milliseconds) {}, end_wait) {
    observer_.on_study_start({config, dir_, started_at, resume_from});
  }

  void play(const OwnedEvent& event) {
    std::string refusal;
    if (!table_.apply(event.view(), refusal)) throw std::runtime_error(refusal);
    observer_.on_experiment_state(event.view());
  }

  /// Adds that many experiments.
  void add(std::size_t count) {
    std::vector<study::Experiment> added;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string hash = "trial-" + std::to_string(table_.size());
      added.push_back({.config = {{"trial", hash}}, .config_hash = hash, .config_summary = hash});
      table_.add(hash, hash, 1);
    }
    const std::string design = "design-" + std::to_string(table_.size());
    table_.set_study_design_hash(design);
    observer_.on_experiments_added({added, at(500), design});
  }

  void set(std::size_t entry, study::ExperimentState state, double seconds,
           const std::string& text = "text") {
    const auto found = table_.entry(entry);
    OwnedEvent event{.config_hash = std::string(found.config_hash),
                     .cycle = found.cycle,
                     .state = state,
                     .time = at(seconds),
                     .attributes = attributes};
    if (state == study::ExperimentState::completed) event.result_file = text;
    if (state == study::ExperimentState::failed) {
      event.error_type = "RuntimeError";
      event.error_message = text;
    }
    play(event);
  }

  void end(study::StudyOutcome outcome = study::StudyOutcome::completed, double seconds = 1000) {
    table_.end(outcome, at(seconds));
    try {
      observer_.on_study_end({outcome, at(seconds)});
    } catch (const study::StudyError& error) {
      logged.emplace_back(error.what());
    }
  }

  [[nodiscard]] const study::checkpoint::EntryTable& table() const { return table_; }
  [[nodiscard]] std::string expected() const { return study::render_manifest(table_.manifest()); }
  [[nodiscard]] std::string stored() const { return read(options_, dir_); }

  std::string attributes;  ///< of the next events
  std::vector<std::string> logged;

 private:
  const study::postgres::PostgresOptions options_;
  const std::filesystem::path dir_;
  study::checkpoint::EntryTable table_;
  study::checkpoint::CheckpointObserver observer_;
};

}  // namespace study_test
