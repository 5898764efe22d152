/// The stem of a run's files, where a test has the whole study at hand.
#pragma once

#include <study/study_config.hpp>
#include <study/study_plan.hpp>

#include <string>

inline std::string stem_of(const study::StudyConfig& config,
                           const study::PlannedConfiguration& configuration, int cycle) {
  return study::result_stem(config.experiments[configuration.experiment_index].config,
                            configuration, cycle);
}
