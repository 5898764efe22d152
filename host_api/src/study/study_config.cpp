#include "base/format.hpp"
#include "base/json_elements.hpp"
#include "base/json_fields.hpp"

#include <study/error.hpp>
#include <study/json.hpp>
#include <study/study_config.hpp>

#include <cstddef>
#include <limits>
#include <unordered_map>
#include <utility>

#include <boost/json/monotonic_resource.hpp>

namespace study {
namespace {

using boost::json::object;
using boost::json::value;

constexpr std::string_view kSource = "study config";

[[noreturn]] void refuse(std::string_view key, const std::string& what) {
  throw InputError(study::format("{}: {} {}", kSource, key, what));
}

constexpr int kMaxCycles = std::numeric_limits<int>::max();

/// Makes experiments of the elements of a list, each by itself: the list as one value would be
/// several times what they are. What they keep is in one arena, since 100,000 experiments are
/// millions of small values.
class ExperimentTaker {
 public:
  void take(value& from) {
    const std::size_t index = experiments_.size();
    const auto place = [index] { return study::format("experiments[{}]", index); };
    object* const fields = from.if_object();
    if (fields == nullptr) refuse(place(), "must be an object");
    const auto refuse_field = [&](std::string_view key, const std::string& what) {
      refuse(study::format("{}.{}", place(), key), what);
    };
    const JsonFields reader(*fields, refuse_field);
    if (!reader.required("config").is_object()) reader.refuse("config", "must be an object");
    Experiment experiment{.config = object(fields->at("config").get_object(), arena_),
                          .config_hash = std::string(reader.text_if_given("config_hash")),
                          .config_summary = std::string(reader.text_if_given("config_summary"))};
    if (fields->contains("n_cycles")) {
      experiment.n_cycles = static_cast<int>(reader.count("n_cycles", kMaxCycles));
    }
    experiments_.push_back(std::move(experiment));
    if (!fields->contains("shared")) return;
    shared_numbers_.resize(index, kNone);  // of those before, which have none
    shared_numbers_.push_back(reader.integer("shared"));
  }

  /// The list `shared` may stand behind that of the experiments.
  [[nodiscard]] std::vector<Experiment> with_shared(object& root) && {
    const JsonFields reader(root, refuse);
    static_cast<void>(reader.array("experiments"));
    std::vector<std::shared_ptr<const object>> shared;
    if (root.contains("shared")) {
      static_cast<void>(reader.array("shared"));
      for (value& fields : root.at("shared").get_array()) {
        if (!fields.is_object()) reader.refuse("shared", "must have objects");
        shared.push_back(std::make_shared<const object>(std::move(fields.get_object())));
      }
    }
    for (std::size_t i = 0; i < shared_numbers_.size(); ++i) {
      const std::int64_t number = shared_numbers_[i];
      if (number == kNone) continue;
      if (number < 0 || static_cast<std::size_t>(number) >= shared.size()) {
        refuse(study::format("experiments[{}].shared", i),
               "is not the number of one in the list 'shared'");
      }
      experiments_[i].shared = shared[static_cast<std::size_t>(number)];
    }
    return std::move(experiments_);
  }

 private:
  static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();

  boost::json::storage_ptr arena_ =
      boost::json::make_shared_resource<boost::json::monotonic_resource>();
  std::vector<Experiment> experiments_;
  std::vector<std::int64_t> shared_numbers_;  ///< where any has one
};

/// The root without its experiments, which `taker` gets.
value parse_root(std::string_view json, ExperimentTaker& taker) {
  value document =
      parse_json(json, kSource, "experiments", [&taker](value& element) { taker.take(element); });
  if (!document.is_object()) throw InputError(std::string(kSource) + ": must be an object");
  return document;
}

void append_text_unless_empty(std::string& out, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  out += ",\"";
  out += key;
  out += "\":";
  append_json_string(out, text);
}

/// The shared fields of a study, by their place in the list of them.
class SharedNumbers {
 public:
  explicit SharedNumbers(std::span<const Experiment> experiments) {
    for (const Experiment& experiment : experiments) {
      if (!experiment.shared || numbers_.contains(experiment.shared.get())) continue;
      numbers_.emplace(experiment.shared.get(), list_.size());
      list_.push_back(experiment.shared.get());
    }
  }
  [[nodiscard]] std::size_t of(const Experiment& experiment) const {
    return numbers_.at(experiment.shared.get());
  }
  void append_list(std::string& out) const {
    if (list_.empty()) return;
    out += "\"shared\":[";
    std::string_view separator;
    for (const object* const fields : list_) {
      out += separator;
      separator = ",";
      JsonWriter(out, kCompactStyle).write_object(*fields);
    }
    out += "],";
  }

 private:
  std::vector<const object*> list_;
  std::unordered_map<const object*, std::size_t> numbers_;
};

void append_experiments(std::string& out, std::span<const Experiment> experiments,
                        SharedFields form) {
  const SharedNumbers shared(form == SharedFields::once ? experiments
                                                        : std::span<const Experiment>());
  shared.append_list(out);
  out += "\"experiments\":[";
  std::string_view separator;
  for (const Experiment& experiment : experiments) {
    out += separator;
    separator = ",";
    out += "{\"config\":";
    if (form == SharedFields::once) {
      JsonWriter(out, kCompactStyle).write_object(experiment.config);
      if (experiment.shared) out += ",\"shared\":" + std::to_string(shared.of(experiment));
    } else {
      JsonWriter(out, kCompactStyle).write_object(*AllFields(experiment));
    }
    append_text_unless_empty(out, "config_hash", experiment.config_hash);
    append_text_unless_empty(out, "config_summary", experiment.config_summary);
    if (experiment.n_cycles != 0) out += ",\"n_cycles\":" + std::to_string(experiment.n_cycles);
    out += '}';
  }
  out += ']';
}

}  // namespace

void merge_into(value& target, const value& over) {
  if (!target.is_object() || !over.is_object()) {
    target = over;
    return;
  }
  for (const auto& field : over.get_object()) {
    merge_into(target.get_object()[field.key()], field.value());
  }
}

AllFields::AllFields(const Experiment& experiment) : fields_(&experiment.config) {
  if (!experiment.shared) return;
  made_ = *experiment.shared;
  for (const auto& field : experiment.config) merge_into(made_[field.key()], field.value());
  fields_ = &made_;
}

StudyConfig parse_study_config(std::string_view json) {
  ExperimentTaker taker;
  value document = parse_root(json, taker);
  object& root = document.get_object();
  StudyConfig config;
  const JsonFields reader(root, refuse);
  config.study_name = reader.text("study_name");
  config.framework_version = reader.text("framework_version");
  if (root.contains("n_cycles")) {
    config.n_cycles = static_cast<int>(reader.count("n_cycles", kMaxCycles));
  }
  config.study_design_hash = reader.text_if_given("study_design_hash");
  config.experiments = std::move(taker).with_shared(root);
  return config;
}

std::string to_json(const StudyConfig& config, SharedFields form) {
  std::string out = "{\"study_name\":";
  append_json_string(out, config.study_name);
  out += ",\"framework_version\":";
  append_json_string(out, config.framework_version);
  out += ",\"n_cycles\":" + std::to_string(config.n_cycles);
  append_text_unless_empty(out, "study_design_hash", config.study_design_hash);
  out += ',';
  append_experiments(out, config.experiments, form);
  return out += '}';
}

AddedExperiments parse_added_experiments(std::string_view json) {
  ExperimentTaker taker;
  value document = parse_root(json, taker);
  object& root = document.get_object();
  const JsonFields reader(root, refuse);
  return {std::move(taker).with_shared(root),
          std::string(reader.text_if_given("study_design_hash"))};
}

std::string to_json(std::span<const Experiment> experiments, std::string_view study_design_hash) {
  std::string out = "{";
  append_experiments(out, experiments, SharedFields::with_each);
  append_text_unless_empty(out, "study_design_hash", study_design_hash);
  return out += '}';
}

}  // namespace study
