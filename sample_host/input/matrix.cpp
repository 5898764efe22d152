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

bool has_all(const json::object& config, const std::vector<Setting>& settings) {
  return std::all_of(settings.begin(), settings.end(),
                     [&config](const Setting& setting) { return has(config, setting); });
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
  std::vector<Setting> conditions;
  std::vector<Configurations::SettingId> additions;
  bool is_taken = false;
};

class Matrix {
 public:
  Matrix(Configurations product, const SweepSpec& spec, const BackendNames& backends)
      : product_(std::move(product)), spec_(spec), is_used_(spec.exclude.size(), false) {
    const ProductKeys keys(spec);
    for (const PartialConfiguration& written : spec.include) {
      Inclusion& inclusion = inclusions_.emplace_back(Inclusion{&written, {}, {}});
      for (const Setting& setting : written.settings) {
        if (keys.concern(setting.key)) {
          inclusion.conditions.push_back(setting);
          continue;
        }
        inclusion.additions.push_back(product_.add_setting(setting));
        const std::string backend = scope_of(setting, backends);
        if (!backend.empty()) inclusion.conditions.push_back({"backend", json::value(backend)});
      }
    }
  }

  Configurations take() {
    Configurations out = product_.without_configurations();
    std::vector<Configurations::SettingId> settings;
    for (std::size_t i = 0; i < product_.size(); ++i) {
      const json::object config = product_[i];
      if (is_excluded(config)) continue;
      const auto own = product_.settings_of(i);
      settings.assign(own.begin(), own.end());
      include(config, settings);
      out.add(product_.shared_index(i), settings);
    }
    return out;
  }

  [[nodiscard]] std::vector<const PartialConfiguration*> own_ones() const {
    std::vector<const PartialConfiguration*> out;
    for (const Inclusion& inclusion : inclusions_) {
      if (!inclusion.is_taken) out.push_back(inclusion.written);
    }
    return out;
  }

  void warn(std::vector<std::string>& warnings) const {
    for (std::size_t i = 0; i < is_used_.size(); ++i) {
      if (is_used_[i]) continue;
      warnings.push_back(study::format("{}: {}: takes nothing away: no combination is like that",
                                       spec_.exclude[i].where, spec_.exclude[i].name));
    }
  }

 private:
  bool is_excluded(const json::object& config) {
    bool is_excluded = false;
    for (std::size_t i = 0; i < is_used_.size(); ++i) {
      if (!has_all(config, spec_.exclude[i].settings)) continue;
      is_excluded = is_used_[i] = true;
    }
    return is_excluded;
  }

  void include(const json::object& config, std::vector<Configurations::SettingId>& settings) {
    for (Inclusion& inclusion : inclusions_) {
      if (!has_all(config, inclusion.conditions)) continue;
      inclusion.is_taken = true;
      settings.insert(settings.end(), inclusion.additions.begin(), inclusion.additions.end());
    }
  }

  Configurations product_;
  const SweepSpec& spec_;
  std::vector<bool> is_used_;  ///< of each exclusion
  std::vector<Inclusion> inclusions_;
};

}  // namespace

Configurations exclude_and_include(Configurations product, const SweepSpec& spec,
                                   const BackendNames& backends,
                                   std::vector<const PartialConfiguration*>& own_ones,
                                   std::vector<std::string>& warnings) {
  if (spec.exclude.empty() && spec.include.empty()) return product;
  Matrix matrix(std::move(product), spec, backends);
  Configurations out = matrix.take();
  own_ones = matrix.own_ones();
  matrix.warn(warnings);
  return out;
}

}  // namespace host
