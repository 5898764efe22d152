/// What is measured: something that stores one transition at a time.
#pragma once

#include <study/observer.hpp>
#include <study/study_config.hpp>
#include <study/study_plan.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace study_bench {

/// A study of which every contestant stores the transitions.
struct BenchStudy {
  study::StudyConfig config;
  study::StudyManifest manifest;  ///< before anything ran
};

/// A transition of one entry, the same for every contestant. What has run fails, so that it can run
/// again and a study never runs out of transitions.
struct BenchTransition {
  std::size_t entry;
  /// A copy, because a host has just made the event that it passes on: a look into the large study
  /// would add a cache miss that is the benchmark's own.
  std::string config_hash;
  study::ExperimentEvent details;  ///< everything but the hash

  [[nodiscard]] study::ExperimentEvent event() const {
    study::ExperimentEvent result = details;
    result.config_hash = config_hash;
    return result;
  }
};

class Contestant {
 public:
  Contestant() = default;
  Contestant(const Contestant&) = delete;
  Contestant& operator=(const Contestant&) = delete;
  virtual ~Contestant() = default;

  [[nodiscard]] virtual std::string name() const = 0;
  /// Prepares everything in `dir`, which is its own and empty.
  virtual void start(const BenchStudy& study, const std::filesystem::path& dir) = 0;
  /// The measured part.
  virtual void store(const BenchTransition& transition) = 0;
  /// How many times the same transition is stored for one measurement: for what is too fast for the
  /// clock.
  [[nodiscard]] virtual int repetitions() const { return 1; }
};

[[nodiscard]] std::unique_ptr<Contestant> observer_contestant(std::string name,
                                                              std::filesystem::path library,
                                                              std::string options,
                                                              int repetitions = 1);
[[nodiscard]] std::unique_ptr<Contestant> replace_floor();
[[nodiscard]] std::unique_ptr<Contestant> append_floor();
[[nodiscard]] std::unique_ptr<Contestant> naive_boost_json();
/// One row of a plain table for each entry.
[[nodiscard]] std::unique_ptr<Contestant> sqlite_update();
/// The statements of sqlite_writer on its tables.
[[nodiscard]] std::unique_ptr<Contestant> sqlite_floor();
/// Uses a schema of its own, which is dropped at the end.
[[nodiscard]] std::unique_ptr<Contestant> postgres_floor(const std::string& connection);

}  // namespace study_bench
