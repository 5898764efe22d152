/// A loop of bare spawns that keeps a checkpoint.
#pragma once

#include <study/observer.hpp>
#include <study/posix.hpp>
#include <study/study_config.hpp>
#include <study/study_plan.hpp>

#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <spawn.h>
#include <sys/types.h>

namespace study_bench {

/// The bare loop, with what no host can leave out that keeps a checkpoint: each run's transitions
/// are in the manifest, its output comes through two pipes, it has a session of its own, so that
/// all of it can be ended, and a result gets its place whole.
class KeptLoop {
 public:
  /// Starts a study of that many runs in `dir`.
  KeptLoop(std::filesystem::path dir, int experiments);
  KeptLoop(const KeptLoop&) = delete;
  KeptLoop& operator=(const KeptLoop&) = delete;
  ~KeptLoop();

  void begin(const std::vector<std::string>& command, std::size_t number);
  /// Waits for one of them; what it has printed is its result, if it has one.
  void end_one(bool has_result);

 private:
  struct Run {
    std::size_t number = 0;
    std::array<study::UniqueFd, 2> output{};
  };

  void tell(const Run& run, study::ExperimentEvent event);

  const std::filesystem::path dir_;
  study::StudyConfig config_;
  study::StudyPlan plan_;
  std::unique_ptr<study::StudyObserver> observer_;
  posix_spawnattr_t attributes_{};
  std::map<pid_t, Run> running_;
};

}  // namespace study_bench
