#include "input/llem_release_sweep.hpp"

#include "base/format.hpp"
#include "input/document.hpp"
#include "input/product.hpp"
#include "input/range.hpp"
#include "input/sweep_checks.hpp"
#include "input/sweep_reader.hpp"

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
using Names = std::set<std::string, std::less<>>;

bool is_engine(std::string_view name) {
  return std::find(kLlemEngines.begin(), kLlemEngines.end(), name) != kLlemEngines.end();
}

std::string_view prefix_of(std::string_view key) {
  return key.substr(0, key.find('.'));
}

/// The engine that a key under `sweep` is for; empty: all.
std::string engine_of(std::string_view key) {
  const std::string_view prefix = prefix_of(key);
  return prefix != key && is_engine(prefix) ? std::string(prefix) : std::string();
}

/// A dimension of the sweep, or a group of settings that go together.
struct Axis {
  std::string name;
  std::string engine;  ///< that it is for; empty: all
  std::vector<std::vector<SettingId>> choices;
};

/// Makes the configurations, as GRAMMAR has it: engines, then groups, then axes.
class ReleaseSweep {
 public:
  ReleaseSweep(json::object shared, Configurations& configs)
      : shared_(std::move(shared)), configs_(configs) {}

  void read(const FieldReader& sweep) {
    where_ = sweep.where();
    for (const FieldReader& member : sweep.members()) {
      check_prefix(member);
      const auto* const list = std::get_if<Node::Sequence>(&member.node().value);
      const auto is_mapping = [](const Node& node) {
        return std::holds_alternative<Node::Mapping>(node.value);
      };
      if (list != nullptr && std::any_of(list->begin(), list->end(), is_mapping)) {
        groups_.push_back(read_group(member));
      } else {
        axes_.push_back(read_axis(member));
        if (member.key() == "engine") sweeps_engine_ = true;
      }
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
    if (prefix == member.key() || is_engine(prefix) || shared_.contains(prefix)) return;
    const std::string_view nearest = study::nearest_name(prefix, kLlemEngines);
    if (nearest.empty()) return;
    member.fail(study::format("'{}' is no engine, and no field of the study; did you mean '{}'?",
                              prefix, nearest));
  }

  Axis read_axis(const FieldReader& member) {
    if (member.is_mapping()) check_range(member);
    Axis axis{member.key(), engine_of(member.key()), {}};
    std::vector<json::value> values =
        member.is_null() ? std::vector<json::value>{nullptr} : dimension_values(member);
    for (json::value& value : values) {
      axis.choices.push_back({configs_.add_setting({member.key(), std::move(value), true})});
    }
    return axis;
  }

  static void check_range(const FieldReader& member) {
    std::set<std::string> keys;
    for (const FieldReader& key : member.members()) keys.insert(key.key());
    const std::set<std::string> linear{"min", "max", "num"};
    if (is_range(member) && (keys == linear || keys.size() == 1)) return;
    member.fail(
        "the mapping is no range; ranges are {min, max, num}, {log: {min, max, num}} and "
        "{pow2: {min, max}}");
  }

  /// A non-empty list of plain values in an alternative is a small product of its own.
  Axis read_group(const FieldReader& member) {
    Axis group{member.key(), engine_of(member.key()), {}};
    for (const FieldReader& element : member.elements()) {
      if (!element.is_mapping()) {
        element.fail("a list has either mappings, which are alternatives, or values");
      }
      append_alternatives(element, group);
    }
    return group;
  }

  void append_alternatives(const FieldReader& element, Axis& group) {
    std::vector<std::vector<SettingId>> members;
    std::vector<std::size_t> sizes;
    for (const bool is_grid : {false, true}) {
      for (const FieldReader& field : element.members()) {
        if (is_small_product(field) != is_grid) continue;
        auto& ids = members.emplace_back();
        if (is_grid) {
          for (const FieldReader& value : field.elements()) ids.push_back(setting(field, value));
        } else {
          ids.push_back(setting(field, field));
        }
        sizes.push_back(ids.size());
      }
    }
    check_number(product_of(sizes), element.where());
    for_each_combination(sizes, [&](const std::vector<std::size_t>& at) {
      auto& choice = group.choices.emplace_back();
      for (std::size_t i = 0; i < at.size(); ++i) choice.push_back(members[i][at[i]]);
    });
  }

  static bool is_small_product(const FieldReader& field) {
    const auto* const list = std::get_if<Node::Sequence>(&field.node().value);
    if (list == nullptr || list->empty()) return false;
    const Node::Value& first = list->front().value;
    return !std::holds_alternative<Node::Sequence>(first) &&
           !std::holds_alternative<Node::Mapping>(first);
  }

  SettingId setting(const FieldReader& field, const FieldReader& value) {
    return configs_.add_setting({field.key(), to_json(value.node()), true});
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
      const std::size_t n_slow = settings_.size();
      for_each_combination(sizes_of(fast), [&](const std::vector<std::size_t>& at_fast) {
        append_choices(fast, at_fast, 0, fast.size());
        configs_.add(shared_for(engine, {}), settings_);
        settings_.resize(n_slow);
      });
      check_number(configs_.size(), where_);
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

  static std::vector<std::size_t> sizes_of(const std::vector<const Axis*>& axes) {
    std::vector<std::size_t> sizes;
    for (const Axis* axis : axes) sizes.push_back(axis->choices.size());
    return sizes;
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
