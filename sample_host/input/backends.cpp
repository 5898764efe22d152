#include "input/backends.hpp"

#include "base/format.hpp"
#include "input/document.hpp"

#include <study/text.hpp>

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace host {
namespace {

namespace json = boost::json;

/// Shorter names are near to too much.
constexpr std::size_t kLeastNearBytes = 3;

std::string_view prefix_of(std::string_view key) {
  return key.substr(0, key.find('.'));
}

bool is_dotted(const Setting& setting) {
  return setting.is_nested && setting.key.find('.') != std::string::npos;
}

[[noreturn]] void refuse(const json::value& value, const std::string& where) {
  refuse_input(study::format("{}: backend: must be text or a list of texts, but has the value {}",
                             where, json::serialize(value)));
}

Backend backend_name(const json::value& value, const std::string& where) {
  const json::string* name = value.if_string();
  if (name == nullptr || name->empty()) refuse(value, where);
  return std::string(name->data(), name->size());
}

}  // namespace

std::vector<Backend> backends_of(const json::value* field, const std::string& where) {
  if (field == nullptr || field->is_null() || field->is_object()) return {};
  if (!field->is_array()) return {backend_name(*field, where)};
  const json::array& list = field->get_array();
  if (list.empty()) {
    refuse_input(study::format("{}: backend: the list is empty; name at least one", where));
  }
  std::vector<Backend> backends;
  for (const json::value& element : list) backends.push_back(backend_name(element, where));
  return backends;
}

BackendNames backend_names(const SweepSpec& spec) {
  BackendNames names{"pytorch", "vllm", "tensorrt"};
  names.insert(spec.backends.begin(), spec.backends.end());
  for (const Backend& backend :
       backends_of(spec.shared.if_contains("backend"), spec.shared_where)) {
    names.insert(*backend);
  }
  for (const Dimension& dimension : spec.dimensions) {
    for (const std::vector<Setting>& choice : dimension.choices) {
      for (const Setting& setting : choice) {
        if (setting.key != "backend" || setting.value.is_object()) continue;
        if (setting.value.is_null()) refuse(setting.value, dimension.where);
        names.insert(*backend_name(setting.value, dimension.where));
      }
    }
  }
  return names;
}

std::string scope_of(const Setting& setting, const BackendNames& backends) {
  if (!is_dotted(setting)) return {};
  const auto found = backends.find(prefix_of(setting.key));
  return found == backends.end() ? std::string() : *found;
}

void check_prefixes(const SweepSpec& spec, const BackendNames& backends) {
  const std::vector<std::string_view> names(backends.begin(), backends.end());
  const auto is_plain_key = [&](std::string_view key) {
    return std::any_of(spec.dimensions.begin(), spec.dimensions.end(),
                       [key](const Dimension& dimension) { return dimension.name == key; });
  };
  for (const Dimension& dimension : spec.dimensions) {
    for (const Setting& setting : dimension.choices.front()) {
      const std::string_view prefix = prefix_of(setting.key);
      if (!is_dotted(setting) || backends.contains(prefix) || spec.shared.contains(prefix) ||
          prefix.size() < kLeastNearBytes || is_plain_key(prefix)) {
        continue;
      }
      const std::string_view nearest = study::nearest_name(prefix, names);
      if (nearest.size() < kLeastNearBytes) continue;
      refuse_input(study::format(
          "{}: sweep.{}: '{}' is no backend of this study, and no field; did you mean '{}'?",
          dimension.where, setting.key, prefix, nearest));
    }
  }
}

}  // namespace host
