/// What a person is told when a study is no longer the one that its checkpoint is of.
#pragma once

#include "plan/prepared_study.hpp"
#include "resume/study_record.hpp"

#include <study/manifest.hpp>

#include <optional>
#include <string>
#include <vector>

namespace host {

struct StudyDifference {
  std::vector<std::string> account;  ///< lines
  bool is_copy_right;                ///< the study file that is kept is what the checkpoint is of
};

/// How the study of `config` differs from what `checkpoint` is of. Fields are compared only where
/// the study file that is kept with `record` has the checkpoint's design: a host may have been
/// killed between writing one and the other, and anybody may have edited the copy.
[[nodiscard]] StudyDifference describe_study_difference(const std::optional<StudyRecord>& record,
                                                        const study::StudyManifest& checkpoint,
                                                        const study::StudyConfig& config,
                                                        const study::StudyPlan& plan);

}  // namespace host
