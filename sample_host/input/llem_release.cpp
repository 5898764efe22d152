#include "input/llem_release.hpp"

#include "base/format.hpp"
#include "input/document.hpp"
#include "input/product.hpp"
#include "input/range.hpp"
#include "input/sweep.hpp"
#include "input/sweep_reader.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include <boost/json/array.hpp>

namespace host {
namespace {

namespace json = boost::json;

using SettingId = Configurations::SettingId;
using Keys = std::span<const std::string_view>;

constexpr std::array<std::string_view, 9> kStudyKeys = {"sweep",   "experiments", "study_execution",
                                                        "base",    "study_name",  "version",
                                                        "runners", "images",      "output"};
constexpr std::array<std::string_view, 3> kOwnKeys = {"study_name", "study_execution",
                                                      "serving_mode"};
constexpr std::array<std::string_view, 2> kKeysOfOtherForm = {"name", "execution"};
constexpr std::array<std::string_view, 3> kEngines = {"transformers", "vllm", "tensorrt"};
constexpr std::string_view kDefaultEngine = kEngines[0];

constexpr std::array<std::string_view, 13> kExecutionKeys = {"n_cycles",
                                                             "experiment_order",
                                                             "experiment_gap_seconds",
                                                             "cycle_gap_seconds",
                                                             "shuffle_seed",
                                                             "experiment_timeout_seconds",
                                                             "wall_clock_timeout_hours",
                                                             "max_consecutive_failures",
                                                             "skip_preflight",
                                                             "stdout_silence_timeout_seconds",
                                                             "deduplicate_equivalent",
                                                             "gpu_indices",
                                                             "circuit_breaker_cooldown_seconds"};
constexpr std::array<std::string_view, 2> kOutputKeys = {"results_dir", "save_timeseries"};
/// In the order of `CycleOrder`.
constexpr std::array<std::string_view, 5> kOrders = {"sequential", "interleave", "shuffle",
                                                     "reverse", "latin_square"};
constexpr double kMaxSeconds = 1e9;

bool is_one_of(std::string_view key, Keys keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::string_view prefix_of(std::string_view key) {
  return key.substr(0, key.find('.'));
}

/// The engine that a key under `sweep` is for; empty: all.
std::string engine_of(std::string_view key) {
  const std::string_view prefix = prefix_of(key);
  return prefix != key && is_one_of(prefix, kEngines) ? std::string(prefix) : std::string();
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
    std::set<std::string, std::less<>> own;
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
    if (prefix == member.key() || is_one_of(prefix, kEngines) || shared_.contains(prefix)) return;
    const std::string_view nearest = study::nearest_name(prefix, kEngines);
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
    if (given == nullptr || given->is_null()) return {std::string(kDefaultEngine)};
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
  std::size_t shared_for(const std::string& engine,
                         const std::set<std::string, std::less<>>& kept) {
    std::string sections;
    for (const std::string_view name : kEngines) {
      if (name == engine || kept.contains(name)) sections.append(name).append(" ");
    }
    const auto [found, is_new] = shared_numbers_.emplace(sections, 0);
    if (!is_new) return found->second;
    json::object fields = shared_;
    for (const std::string_view name : kEngines) {
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

double read_limit(const FieldReader& reader, double unit_seconds) {
  const double seconds = reader.number() * unit_seconds;
  if (!(seconds > 0) || seconds > kMaxSeconds) {
    reader.fail_expected("a number greater than 0 and of at most 1000000000 seconds");
  }
  return seconds;
}

/// Reads what isn't about the configurations.
class ReleaseSettings {
 public:
  explicit ReleaseSettings(StudyFile& study) : study_(study) {}

  void read_execution(const FieldReader& reader) {
    for (const FieldReader& member : reader.members(kExecutionKeys)) {
      if (!member.is_null()) read_execution_member(member);
    }
  }

  void read_output(const FieldReader& reader) {
    for (const FieldReader& member : reader.members(kOutputKeys)) {
      if (member.is_null()) continue;
      if (member.key() == "results_dir") {
        study_.results_dir = member.system_text();
      } else if (!member.boolean()) {
        pass_over(member);
      }
    }
  }

  void read_runners(const FieldReader& reader) {
    for (const FieldReader& member : reader.members()) {
      if (member.is_mapping()) {
        study_.runners.emplace(member.key(), read_runner(member));
      } else if (!member.is_null()) {
        pass_over(member);
      }
    }
  }

  void pass_over(const FieldReader& reader) {
    if (passed_over_.empty()) where_ = reader.where();
    passed_over_ += (passed_over_.empty() ? "" : ", ") + reader.path();
  }

  void warn() {
    if (passed_over_.empty()) return;
    study_.warnings.push_back(
        study::format("{}: has no meaning here and is passed over: {}", where_, passed_over_));
  }

 private:
  void read_execution_member(const FieldReader& member) {
    Execution& execution = study_.execution;
    const std::string& key = member.key();
    if (key == "n_cycles") {
      execution.n_cycles = read_n_cycles(member);
    } else if (key == "experiment_order") {
      execution.cycle_order = static_cast<CycleOrder>(read_choice(member, kOrders));
    } else if (key == "experiment_gap_seconds") {
      execution.experiment_gap = read_gap(member);
    } else if (key == "cycle_gap_seconds") {
      execution.cycle_gap = read_gap(member);
    } else if (key == "shuffle_seed") {
      execution.shuffle_seed = read_seed(member);
    } else if (key == "experiment_timeout_seconds") {
      study_.timeout =
          std::chrono::milliseconds(std::llround(std::ceil(read_limit(member, 1) * 1000)));
    } else if (key == "wall_clock_timeout_hours") {
      execution.wall_clock_limit =
          std::chrono::milliseconds(std::llround(read_limit(member, 3600) * 1000));
      not_followed(member, "the study goes on until its end");
    } else if (key == "max_consecutive_failures") {
      warn_of_failures(member);
    } else if (!is_default(member)) {
      pass_over(member);
    }
  }

  void warn_of_failures(const FieldReader& member) {
    if (member.integer(0, std::numeric_limits<std::int64_t>::max()) == 0) return;
    not_followed(member, "the study goes on after failures");
  }

  void not_followed(const FieldReader& member, std::string_view instead) {
    study_.warnings.push_back(
        study::format("{}: {}: is not followed: {}", member.where(), member.path(), instead));
  }

  static bool is_default(const FieldReader& member) {
    const std::string& key = member.key();
    const Node::Value& value = member.node().value;
    if (const bool* flag = std::get_if<bool>(&value)) {
      return *flag == (key == "deduplicate_equivalent");
    }
    const bool is_number =
        std::holds_alternative<double>(value) || std::holds_alternative<std::int64_t>(value);
    if (!is_number) return false;
    return member.number() == (key == "stdout_silence_timeout_seconds" ? 300 : 60);
  }

  StudyFile& study_;
  std::string passed_over_;
  std::string where_;
};

json::object shared_fields(const std::vector<FieldReader>& members,
                           const std::vector<FieldReader>& base_members) {
  json::object shared;
  for (const auto* from : {&base_members, &members}) {
    for (const FieldReader& field : *from) {
      if (is_one_of(field.key(), kStudyKeys) || field.key().starts_with("x-") ||
          field.key() == "$schema")
        continue;
      shared[field.key()] = to_json(field.node());
    }
  }
  return shared;
}

}  // namespace

bool is_llem_release(const std::vector<FieldReader>& members,
                     const std::vector<FieldReader>& base_members) {
  const FieldReader* telling = nullptr;
  bool has_engine = false;
  bool has_task = false;
  for (const auto* from : {&base_members, &members}) {
    for (const FieldReader& member : *from) {
      if (is_one_of(member.key(), kOwnKeys)) telling = &member;
      has_engine = has_engine || member.key() == "engine";
      has_task = has_task || (member.key() == "task" && member.is_mapping());
    }
  }
  if (telling == nullptr) return has_engine && has_task;
  for (const FieldReader& member : members) {
    if (!is_one_of(member.key(), kKeysOfOtherForm)) continue;
    refuse_input(study::format(
        "{}: '{}' and '{}' ({}) are of two forms of study files; in that with '{}' it "
        "is called 'study_{}'",
        member.where(), member.key(), telling->key(), telling->where(), telling->key(),
        member.key()));
  }
  return true;
}

void read_llem_release(const std::vector<FieldReader>& members,
                       const std::vector<FieldReader>& base_members, StudyFile& study) {
  study.backend_field = {"engine", std::string(kDefaultEngine)};
  ReleaseSettings settings(study);
  json::object shared = shared_fields(members, base_members);
  const bool has_fields = !shared.empty();
  ReleaseSweep sweep(std::move(shared), study.configs);
  const FieldReader* const experiments = find_given(members, "experiments");
  if (const FieldReader* given = find_given(members, "sweep")) sweep.read(*given);
  if (!sweep.is_empty()) {
    sweep.append_sweep();
  } else if (experiments == nullptr || experiments->elements().empty()) {
    if (!has_fields)
      refuse_input(members.front().where() + ": no experiments; add 'sweep' or 'experiments'");
    sweep.append_shared();
  }
  if (experiments != nullptr) {
    for (const FieldReader& element : experiments->elements()) sweep.append_experiment(element);
  }
  check_bytes(study.configs, members.front().where());
  if (const FieldReader* given = find_given(members, "study_execution")) {
    settings.read_execution(*given);
  }
  if (const FieldReader* given = find_given(members, "output")) settings.read_output(*given);
  if (const FieldReader* given = find_given(members, "runners")) settings.read_runners(*given);
  if (const FieldReader* given = find_given(members, "images")) settings.pass_over(*given);
  settings.warn();
}

}  // namespace host
