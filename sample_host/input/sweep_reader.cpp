#include "input/sweep_reader.hpp"

#include "base/format.hpp"
#include "input/field_hints.hpp"
#include "input/range.hpp"

#include <study/flatten.hpp>

#include <algorithm>
#include <utility>

#include <boost/json/array.hpp>

namespace host {
namespace {

namespace json = boost::json;

/// Whether a list stands somewhere in the mapping, which is then hardly one value.
const Member* member_with_list(const Node::Mapping& mapping) {
  const auto found = std::find_if(mapping.begin(), mapping.end(), [](const Member& member) {
    return std::holds_alternative<Node::Sequence>(member.value.value);
  });
  return found == mapping.end() ? nullptr : &*found;
}

/// A mapping is a value like any other, but often meant as the dimensions below it.
void check_mapping(const FieldReader& member, std::vector<std::string>& warnings) {
  const auto* const mapping = std::get_if<Node::Mapping>(&member.node().value);
  if (mapping == nullptr || is_range(member)) return;
  if (mapping->empty()) member.fail_expected("a list of values, such as [1, 8]");
  if (mapping->size() == 1 && mapping->front().key == "values") {
    member.fail("the values of a dimension stand directly under its name, such as [1, 8]");
  }
  const Member* const list = member_with_list(*mapping);
  if (list == nullptr) return;
  warnings.push_back(study::format(
      "{}: {}: the mapping is taken as one value; a nested field's values are written with a dot, "
      "such as '{}.{}: [1, 8]'",
      member.where(), member.path(), member.key(), list->key));
}

Dimension read_dimension(const FieldReader& member, std::vector<std::string>& warnings) {
  if (!member.is_list()) {
    const std::string hint = foreign_sweep_hint(member.key());
    if (!hint.empty()) member.fail(hint);
  }
  check_mapping(member, warnings);
  Dimension dimension{member.key(), member.where(), false, {}};
  const bool is_nested = member.key().find('.') != std::string::npos;
  for (json::value& value : dimension_values(member)) {
    dimension.choices.push_back({Setting{member.key(), std::move(value), is_nested}});
  }
  return dimension;
}

/// The settings of a mapping: a key with dots leads into a nested field, and so does a mapping as
/// its value where `flattened`.
std::vector<Setting> read_settings(const FieldReader& reader, bool flattened) {
  if (!reader.is_mapping()) reader.fail_expected("a mapping of fields");
  std::vector<Setting> settings;
  for (const FieldReader& field : reader.members()) {
    json::value value = to_json(field.node());
    if (flattened && value.is_object() && !value.get_object().empty()) {
      std::string prefix = field.key();
      study::flatten(
          value.get_object(),
          [&settings](std::string_view key, const json::value& leaf) {
            settings.push_back({std::string(key), leaf, true});
          },
          prefix);
    } else {
      settings.push_back({field.key(), std::move(value), true});
    }
  }
  if (settings.empty()) reader.fail("is empty; name at least one field");
  return settings;
}

void read_group(const FieldReader& group, SweepSpec& spec) {
  Dimension dimension{
      group.key().starts_with('[') ? "zip" + group.key() : group.key(), group.where(), true, {}};
  for (const FieldReader& element : group.elements()) {
    dimension.choices.push_back(read_settings(element, false));
  }
  if (dimension.choices.empty()) group.fail("the list is empty; give at least one mapping");
  spec.dimensions.push_back(std::move(dimension));
}

void read_zip(const FieldReader& zip, SweepSpec& spec) {
  const std::vector<FieldReader> elements = zip.elements();
  const bool has_lists =
      std::any_of(elements.begin(), elements.end(), [](const auto& e) { return e.is_list(); });
  if (!has_lists) return read_group(zip, spec);
  for (const FieldReader& element : elements) read_group(element, spec);
}

std::vector<PartialConfiguration> read_partials(const FieldReader& reader) {
  std::vector<PartialConfiguration> out;
  for (const FieldReader& element : reader.elements()) {
    out.push_back({read_settings(element, true), element.path(), element.where()});
  }
  return out;
}

}  // namespace

std::vector<json::value> dimension_values(const FieldReader& member) {
  if (is_range(member)) return range_values(member);
  if (member.is_null()) member.fail_expected("a list of values, such as [1, 8]");
  if (!member.is_list()) return {to_json(member.node())};
  std::vector<json::value> values;
  for (const FieldReader& value : member.elements()) values.push_back(to_json(value.node()));
  if (values.empty()) member.fail("the list is empty; give at least one value");
  return values;
}

void read_sweep(const FieldReader& sweep, SweepSpec& spec, std::vector<std::string>& warnings) {
  for (const FieldReader& member : sweep.members()) {
    if (member.key() == "zip") {
      read_zip(member, spec);
    } else if (member.key() == "exclude") {
      spec.exclude = read_partials(member);
    } else if (member.key() == "include") {
      spec.include = read_partials(member);
    } else {
      spec.dimensions.push_back(read_dimension(member, warnings));
    }
  }
}

}  // namespace host
