/// The study as a host hands it to its observers: values, without files.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

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
  /// Fields that several experiments have in common, held once for all of them: `config` is laid
  /// over these, mapping by mapping, and what it says replaces what is there in its place. Null:
  /// `config` is all. See `AllFields`.
  std::shared_ptr<const boost::json::object> shared{};
};

/// `over` laid over `target`, mapping by mapping; anything else replaces.
void merge_into(boost::json::value& target, const boost::json::value& over);

/// The fields of an experiment as one object, made only where it shares some. Valid as long as this
/// and the experiment.
class AllFields {
 public:
  explicit AllFields(const Experiment& experiment);
  AllFields(const AllFields&) = delete;
  AllFields& operator=(const AllFields&) = delete;

  const boost::json::object& operator*() const { return *fields_; }
  const boost::json::object* operator->() const { return fields_; }

 private:
  boost::json::object made_;
  const boost::json::object* fields_;
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
/// add some. Fields that experiments have in common may stand once, in a list `shared` of the
/// study, with the number of theirs as `shared` of each experiment, whose `config` is laid over
/// them. The parsed objects share one arena, which lives as long as any of them.
///
/// Throws `InputError` for text that is not this, naming the key.
[[nodiscard]] StudyConfig parse_study_config(std::string_view json);

/// Whether fields that are shared are written once, or with each experiment, for who knows no other
/// form: a plugin of version 1.0.
enum class SharedFields { once, with_each };

/// The JSON form, on one line.
[[nodiscard]] std::string to_json(const StudyConfig& config,
                                  SharedFields form = SharedFields::once);

/// What is added to a study, in the same form: `experiments` and `study_design_hash` alone.
struct AddedExperiments {
  std::vector<Experiment> experiments;
  std::string study_design_hash;
};
[[nodiscard]] AddedExperiments parse_added_experiments(std::string_view json);
[[nodiscard]] std::string to_json(std::span<const Experiment> experiments,
                                  std::string_view study_design_hash);  // shared fields with each

}  // namespace study
