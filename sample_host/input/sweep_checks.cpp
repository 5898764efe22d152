#include "input/sweep_checks.hpp"

#include "base/format.hpp"
#include "input/document.hpp"
#include "input/product.hpp"

#include <map>
#include <string_view>

#include <boost/json/serialize.hpp>

namespace host {
namespace {

namespace json = boost::json;

[[noreturn]] void fail(const std::string& where, const std::string& what) {
  refuse_input(where + ": " + what);
}

void check_key(const Dimension& dimension, const std::string& key) {
  if (!key.empty() && key.front() != '.' && key.back() != '.' &&
      key.find("..") == std::string::npos) {
    return;
  }
  fail(dimension.where,
       study::format("sweep: the dimension '{}' has an empty name between its dots", key));
}

}  // namespace

void check_dimensions(std::span<const Dimension> dimensions) {
  std::map<std::string, const Dimension*> setters;
  for (const Dimension& dimension : dimensions) {
    for (const std::vector<Setting>& choice : dimension.choices) {
      for (const Setting& setting : choice) {
        check_key(dimension, setting.key);
        const auto [setter, is_new] = setters.emplace(setting.key, &dimension);
        if (is_new || setter->second == &dimension) continue;
        fail(dimension.where, study::format("sweep: '{}' is set here and by '{}' ({})", setting.key,
                                            setter->second->name, setter->second->where));
      }
    }
  }
  for (const auto& [key, dimension] : setters) {
    for (std::size_t dot = key.find('.'); dot != key.npos; dot = key.find('.', dot + 1)) {
      const auto outer = setters.find(key.substr(0, dot));
      if (outer == setters.end()) continue;
      fail(dimension->where,
           study::format("sweep: the dimension '{}' sets a part of what '{}' sets as a whole ({})",
                         key, outer->first, outer->second->where));
    }
  }
}

void check_path(const Dimension& dimension, const Setting& setting, const json::object& shared) {
  std::string_view rest = setting.key;
  const json::object* object = &shared;
  for (std::size_t dot = rest.find('.'); dot != rest.npos; dot = rest.find('.')) {
    const json::value* const next = object->if_contains(rest.substr(0, dot));
    if (next == nullptr || next->is_null()) return;
    if (!next->is_object()) {
      fail(dimension.where,
           study::format("sweep.{}: the field '{}' is no mapping, but {}", setting.key,
                         setting.key.substr(0, setting.key.size() - rest.size() + dot),
                         json::serialize(*next)));
    }
    object = &next->get_object();
    rest.remove_prefix(dot + 1);
  }
}

void check_number(std::size_t n_configs, const std::string& where) {
  if (n_configs <= kMaxConfigurations) return;
  fail(where,
       study::format("the study has {}{} configurations, but at most {} are allowed; take "
                     "values out of 'sweep'",
                     n_configs == kUncountable ? "more than " : "", n_configs, kMaxConfigurations));
}

void check_bytes(const Configurations& configs, const std::string& where) {
  if (configs.made_bytes() <= kMaxConfigurationBytes) return;
  fail(where, study::format("{} configurations come to {} bytes with their shared fields, but at "
                            "most {} are allowed; put long values into a file and its name here",
                            configs.size(), configs.made_bytes(), kMaxConfigurationBytes));
}

}  // namespace host
