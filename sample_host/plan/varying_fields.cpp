#include "plan/varying_fields.hpp"

#include <study/flatten.hpp>
#include <study/identity.hpp>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace host {
namespace {

struct Seen {
  std::vector<std::string> values;
  std::unordered_set<std::string> known;  ///< canonical text, so that 1 and "1" differ
  std::size_t configs = 0;
};

class Fields {
 public:
  void add(const boost::json::object& config) {
    study::flatten(config, [this](std::string_view key, const boost::json::value& value) {
      add_value(std::string(key), value);
    });
  }

  [[nodiscard]] std::vector<VaryingField> varying(std::size_t configs) && {
    std::vector<VaryingField> result;
    for (const std::string& key : order_) {
      Seen& seen = fields_.at(key);
      const bool is_absent_in_some = seen.configs < configs;
      if (seen.values.size() < 2 && !is_absent_in_some) continue;
      result.push_back({key, std::move(seen.values), is_absent_in_some});
    }
    return result;
  }

 private:
  void add_value(const std::string& key, const boost::json::value& value) {
    const auto [place, is_new] = fields_.try_emplace(key);
    if (is_new) order_.push_back(key);
    Seen& seen = place->second;
    ++seen.configs;
    std::string text = study::canonical_json(value);
    if (!seen.known.insert(text).second) return;
    seen.values.push_back(value.is_string() ? std::string(value.get_string()) : std::move(text));
  }

  std::vector<std::string> order_;
  std::unordered_map<std::string, Seen> fields_;
};

}  // namespace

std::vector<VaryingField> varying_fields(std::span<const boost::json::object* const> configs) {
  Fields fields;
  for (const boost::json::object* config : configs) fields.add(*config);
  return std::move(fields).varying(configs.size());
}

}  // namespace host
