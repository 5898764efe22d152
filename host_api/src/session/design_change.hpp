/// What a person is told when the experiments are not those that the checkpoint is of.
#pragma once

#include <study/manifest.hpp>
#include <study/study_config.hpp>
#include <study/study_plan.hpp>

#include <string>
#include <vector>

#include <boost/json/object.hpp>

namespace study {

/// A configuration as the account of a change names it.
struct DesignedConfiguration {
  std::string config_hash;
  std::string summary;
  const Experiment* experiment = nullptr;  ///< null: its fields are not known any more
};

/// The unique configurations of a study, in their order.
using Design = std::vector<DesignedConfiguration>;

/// Both must outlive it.
[[nodiscard]] Design design_of(const StudyConfig& config, const StudyPlan& plan);
/// What the checkpoint itself tells of the configurations: no fields.
[[nodiscard]] Design design_of(const StudyManifest& checkpoint);

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

}  // namespace study
