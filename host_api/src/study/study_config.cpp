#include "base/format.hpp"
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

using SharedList = std::vector<std::shared_ptr<const object>>;

/// Takes the experiment out of `from`: moved within its arena, nothing is copied.
Experiment take_experiment(value& from, std::size_t index, const SharedList& shared) {
  const auto place = [index] { return study::format("experiments[{}]", index); };
  object* const fields = from.if_object();
  if (fields == nullptr) refuse(place(), "must be an object");
  const auto refuse_field = [&](std::string_view key, const std::string& what) {
    refuse(study::format("{}.{}", place(), key), what);
  };
  const JsonFields reader(*fields, refuse_field);
  if (!reader.required("config").is_object()) reader.refuse("config", "must be an object");
  value* const config = fields->if_contains("config");
  Experiment experiment{.config = std::move(config->get_object()),
                        .config_hash = std::string(reader.text_if_given("config_hash")),
                        .config_summary = std::string(reader.text_if_given("config_summary"))};
  if (fields->contains("shared")) {
    const std::int64_t number = reader.integer("shared");
    if (number < 0 || static_cast<std::size_t>(number) >= shared.size()) {
      reader.refuse("shared", "is not the number of one in the list 'shared'");
    }
    experiment.shared = shared[static_cast<std::size_t>(number)];
  }
  if (fields->contains("n_cycles")) {
    experiment.n_cycles = static_cast<int>(reader.count("n_cycles", kMaxCycles));
  }
  return experiment;
}

/// One arena for all: 100,000 experiments are millions of small values.
value parse_in_arena(std::string_view json) {
  value document = parse_json(
      json, kSource,
      boost::json::make_shared_resource<boost::json::monotonic_resource>(json.size() + 1024));
  if (!document.is_object()) throw InputError(std::string(kSource) + ": must be an object");
  return document;
}

template <class Refuse>
SharedList take_shared(object& from, const JsonFields<Refuse>& reader) {
  SharedList shared;
  if (!from.contains("shared")) return shared;
  static_cast<void>(reader.array("shared"));
  for (value& fields : from.at("shared").get_array()) {
    if (!fields.is_object()) reader.refuse("shared", "must have objects");
    shared.push_back(std::make_shared<const object>(std::move(fields.get_object())));
  }
  return shared;
}

template <class Refuse>
std::vector<Experiment> take_experiments(object& from, const JsonFields<Refuse>& reader) {
  const SharedList shared = take_shared(from, reader);
  std::vector<Experiment> experiments;
  experiments.reserve(reader.array("experiments").size());
  for (value& experiment : from.at("experiments").get_array()) {
    experiments.push_back(take_experiment(experiment, experiments.size(), shared));
  }
  return experiments;
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
  value document = parse_in_arena(json);
  object& root = document.get_object();
  StudyConfig config;
  const JsonFields reader(root, refuse);
  config.study_name = reader.text("study_name");
  config.framework_version = reader.text("framework_version");
  if (root.contains("n_cycles")) {
    config.n_cycles = static_cast<int>(reader.count("n_cycles", kMaxCycles));
  }
  config.study_design_hash = reader.text_if_given("study_design_hash");
  config.experiments = take_experiments(root, reader);
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
  value document = parse_in_arena(json);
  object& root = document.get_object();
  const JsonFields reader(root, refuse);
  return {take_experiments(root, reader), std::string(reader.text_if_given("study_design_hash"))};
}

std::string to_json(std::span<const Experiment> experiments, std::string_view study_design_hash) {
  std::string out = "{";
  append_experiments(out, experiments, SharedFields::with_each);
  append_text_unless_empty(out, "study_design_hash", study_design_hash);
  return out += '}';
}

}  // namespace study
