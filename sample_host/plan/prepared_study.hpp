/// Everything that is found out before a study creates or runs anything.
#pragma once

#include "input/host_config.hpp"
#include "input/study_file.hpp"
#include "plan/schedule.hpp"

#include <study/study_config.hpp>
#include <study/study_plan.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace host {

struct StudyOptions {
  std::filesystem::path study;
  std::optional<std::filesystem::path> config;
  std::optional<int> jobs;  ///< wins over the host config's
  /// Read in the place of `study`, which is then only where the study belongs.
  std::optional<StudyCopies> copies{};
};

/// A study, ready to run. Values; the pointers in it point into `runners`, also after a move.
/// `config` and `planner` may be moved to somebody who outlives this: what it gives of them stays.
struct PreparedStudy {
  StudyFile file;
  HostConfig host;
  study::StudyConfig config;
  std::optional<study::StudyPlanner> planner;
  Runners runners;
  /// For each configuration of the plan; null where no runner, or none that is known, serves its
  /// backend.
  std::vector<const RunnerSpec*> runner_of;
  std::vector<ScheduledRun> schedule;
  int jobs = 1;
  /// Where experiments run whose runner has no `cwd`; empty: where the host does.
  std::filesystem::path working_directory;

  PreparedStudy() = default;
  PreparedStudy(PreparedStudy&&) = default;
  PreparedStudy& operator=(PreparedStudy&&) = default;

  [[nodiscard]] const study::StudyPlan& plan() const { return *plan_; }
  /// The first of a configuration of the plan, whose fields are `study::AllFields` of it.
  [[nodiscard]] const study::Experiment& experiment(std::size_t configuration) const {
    return experiments_[plan().configurations[configuration].experiment_index];
  }

  /// Plans what is in `config`.
  void make_plan();

 private:
  // Neither moves with its owner.
  const study::StudyPlan* plan_ = nullptr;
  const study::Experiment* experiments_ = nullptr;
};

/// What observers are told of the study in `file`.
[[nodiscard]] study::StudyConfig make_config(const StudyFile& file);

/// What a study file with this text comes to, without a host config: for fuzzers. Bytes of any kind
/// give a plan or `study::InputError`. The path says where it would be and, by its ending, whether
/// it is JSON; no file is read but the one that `base` names.
[[nodiscard]] study::StudyPlan plan_text(std::string text, const std::filesystem::path& path);

/// Reads host config and study file, expands, plans, resolves runners, checks the placeholders of
/// every configuration that has a runner. Throws `study::InputError`.
[[nodiscard]] PreparedStudy prepare_study(const StudyOptions& options);

/// Where the experiments of a runner run; empty: where the host does.
[[nodiscard]] std::filesystem::path directory_of(const RunnerSpec& runner,
                                                 const PreparedStudy& study);

/// One sentence for each backend without a runner, with the name of one that nobody knows, or with
/// one whose program isn't there; empty if every configuration can be run.
[[nodiscard]] std::vector<std::string> missing_runners(const PreparedStudy& study);

}  // namespace host
