#include "base/format.hpp"
#include "base/json_fields.hpp"

#include <study/error.hpp>
#include <study/json.hpp>
#include <study/study_config.hpp>

#include <cstddef>
#include <limits>
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

/// Takes the experiment out of `from`: moved within its arena, nothing is copied.
Experiment take_experiment(value& from, std::size_t index) {
  const auto place = [index] { return study::format("experiments[{}]", index); };
  object* const fields = from.if_object();
  if (fields == nullptr) refuse(place(), "must be an object");
  const auto refuse_field = [&](std::string_view key, const std::string& what) {
    refuse(study::format("{}.{}", place(), key), what);
  };
  const JsonFields reader(*fields, refuse_field);
  if (!reader.required("config").is_object()) reader.refuse("config", "must be an object");
  value* const config = fields->if_contains("config");
  std::string hash(reader.text_if_given("config_hash"));
  return Experiment{.config = std::move(config->get_object()), .config_hash = std::move(hash)};
}

}  // namespace

StudyConfig parse_study_config(std::string_view json) {
  // One arena for all: 100,000 experiments are millions of small values.
  value document = parse_json(
      json, kSource,
      boost::json::make_shared_resource<boost::json::monotonic_resource>(json.size() + 1024));
  object* const root = document.if_object();
  if (root == nullptr) throw InputError(std::string(kSource) + ": must be an object");

  StudyConfig config;
  const JsonFields reader(*root, refuse);
  config.study_name = reader.text("study_name");
  config.framework_version = reader.text("framework_version");
  if (root->contains("n_cycles")) {
    config.n_cycles = static_cast<int>(reader.count("n_cycles", std::numeric_limits<int>::max()));
  }
  config.experiments.reserve(reader.array("experiments").size());
  for (value& experiment : root->at("experiments").get_array()) {
    config.experiments.push_back(take_experiment(experiment, config.experiments.size()));
  }
  return config;
}

std::string to_json(const StudyConfig& config) {
  std::string out = "{\"study_name\":";
  append_json_string(out, config.study_name);
  out += ",\"framework_version\":";
  append_json_string(out, config.framework_version);
  out += ",\"n_cycles\":" + std::to_string(config.n_cycles) + ",\"experiments\":[";
  std::string_view separator;
  for (const Experiment& experiment : config.experiments) {
    out += separator;
    separator = ",";
    out += "{\"config\":";
    JsonWriter(out, kCompactStyle).write_object(experiment.config);
    if (!experiment.config_hash.empty()) {
      out += ",\"config_hash\":";
      append_json_string(out, experiment.config_hash);
    }
    out += '}';
  }
  return out += "]}";
}

}  // namespace study
