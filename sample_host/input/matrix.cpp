#include "input/matrix.hpp"

#include "base/format.hpp"
#include "study/well_known.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace host {
namespace {

namespace json = boost::json;

bool has(const json::object& config, const Setting& setting) {
  const json::value* const value = study::find_nested(config, setting.key);
  return value != nullptr && *value == setting.value;
}

bool is_part_of(std::string_view key, std::string_view whole) {
  return key == whole ||
         (key.size() > whole.size() && key.starts_with(whole) && key[whole.size()] == '.');
}

/// The settings that the product has made, which no inclusion changes.
class ProductKeys {
 public:
  explicit ProductKeys(const SweepSpec& spec) {
    for (const Dimension& dimension : spec.dimensions) {
      for (const std::vector<Setting>& choice : dimension.choices) {
        for (const Setting& setting : choice) keys_.insert(setting.key);
      }
    }
  }

  [[nodiscard]] bool concern(const std::string& key) const {
    // Each combination has its backend, be it by a dimension or by the name of one.
    if (key == "backend") return true;
    return std::any_of(keys_.begin(), keys_.end(), [&](const std::string& own) {
      return is_part_of(key, own) || is_part_of(own, key);
    });
  }

 private:
  std::set<std::string> keys_;
};

/// An inclusion: what a combination must have, and what it then gets.
struct Inclusion {
  const PartialConfiguration* written;
  std::vector<const Setting*> conditions;
  std::vector<Configurations::SettingId> additions;
  bool is_taken = false;
};

std::vector<Inclusion> inclusions_of(const SweepSpec& spec, Configurations& configs) {
  const ProductKeys product(spec);
  std::vector<Inclusion> inclusions;
  for (const PartialConfiguration& written : spec.include) {
    Inclusion& inclusion = inclusions.emplace_back(Inclusion{&written, {}, {}});
    for (const Setting& setting : written.settings) {
      if (product.concern(setting.key)) {
        inclusion.conditions.push_back(&setting);
      } else {
        inclusion.additions.push_back(configs.add_setting(setting));
      }
    }
  }
  return inclusions;
}

}  // namespace

Configurations exclude_and_include(Configurations product, const SweepSpec& spec,
                                   std::vector<const PartialConfiguration*>& own_ones,
                                   std::vector<std::string>& warnings) {
  if (spec.exclude.empty() && spec.include.empty()) return product;
  std::vector<Inclusion> inclusions = inclusions_of(spec, product);
  std::vector<bool> is_used(spec.exclude.size(), false);
  Configurations out = product.without_configurations();
  std::vector<Configurations::SettingId> settings;
  for (std::size_t i = 0; i < product.size(); ++i) {
    const json::object config = product[i];
    const auto holds = [&config](const Setting& setting) { return has(config, setting); };
    bool is_excluded = false;
    for (std::size_t e = 0; e < spec.exclude.size(); ++e) {
      const auto& written = spec.exclude[e].settings;
      if (!std::all_of(written.begin(), written.end(), holds)) continue;
      is_excluded = is_used[e] = true;
    }
    if (is_excluded) continue;
    const auto own = product.settings_of(i);
    settings.assign(own.begin(), own.end());
    for (Inclusion& inclusion : inclusions) {
      if (!std::all_of(inclusion.conditions.begin(), inclusion.conditions.end(),
                       [&](const Setting* setting) { return holds(*setting); })) {
        continue;
      }
      inclusion.is_taken = true;
      settings.insert(settings.end(), inclusion.additions.begin(), inclusion.additions.end());
    }
    out.add(product.shared_index(i), settings);
  }
  for (std::size_t e = 0; e < spec.exclude.size(); ++e) {
    if (is_used[e]) continue;
    warnings.push_back(study::format("{}: {}: takes nothing away: no combination is like that",
                                     spec.exclude[e].where, spec.exclude[e].name));
  }
  for (const Inclusion& inclusion : inclusions) {
    if (!inclusion.is_taken) own_ones.push_back(inclusion.written);
  }
  return out;
}

}  // namespace host
