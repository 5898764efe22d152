/// The study as a host hands it to its observers: values, without files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace study {

/// One experiment configuration.
struct Experiment {
  /// The fields as the study gives them, in their order. Well-known, all optional: `model`,
  /// `backend`, `precision` (strings); everything else belongs to the framework.
  boost::json::object config;

  /// The host's own identity of the configuration: 1 to 128 ASCII letters, digits and `-`.
  /// Empty: the identity is `config_hash(config)` of identity.hpp.
  std::string config_hash;
};

/// What is run: each experiment `n_cycles` times. In which order is the host's own affair.
struct StudyConfig {
  std::string study_name;
  std::string framework_version;  ///< of the host; shown as `llenergymeasure_version`
  int n_cycles = 1;               ///< at least 1
  std::vector<Experiment> experiments;
};

/// Reads the JSON form, which is what crosses the plugin boundary:
///
///     {"study_name": "sweep", "framework_version": "0.8.0", "n_cycles": 3,
///      "experiments": [{"config": {"model": "gpt2"}, "config_hash": "d34979b3cbf93e3f"}]}
///
/// `config_hash` may be left out, and so may `n_cycles` (1); unknown keys are ignored, so that a
/// later host can add some. The parsed objects share one arena, which lives as long as any of them.
///
/// Throws `InputError` for text that is not this, naming the key.
[[nodiscard]] StudyConfig parse_study_config(std::string_view json);

/// The JSON form, on one line.
[[nodiscard]] std::string to_json(const StudyConfig& config);

}  // namespace study
