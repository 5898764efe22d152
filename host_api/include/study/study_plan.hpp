/// What a study config comes to: its unique configurations, each with identity, summary and file
/// names. Host and observers derive it independently from the same config and get the same.
#pragma once

#include <study/study_config.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace study {

/// One unique configuration.
struct PlannedConfiguration {
  std::size_t experiment_index;  ///< of its first appearance in `StudyConfig::experiments`
  std::string config_hash;
  std::string config_summary;
  bool full_hash_in_file_name;  ///< another configuration shares the first eight digits
};

struct StudyPlan {
  int n_cycles = 1;
  std::string study_design_hash;
  std::vector<PlannedConfiguration> configurations;  ///< in order of first appearance

  /// Configurations times cycles.
  [[nodiscard]] std::size_t total_runs() const {
    return configurations.size() * static_cast<std::size_t>(n_cycles);
  }
};

/// Deduplicates the experiments and derives everything else. Linear in the config.
///
/// Throws `InputError` for a study without experiments, fewer than one cycle, a NaN or an infinity,
/// a host's `config_hash` that is malformed or stands for two different configurations.
[[nodiscard]] StudyPlan make_plan(const StudyConfig& config);

/// The stem of the files that one run of `configuration` leaves in the study directory, without
/// extension: the hash in eight digits or whole, `_c{cycle}` behind it when there are several
/// cycles. At most 200 bytes and the hash.
[[nodiscard]] std::string result_stem(const StudyConfig& config, const StudyPlan& plan,
                                      const PlannedConfiguration& configuration, int cycle);

}  // namespace study
