/// What a person is told when a study is no longer the one that its checkpoint is of.
#pragma once

#include "plan/prepared_study.hpp"
#include "resume/study_record.hpp"

#include <study/manifest.hpp>

#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

namespace host {

/// A configuration as the account of a change names it.
struct DesignedConfiguration {
  std::string config_hash;
  std::string summary;
  const boost::json::object* fields = nullptr;  ///< null: not known any more
};

/// The unique configurations of a study, in their order.
using Design = std::vector<DesignedConfiguration>;

/// How `now` differs from `before`, as lines that begin with two spaces:
///
///     changed:   level=1
///                level=2
///     new:       level=19
///     gone:      level=9
///     fields:    block_size: absent → 512
///                level: 9 → 19
///     unchanged: 4 configurations
///
/// A configuration has changed if both have its summary. A field is shown if configurations of
/// `before` alone have values that none of `now` alone has, and those have others in their place.
/// Only the first few of a kind are named. n log n in the number of fields.
[[nodiscard]] std::vector<std::string> describe_design_change(const Design& before,
                                                              const Design& now);

struct StudyDifference {
  std::vector<std::string> account;  ///< lines
  bool is_copy_right;                ///< the study file that is kept is what the checkpoint is of
};

/// How `study` differs from what `checkpoint` is of. Fields are compared only where the study file
/// that is kept with `record` has the checkpoint's design: a host may have been killed between
/// writing one and the other, and anybody may have edited the copy.
[[nodiscard]] StudyDifference describe_study_difference(const std::optional<StudyRecord>& record,
                                                        const study::StudyManifest& checkpoint,
                                                        const PreparedStudy& study);

}  // namespace host
