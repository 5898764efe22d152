#include "input/llem_release_sweep.hpp"

#include "base/format.hpp"
#include "input/document.hpp"
#include "input/llem_release_axis.hpp"
#include "input/product.hpp"
#include "input/sweep_checks.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>

namespace host {
namespace {

namespace json = boost::json;

using SettingId = Configurations::SettingId;
using Axis = LlemAxis;
using Names = std::set<std::string, std::less<>>;

std::string_view prefix_of(std::string_view key) {
  return key.substr(0, key.find('.'));
}

/// Makes the configurations, as GRAMMAR has it: engines, then groups, then axes.
class ReleaseSweep {
 public:
  ReleaseSweep(json::object shared, Configurations& configs)
      : shared_(std::move(shared)), configs_(configs) {}

  void read(const FieldReader& sweep) {
    where_ = sweep.where();
    for (const FieldReader& member : sweep.members()) {
      check_prefix(member);
      Axis axis = read_llem_axis(member, configs_);
      sweeps_engine_ = sweeps_engine_ || axis.name == "engine";
      (axis.is_group ? groups_ : axes_).push_back(std::move(axis));
    }
  }

  [[nodiscard]] bool is_empty() const { return groups_.empty() && axes_.empty(); }

  void append_sweep() {
    if (sweeps_engine_) return append_swept_engines();
    for (const std::string& engine : engines()) {
      // The groups vary slowest, those of the engine behind those of all.
      std::vector<const Axis*> axes = of_engine(groups_, {});
      const auto add = [&axes](const std::vector<const Axis*>& more) {
        axes.insert(axes.end(), more.begin(), more.end());
      };
      add(of_engine(groups_, engine));
      const std::size_t n_groups = axes.size();
      add(of_engine(axes_, {}));
      add(of_engine(axes_, engine));
      check(axes);
      for_each_combination(sizes_of(axes), [&](const std::vector<std::size_t>& at) {
        settings_.assign({engine_setting(engine)});
        append_choices(axes, at, n_groups, axes.size());  // a group has the last word
        append_choices(axes, at, 0, n_groups);
        configs_.add(shared_for(engine, {}), settings_);
      });
    }
  }

  /// The shared fields alone.
  void append_shared() {
    const json::value* const given = shared_.if_contains("engine");
    for (const std::string& engine : engines()) {
      settings_.clear();
      if (given != nullptr && given->is_array()) settings_.push_back(engine_setting(engine));
      configs_.add(shared_for(engine, {}), settings_);
    }
  }

  void append_experiment(const FieldReader& element) {
    if (!element.is_mapping()) element.fail_expected("a mapping of experiment fields");
    Names own;
    std::vector<std::string> engines = engines_of(shared_.if_contains("engine"));
    settings_.clear();
    for (const FieldReader& field : element.members()) {
      json::value value = to_json(field.node());
      if (field.key() == "engine") engines = engines_of(&value);
      own.insert(field.key());
      settings_.push_back(configs_.add_setting({field.key(), std::move(value), false, true}));
    }
    const json::value* const given = shared_.if_contains("engine");
    const bool is_list = given != nullptr && given->is_array() && !own.contains("engine");
    for (const std::string& engine : engines) {
      if (is_list) settings_.push_back(engine_setting(engine));
      configs_.add(shared_for(engine, own), settings_);
      if (is_list) settings_.pop_back();
    }
    check_number(configs_.size(), element.where());
  }

 private:
  void check_prefix(const FieldReader& member) const {
    const std::string_view prefix = prefix_of(member.key());
    if (prefix == member.key() || is_llem_engine(prefix) || shared_.contains(prefix)) return;
    const std::string_view nearest = study::nearest_name(prefix, kLlemEngines);
    if (nearest.empty()) return;
    member.fail(study::format("'{}' is no engine, and no field of the study; did you mean '{}'?",
                              prefix, nearest));
  }

  static std::vector<std::string> engines_of(const json::value* given) {
    if (given == nullptr || given->is_null()) return {std::string(kLlemDefaultEngine)};
    if (given->is_string()) return {std::string(given->get_string())};
    std::vector<std::string> engines;
    if (given->is_array()) {
      for (const json::value& element : given->get_array()) {
        if (element.is_string()) engines.emplace_back(element.get_string());
      }
    }
    if (engines.empty()) refuse_input("engine: must be text or a list of texts");
    return engines;
  }

  /// In their order: those of a list; else those that the sweep's keys are for, sorted, with the
  /// fixed one; else that.
  [[nodiscard]] std::vector<std::string> engines() const {
    const json::value* const given = shared_.if_contains("engine");
    if (given != nullptr && given->is_array()) return engines_of(given);
    std::set<std::string> scoped;
    for (const auto* table : {&axes_, &groups_}) {
      for (const Axis& axis : *table) {
        if (!axis.engine.empty()) scoped.insert(axis.engine);
      }
    }
    if (scoped.empty()) return engines_of(given);
    if (given != nullptr) scoped.insert(engines_of(given).front());
    return {scoped.begin(), scoped.end()};
  }

  /// An axis `engine`: what belongs to an engine follows the choice of it.
  void append_swept_engines() {
    std::vector<const Axis*> slow = of_engine(groups_, {});
    const std::size_t n_groups = slow.size();
    for (const Axis* axis : of_engine(axes_, {})) slow.push_back(axis);
    for_each_combination(sizes_of(slow), [&](const std::vector<std::size_t>& at) {
      settings_.clear();
      append_choices(slow, at, n_groups, slow.size());
      append_choices(slow, at, 0, n_groups);
      json::object chosen;
      for (const SettingId id : settings_) apply(configs_.setting(id), chosen);
      const std::string engine = engines_of(chosen.if_contains("engine")).front();
      std::vector<const Axis*> fast = of_engine(groups_, engine);
      for (const Axis* axis : of_engine(axes_, engine)) fast.push_back(axis);
      check(fast);
      const std::size_t n_slow = settings_.size();
      for_each_combination(sizes_of(fast), [&](const std::vector<std::size_t>& at_fast) {
        append_choices(fast, at_fast, 0, fast.size());
        configs_.add(shared_for(engine, {}), settings_);
        settings_.resize(n_slow);
      });
    });
  }

  static std::vector<const Axis*> of_engine(const std::vector<Axis>& axes,
                                            std::string_view engine) {
    std::vector<const Axis*> out;
    for (const Axis& axis : axes) {
      if (axis.engine == engine) out.push_back(&axis);
    }
    return out;
  }

  void check(const std::vector<const Axis*>& axes) const {
    const std::size_t more = product_of(sizes_of(axes));
    const std::size_t room = kUncountable - configs_.size();
    check_number(more > room ? kUncountable : configs_.size() + more, where_);
  }

  void append_choices(const std::vector<const Axis*>& axes, const std::vector<std::size_t>& at,
                      std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::vector<SettingId>& ids = axes[i]->choices[at[i]];
      settings_.insert(settings_.end(), ids.begin(), ids.end());
    }
  }

  SettingId engine_setting(const std::string& engine) {
    const auto [found, is_new] = engine_settings_.emplace(engine, 0);
    if (is_new) found->second = configs_.add_setting({"engine", json::value(engine)});
    return found->second;
  }

  /// The number of the shared fields without the sections of other engines, but for `kept` ones.
  std::size_t shared_for(const std::string& engine, const Names& kept) {
    std::string sections;
    for (const std::string_view name : kLlemEngines) {
      if (name == engine || kept.contains(name)) sections.append(name).append(" ");
    }
    const auto [found, is_new] = shared_numbers_.emplace(sections, 0);
    if (!is_new) return found->second;
    json::object fields = shared_;
    for (const std::string_view name : kLlemEngines) {
      if (name != engine && !kept.contains(name)) fields.erase(name);
    }
    return found->second = configs_.add_shared(std::move(fields));
  }

  json::object shared_;
  Configurations& configs_;
  std::string where_;
  std::vector<Axis> axes_;
  std::vector<Axis> groups_;
  bool sweeps_engine_ = false;
  std::map<std::string, SettingId> engine_settings_;
  std::map<std::string, std::size_t> shared_numbers_;
  std::vector<SettingId> settings_;  ///< of the configuration that is being made
};

}  // namespace

Configurations expand_llem_release(json::object shared, const FieldReader* sweep,
                                   const FieldReader* experiments) {
  Configurations configs;
  const bool has_fields = !shared.empty();
  ReleaseSweep release(std::move(shared), configs);
  if (sweep != nullptr) release.read(*sweep);
  const bool has_experiments = experiments != nullptr && !experiments->elements().empty();
  if (!release.is_empty()) {
    release.append_sweep();
  } else if (!has_experiments && has_fields) {
    release.append_shared();
  }
  if (has_experiments) {
    for (const FieldReader& element : experiments->elements()) release.append_experiment(element);
  }
  return configs;
}

}  // namespace host
