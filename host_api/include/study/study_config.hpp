/// The study as a host hands it to its observers: values, without files.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace study {

/// One experiment configuration.
struct Experiment {
  /// The fields as the study gives them, in their order; none where the host knows the
  /// configuration by its `config_hash` alone. Well-known, all optional: `model`,
  /// `backend`, `precision` (strings); everything else belongs to the framework.
  boost::json::object config;

  /// The host's own identity of the configuration: 1 to 128 characters out of `A-Z a-z 0-9 . _ :
  /// -`. Empty: the identity is `config_hash(config)` of identity.hpp.
  std::string config_hash{};
  /// The host's own line for people. Empty: it is derived, see config_summary.hpp.
  std::string config_summary{};
  int n_cycles = 0;  ///< 0: as the study has
};

/// What is run: each experiment `n_cycles` times. In which order is the host's own affair.
struct StudyConfig {
  std::string study_name;
  std::string framework_version;        ///< of the host; shown as `llenergymeasure_version`
  int n_cycles = 1;                     ///< at least 1
  std::vector<Experiment> experiments;  ///< may be empty: they can be added later
  /// The host's own identity of the list, with the characters of a `config_hash`. Empty: the
  /// identity is `study_design_hash` of identity.hpp.
  std::string study_design_hash{};
};

/// Reads the JSON form, which is what crosses the plugin boundary:
///
///     {"study_name": "sweep", "framework_version": "0.8.0", "n_cycles": 3,
///      "experiments": [{"config": {"model": "gpt2"}, "config_hash": "d34979b3cbf93e3f"}]}
///
/// What has a default above may be left out: an experiment can also have `config_summary` and
/// `n_cycles`, the study `study_design_hash`. Unknown keys are ignored, so that a later host can
/// add some. The parsed objects share one arena, which lives as long as any of them.
///
/// Throws `InputError` for text that is not this, naming the key.
[[nodiscard]] StudyConfig parse_study_config(std::string_view json);

/// The JSON form, on one line.
[[nodiscard]] std::string to_json(const StudyConfig& config);

/// What is added to a study, in the same form: `experiments` and `study_design_hash` alone.
struct AddedExperiments {
  std::vector<Experiment> experiments;
  std::string study_design_hash;
};
[[nodiscard]] AddedExperiments parse_added_experiments(std::string_view json);
[[nodiscard]] std::string to_json(std::span<const Experiment> experiments,
                                  std::string_view study_design_hash);

}  // namespace study
