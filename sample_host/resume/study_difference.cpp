#include "resume/study_difference.hpp"

#include "session/design_change.hpp"

#include <study/error.hpp>
#include <study/study_plan.hpp>

namespace host {

StudyDifference describe_study_difference(const std::optional<StudyRecord>& record,
                                          const study::StudyManifest& checkpoint,
                                          const study::StudyConfig& config,
                                          const study::StudyPlan& plan) {
  const study::Design now = study::design_of(config, plan);
  try {
    if (record) {
      const study::StudyConfig kept =
          make_config(load_study_copies(record->study_file, record->copies));
      const study::StudyPlan kept_plan = study::make_plan(kept);
      if (kept_plan.study_design_hash == checkpoint.head.study_design_hash) {
        return {study::describe_design_change(study::design_of(kept, kept_plan), now), true};
      }
    }
  } catch (const study::Error&) {  // without the copy the account is only less exact
  }
  auto account = study::describe_design_change(study::design_of(checkpoint), now);
  account.emplace_back(
      "  fields can't be compared: no study file is kept that the checkpoint is of");
  return {std::move(account), false};
}

}  // namespace host
