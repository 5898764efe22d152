/// What a study config comes to: its unique configurations, each with identity, summary and file
/// names. Host and observers derive it independently from the same config and get the same.
#pragma once

#include <study/study_config.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/container/string.hpp>

namespace study {

/// One unique configuration.
struct PlannedConfiguration {    // NOLINT(bugprone-exception-escape): no member's move throws
  std::size_t experiment_index;  ///< of its first appearance in `StudyConfig::experiments`
  boost::container::string config_hash;  ///< up to 23 characters lie here, std::string's 15
  std::string config_summary;
  int n_cycles;
  bool full_hash_in_file_name;  ///< another configuration shares the first eight digits
};

struct StudyPlan {
  int n_cycles = 1;  ///< of each configuration that has no other number of its own
  std::string study_design_hash;
  std::vector<PlannedConfiguration> configurations;  ///< in order of first appearance

  /// The sum of all configurations' cycles.
  [[nodiscard]] std::size_t total_runs() const;
};

/// Deduplicates the experiments and derives everything else. Linear in the config. A study may have
/// no experiments yet.
///
/// Throws `InputError` for fewer than one cycle, a NaN or an infinity, and a host's `config_hash`
/// that is malformed or stands for two different configurations.
[[nodiscard]] StudyPlan make_plan(const StudyConfig& config);

/// Derives identity and summary of experiments that come one by one, each at a cost that doesn't
/// depend on how many have come before.
class StudyGrowth {
 public:
  explicit StudyGrowth(int n_cycles, std::string study_design_hash = {});
  StudyGrowth(StudyGrowth&&) noexcept;
  StudyGrowth& operator=(StudyGrowth&&) noexcept;
  ~StudyGrowth();

  /// The configuration of `experiment`, the `index`th of its study. Unless `is_known` says of its
  /// hash that the study has it, it becomes part of the design, and has a summary: by what varies
  /// among all that have come up to now. `full_hash_in_file_name` is left to the caller. Throws
  /// `InputError` as `make_plan`; then nothing has changed.
  [[nodiscard]] PlannedConfiguration add(
      const Experiment& experiment, std::size_t index,
      const std::function<bool(std::string_view config_hash)>& is_known);

  /// Of all that have come, or the host's own.
  [[nodiscard]] std::string study_design_hash() const;
  /// The host's own, from now on.
  void set_study_design_hash(std::string hash);

 private:
  friend class StudyPlanner;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// A plan that can grow.
class StudyPlanner {
 public:
  /// Plans what `config` has. Throws as `make_plan`.
  explicit StudyPlanner(const StudyConfig& config);
  StudyPlanner(StudyPlanner&&) noexcept;
  StudyPlanner& operator=(StudyPlanner&&) noexcept;
  ~StudyPlanner();

  [[nodiscard]] const StudyPlan& plan() const&;
  [[nodiscard]] StudyPlan plan() &&;

  /// The position in `plan().configurations` of the configuration of `experiment`, which is the
  /// `experiment_index`th of its study: a new one at the end, unless the plan has it. One that it
  /// has gets more cycles if the experiment has more. Existing hashes, summaries and file names
  /// stay: a new configuration whose hash begins like another's has the whole hash in its file
  /// names, the other doesn't. Throws `InputError`, and nothing has changed.
  std::size_t add(const Experiment& experiment, std::size_t experiment_index);

  /// For who keeps the configurations elsewhere, and knows which experiments are new: the plan, and
  /// what it grows by. Both are smaller than this.
  [[nodiscard]] std::pair<StudyPlan, StudyGrowth> split() &&;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// The stem of the files that one run of `configuration` leaves in the study directory, without
/// extension: the hash in eight digits or whole, `_c{cycle}` behind it when there are several
/// cycles. At most 200 bytes and the hash. `fields` are the configuration's.
[[nodiscard]] std::string result_stem(const boost::json::object& fields,
                                      const PlannedConfiguration& configuration, int cycle);

}  // namespace study
