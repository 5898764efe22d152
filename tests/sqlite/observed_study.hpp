/// A study that the sink of sqlite_writer keeps while things fail.
#pragma once

#include "sqlite_study.hpp"

#include <study/study_plan.hpp>

#include <algorithm>
#include <functional>

namespace study_test {

inline constexpr std::chrono::milliseconds kNoWait{0};

/// A study under the policy that every sink has: log and go on.
struct Observed {
  explicit Observed(std::filesystem::path results,
                    study::sqlite::SqliteOptions options = {.busy_timeout = kNoWait})
      : results_dir(std::move(results)),
        observer(std::make_unique<study::sqlite::SqliteSink>(std::move(options), log()), log(),
                 [this](std::chrono::milliseconds) { sleep(); }) {
    std::filesystem::create_directories(dir);
    observer.on_study_start({config, dir, at(0), nullptr});
    logged.clear();
  }

  study::checkpoint::Log log() {
    return [this](study::LogSeverity, std::string_view text) { logged.emplace_back(text); };
  }

  void enter(std::size_t entry, study::ExperimentState state, double seconds = 1,
             const std::string& message = "why") {
    observer.on_experiment_state(
        {.config_hash = plan.configurations[entry].config_hash,
         .cycle = 1,
         .state = state,
         .time = at(seconds),
         .result_file = state == study::ExperimentState::completed ? "r.json" : "",
         .error_type = "E",
         .error_message = message});
  }
  void end() { observer.on_study_end({study::StudyOutcome::completed, at(100)}); }

  [[nodiscard]] std::size_t count(study::ExperimentState state) const {
    const auto found = read_back({.study_dir = dir}).value();
    return static_cast<std::size_t>(
        std::count_if(found.experiments.begin(), found.experiments.end(),
                      [&](const auto& entry) { return entry.status == state; }));
  }
  [[nodiscard]] bool has_logged(std::size_t line, const std::string& text) const {
    return line < logged.size() && logged[line].find(text) != std::string::npos;
  }

  std::filesystem::path results_dir;
  std::filesystem::path dir = results_dir / "s";
  std::filesystem::path database = results_dir / "studies.db";
  study::StudyConfig config = study_test::sample_study(6);
  study::StudyPlan plan = study::make_plan(config);
  std::vector<std::string> logged;
  std::function<void()> sleep = [] {};
  study::checkpoint::CheckpointObserver observer;
};

}  // namespace study_test
