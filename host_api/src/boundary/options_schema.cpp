#include "base/format.hpp"

#include <study/error.hpp>
#include <study/json.hpp>
#include <study/options_schema.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <boost/json/parse.hpp>

namespace study {

namespace json = boost::json;

namespace {

std::string quoted(std::string_view name) {
  return "'" + to_valid_utf8(name) + "'";
}

/// As a person writes it: 0.5, not 5E-1.
std::string shown(const json::value& value) {
  std::string text;
  JsonWriter(text, {.sorted = false, .ascii = false, .spaced = true}).write(value);
  return text;
}

/// What may be told of a secret.
std::string kind_of(const json::value& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  if (value.is_string()) return "a string";
  if (value.is_bool()) return "a boolean";
  return value.is_null() ? "null" : "a number";
}

/// The schema as an object. It is the plugin's, so what is wrong with it is the plugin's fault.
json::object parse_schema(std::string_view owner, std::string_view schema) {
  if (schema.empty()) return {};
  boost::system::error_code code;
  json::value value = json::parse(schema, code);
  if (code) {
    throw PluginError(
        study::format("{}: its options schema is not JSON: {}", owner, code.message()));
  }
  if (!value.is_object()) {
    throw PluginError(study::format("{}: its options schema is not a JSON object", owner));
  }
  return std::move(value.get_object());
}

/// The member of that name, null where there is none. Ask it for the kind that its meaning needs: a
/// keyword of another kind is as good as absent.
const json::value& at(const json::object& object, std::string_view key) {
  static const json::value absent;
  const json::value* value = object.if_contains(key);
  return value == nullptr ? absent : *value;
}

std::string_view text_at(const json::object& object, std::string_view key) {
  const json::string* text = at(object, key).if_string();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

bool is_true(const json::object& object, std::string_view key) {
  const bool* flag = at(object, key).if_bool();
  return flag != nullptr && *flag;
}

bool is_integer(const json::value& value) {
  const double* number = value.if_double();
  return value.is_int64() || value.is_uint64() ||
         (number != nullptr && std::isfinite(*number) && *number == std::trunc(*number));
}

bool is_of_type(const json::value& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "integer") return is_integer(value);
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_bool();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  return type == "null" && value.is_null();
}

std::vector<std::string> allowed_types(const json::object& property) {
  std::vector<std::string> types;
  if (const std::string_view type = text_at(property, "type"); !type.empty()) {
    types.emplace_back(type);
  } else if (const json::array* list = at(property, "type").if_array()) {
    for (const json::value& one : *list) {
      if (one.is_string()) types.emplace_back(one.get_string());
    }
  }
  return types;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string result;
  for (const std::string& part : parts) {
    if (!result.empty()) result += separator;
    result += part;
  }
  return result;
}

std::string joined(const json::array& values, std::string_view separator) {
  std::vector<std::string> parts(values.size());
  std::transform(values.begin(), values.end(), parts.begin(), shown);
  return joined(parts, separator);
}

/// False for what is no number.
bool is_below(const json::value& left, const json::value& right) {
  if (!left.is_number() || !right.is_number()) return false;
  if (left.is_int64() && right.is_int64()) return left.get_int64() < right.get_int64();
  if (left.is_uint64() && right.is_uint64()) return left.get_uint64() < right.get_uint64();
  return left.to_number<double>() < right.to_number<double>();
}

std::int64_t count_characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(), begins_code_point);
}

/// What `property` demands of `value` and does not get, such as `must be a string`; else empty.
std::string objection(const json::object& property, const json::value& value) {
  const std::vector<std::string> types = allowed_types(property);
  const bool type_fits = types.empty() || std::any_of(types.begin(), types.end(), [&](auto& type) {
                           return is_of_type(value, type);
                         });
  if (!type_fits) return "must be of type " + joined(types, " or ");
  const json::array* choices = at(property, "enum").if_array();
  if (choices != nullptr && std::find(choices->begin(), choices->end(), value) == choices->end()) {
    return "must be one of " + joined(*choices, ", ");
  }
  const json::value& minimum = at(property, "minimum");
  if (is_below(value, minimum)) return "must be at least " + shown(minimum);
  const json::value& maximum = at(property, "maximum");
  if (is_below(maximum, value)) return "must be at most " + shown(maximum);
  const std::int64_t* length = at(property, "minLength").if_int64();
  if (length != nullptr && value.is_string() && count_characters(value.get_string()) < *length) {
    return *length == 1 ? "must not be empty"
                        : study::format("must have at least {} characters", *length);
  }
  return {};
}

[[noreturn]] void fail_unknown(std::string_view owner, std::string_view name,
                               const json::object& properties) {
  std::vector<std::string_view> known;
  std::vector<std::string> quoted_names;
  for (const auto& property : properties) {
    known.push_back(property.key());
    quoted_names.push_back(quoted(property.key()));
  }
  const std::string message = study::format("{}: unknown option {}", owner, quoted(name));
  const std::string_view nearest = nearest_name(name, known);
  if (!nearest.empty()) throw InputError(message + "; did you mean " + quoted(nearest) + "?");
  if (known.empty()) throw InputError(message + "; it has no options");
  throw InputError(message + "; it has " + joined(quoted_names, ", "));
}

std::string describe_type(const json::object& property) {
  if (const json::array* choices = at(property, "enum").if_array()) return joined(*choices, " | ");
  return joined(allowed_types(property), " | ");
}

}  // namespace

void check_options(std::string_view owner, std::string_view schema, const json::object& options) {
  const json::object rules = parse_schema(owner, schema);
  const json::object* found = at(rules, "properties").if_object();
  const json::object properties = found == nullptr ? json::object() : *found;
  for (const auto& option : options) {
    const json::object* property = at(properties, option.key()).if_object();
    if (property == nullptr) {
      if (is_true(rules, "additionalProperties") || properties.contains(option.key())) continue;
      fail_unknown(owner, option.key(), properties);
    }
    const std::string reason = objection(*property, option.value());
    if (reason.empty()) continue;
    throw InputError(study::format(
        "{}: option {} {}; it is {}", owner, quoted(option.key()), reason,
        is_true(*property, "writeOnly") ? kind_of(option.value()) : shown(option.value())));
  }

  const json::array* required = at(rules, "required").if_array();
  if (required == nullptr) return;
  for (const json::value& name : *required) {
    if (!name.is_string() || options.contains(name.get_string())) continue;
    throw InputError(study::format("{}: option {} is required", owner, quoted(name.get_string())));
  }
}

std::vector<OptionDescription> describe_options(std::string_view schema) {
  std::vector<OptionDescription> result;
  const json::object rules = parse_schema("the plugin", schema);
  const json::object* properties = at(rules, "properties").if_object();
  if (properties == nullptr) return result;
  for (const auto& entry : *properties) {
    OptionDescription option;
    option.name = to_valid_utf8(entry.key());
    if (const json::object* property = entry.value().if_object()) {
      option.type = describe_type(*property);
      if (const json::value* value = property->if_contains("default")) {
        option.default_value = shown(*value);
      }
      option.description = text_at(*property, "description");
    }
    result.push_back(std::move(option));
  }
  return result;
}

}  // namespace study
