// From a checkpoint to the state that its study goes on from.
#include "base/format.hpp"
#include "session/design_change.hpp"
#include "session/result_check.hpp"
#include "session/resumed_state.hpp"
#include "session/session_state.hpp"

#include <study/error.hpp>

#include <algorithm>
#include <system_error>
#include <unordered_set>
#include <utility>

namespace study {
namespace {

namespace fs = std::filesystem;

/// Whether each configuration of the checkpoint is one of the plan.
[[nodiscard]] bool has_only_grown(const StudyManifest& checkpoint, const StudyPlan& plan) {
  std::unordered_set<std::string_view> planned;
  for (const PlannedConfiguration& configuration : plan.configurations) {
    planned.insert(configuration.config_hash);
  }
  return std::ranges::all_of(checkpoint.experiments, [&](const ManifestEntry& entry) {
    return planned.contains(entry.config_hash);
  });
}

[[nodiscard]] std::string change_refusal(const fs::path& study_dir, std::string_view prefix) {
  return study::format(
      "the experiments are not those that the study in {} began with: resume it with its own, of "
      "which there may be more by now, begin a new study, or accept the change with {}force: what "
      "is in both keeps its state then",
      study_dir.string(), prefix);
}

}  // namespace

void Session::State::check_design(const StudyManifest& checkpoint) const {
  const StudyPlan& plan = planner->plan();
  if (options.hooks.check_design) return options.hooks.check_design(checkpoint, config, plan);
  if (options.is_open_ended || options.force || options.rebuild) return;
  if (checkpoint.head.study_design_hash == plan.study_design_hash) return;
  if (options.accept_growth && has_only_grown(checkpoint, plan)) return;
  const StudyConfig before{.study_name = config.study_name,
                           .framework_version = config.framework_version,
                           .n_cycles = config.n_cycles,
                           .experiments = kept ? kept->experiments : std::vector<Experiment>()};
  const StudyPlan plan_before = make_plan(before);
  const bool is_known = plan_before.study_design_hash == checkpoint.head.study_design_hash;
  throw DesignChanged(
      change_refusal(study_dir, options.option_prefix),
      describe_design_change(is_known ? design_of(before, plan_before) : design_of(checkpoint),
                             design_of(config, plan)));
}

void Session::State::go_on_from(StudyManifest checkpoint) {
  const StudyPlan& plan = planner->plan();
  started_at = checkpoint.head.started_at;
  is_resumed = true;
  const bool was_completed = checkpoint.head.status == StudyStatus::completed;
  const std::size_t before = checkpoint.experiments.size();
  ResultCheck results(config, plan, study_dir, options.result_form,
                      options.results_are_checked && !options.rebuild);
  // Else what nobody is known to have started has not completed, whatever lies in its place.
  std::error_code ignored;
  const bool was_end_lost = fs::exists(study_dir / kEndLostFileName, ignored);
  ResumedState state = resumed_state(
      std::move(checkpoint), initial_head(config, plan, started_at), plan, options.failed_runs,
      [&](const ManifestEntry& entry) { return results.problem(entry); },
      [&](const ManifestEntry& entry) {
        const bool may_be_untold = entry.status == ExperimentState::running || was_end_lost;
        return may_be_untold ? results.untold_result(entry) : std::nullopt;
      });
  for (const std::string& warning : state.warnings) warn(warning);
  tell_of_untold(results.count_untold(state), state.adopted, was_end_lost);
  table.emplace(state.manifest);
  has_nothing_left = stores_agree && was_completed && !options.is_open_ended &&
                     table->counters().pending == 0 && before == state.manifest.experiments.size();
  resume_from = std::move(state.manifest);
}

void Session::State::tell_of_untold(std::size_t untold, std::size_t adopted,
                                    bool was_end_lost) const {
  if (adopted > 0) {
    const bool is_one = adopted == 1;
    log(LogSeverity::info,
        study::format("{} that {} had completed: the result{} there",
                      is_one ? "an experiment" : std::to_string(adopted) + " experiments",
                      was_end_lost ? "no checkpoint could be told of"
                      : is_one     ? "was running when the writer died"
                                   : "were running when the writer died",
                      is_one ? " is" : "s are"));
  }
  if (untold == 0 || options.rebuild) return;
  const bool is_one = untold == 1;
  warn(study::format(
      "{} experiment{} a valid result that the checkpoint doesn't tell of and {} run again; "
      "{}rebuild would count what is there",
      untold, is_one ? " has" : "s have", is_one ? "is" : "are", options.option_prefix));
}

}  // namespace study
