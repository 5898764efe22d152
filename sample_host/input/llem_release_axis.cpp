#include "input/llem_release_axis.hpp"

#include "input/document.hpp"
#include "input/llem_release_sweep.hpp"
#include "input/product.hpp"
#include "input/range.hpp"
#include "input/sweep_checks.hpp"
#include "input/sweep_reader.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace host {
namespace {

namespace json = boost::json;

using SettingId = Configurations::SettingId;

/// The engine that a key under `sweep` is for; empty: all.
std::string engine_of(std::string_view key) {
  const std::string_view prefix = key.substr(0, key.find('.'));
  return prefix != key && is_llem_engine(prefix) ? std::string(prefix) : std::string();
}

class AxisReader {
 public:
  explicit AxisReader(Configurations& configs) : configs_(configs) {}

  LlemAxis read(const FieldReader& member) {
    const auto* const list = std::get_if<Node::Sequence>(&member.node().value);
    const auto is_mapping = [](const Node& node) {
      return std::holds_alternative<Node::Mapping>(node.value);
    };
    const bool is_group = list != nullptr && std::any_of(list->begin(), list->end(), is_mapping);
    return is_group ? read_group(member) : read_axis(member);
  }

 private:
  LlemAxis read_axis(const FieldReader& member) {
    if (member.is_mapping()) check_range(member);
    LlemAxis axis{member.key(), engine_of(member.key()), false, {}};
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
  LlemAxis read_group(const FieldReader& member) {
    LlemAxis group{member.key(), engine_of(member.key()), true, {}};
    for (const FieldReader& element : member.elements()) {
      if (!element.is_mapping()) {
        element.fail("a list has either mappings, which are alternatives, or values");
      }
      append_alternatives(element, group);
    }
    return group;
  }

  void append_alternatives(const FieldReader& element, LlemAxis& group) {
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

  Configurations& configs_;
};

}  // namespace

bool is_llem_engine(std::string_view name) {
  return std::find(kLlemEngines.begin(), kLlemEngines.end(), name) != kLlemEngines.end();
}

LlemAxis read_llem_axis(const FieldReader& member, Configurations& configs) {
  return AxisReader(configs).read(member);
}

}  // namespace host
