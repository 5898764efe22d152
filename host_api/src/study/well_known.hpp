/// The fields that summaries and file names are made of: `backend`, `model` and `precision`.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace study {

/// Whether the configuration is of LLenergyMeasure's later form, in which these three are `engine`,
/// `task.model` and `{engine}.engine_params.dtype`.
[[nodiscard]] inline bool is_llem_release(const boost::json::object& config) {
  if (config.contains("model") || config.contains("backend")) return false;
  const boost::json::value* const task = config.if_contains("task");
  return task != nullptr && task->is_object() && task->get_object().contains("model");
}

/// The value of a dotted key; null where it is absent.
[[nodiscard]] inline const boost::json::value* find_nested(const boost::json::object& config,
                                                           std::string_view key) {
  const boost::json::object* object = &config;
  for (std::size_t dot = key.find('.'); dot != key.npos; dot = key.find('.')) {
    const boost::json::value* const next = object->if_contains(key.substr(0, dot));
    if (next == nullptr || !next->is_object()) return nullptr;
    object = &next->get_object();
    key.remove_prefix(dot + 1);
  }
  return object->if_contains(key);
}

/// The dotted key of `backend`, `model` or `precision` in this configuration.
[[nodiscard]] inline std::string well_known_key(const boost::json::object& config,
                                                std::string_view name) {
  if (!is_llem_release(config)) return std::string(name);
  if (name == "backend") return "engine";
  if (name == "model") return "task.model";
  const boost::json::value* const engine = config.if_contains("engine");
  const bool is_text = engine != nullptr && engine->is_string();
  return (is_text ? std::string(engine->get_string()) : "transformers") + ".engine_params.dtype";
}

/// The value of `backend`, `model` or `precision`; null where it is absent.
[[nodiscard]] inline const boost::json::value* well_known(const boost::json::object& config,
                                                          std::string_view name) {
  if (const boost::json::value* own = config.if_contains(name)) return own;
  return is_llem_release(config) ? find_nested(config, well_known_key(config, name)) : nullptr;
}

}  // namespace study
