
#include <study/error.hpp>
#include <study/json.hpp>
#include <study/study_config.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>

namespace study {
namespace {

using boost::json::object;
using boost::json::value;

constexpr std::string_view kSource = "study config";

[[noreturn]] void refuse(const std::string& place, const std::string& what) {
  throw InputError(std::string(kSource) + ": " + place + " " + what);
}

const value& required(const object& from, std::string_view key, const std::string& place) {
  const value* const found = from.if_contains(key);
  if (found == nullptr) refuse(place + std::string(key), "is missing");
  return *found;
}

std::string required_string(const object& from, std::string_view key) {
  const value& found = required(from, key, "");
  if (!found.is_string()) refuse(std::string(key), "must be a string");
  return std::string(found.get_string());
}

int read_n_cycles(const object& from) {
  const value* const found = from.if_contains("n_cycles");
  if (found == nullptr) return 1;
  const std::int64_t* const number = found->if_int64();
  if (number == nullptr || *number < 1 || *number > std::numeric_limits<int>::max()) {
    refuse("n_cycles", "must be an integer from 1 to 2147483647");
  }
  return static_cast<int>(*number);
}

/// Takes the experiment out of `from`: moved within its arena, nothing is copied.
Experiment take_experiment(value& from, std::size_t index) {
  const auto place = [index] { return "experiments[" + std::to_string(index) + "]"; };
  object* const fields = from.if_object();
  if (fields == nullptr) refuse(place(), "must be an object");
  value* const config = fields->if_contains("config");
  if (config == nullptr) refuse(place() + ".config", "is missing");
  if (!config->is_object()) refuse(place() + ".config", "must be an object");
  std::string hash;
  if (const value* const given = fields->if_contains("config_hash")) {
    if (!given->is_string()) refuse(place() + ".config_hash", "must be a string");
    hash = std::string(given->get_string());
  }
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
  config.study_name = required_string(*root, "study_name");
  config.framework_version = required_string(*root, "framework_version");
  config.n_cycles = read_n_cycles(*root);
  required(*root, "experiments", "");
  boost::json::array* const experiments = root->at("experiments").if_array();
  if (experiments == nullptr) refuse("experiments", "must be an array");
  config.experiments.reserve(experiments->size());
  for (std::size_t i = 0; i < experiments->size(); ++i) {
    config.experiments.push_back(take_experiment((*experiments)[i], i));
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
