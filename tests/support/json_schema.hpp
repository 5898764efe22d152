/// Says what a JSON value has against a JSON Schema.
#pragma once

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace study_test {

/// A schema of no other keywords than tests/data/manifest_2_0.schema.json has: any other one is an
/// error, never passed over. They mean what they mean in JSON Schema 2020-12, but for two values
/// that no writer has a reason for: an integer with a fraction (`1.0`) and a time that isn't UTC.
class JsonSchema {
 public:
  /// Throws `std::runtime_error` for what it doesn't understand.
  explicit JsonSchema(boost::json::value schema) : root_(std::move(schema)) { know(root_); }

  /// The first place where `value` isn't as the schema demands, and why; empty where it is valid.
  [[nodiscard]] std::string violation(const boost::json::value& value) const {
    return violation(value, root_, "$");
  }

 private:
  using Value = boost::json::value;

  /// Checks that all of a schema's keywords, and of those below it, are known.
  static void know(const Value& schema) {
    static constexpr auto kKeywords = std::to_array<std::string_view>(
        {"$defs", "$ref", "additionalProperties", "anyOf", "default", "description", "enum",
         "format", "items", "properties", "required", "title", "type"});
    for (const auto& [key, value] : schema.as_object()) {
      if (std::find(kKeywords.begin(), kKeywords.end(), std::string_view(key)) == kKeywords.end()) {
        throw std::runtime_error("a schema's unknown keyword: " + std::string(key));
      }
      if (key == "format" && value != "date-time") throw std::runtime_error("an unknown format");
      if (key == "additionalProperties" && value != false) {
        throw std::runtime_error("additionalProperties is understood as false only");
      }
      if (key == "items") know(value);
      if (key == "anyOf") {
        for (const Value& choice : value.as_array()) know(choice);
      }
      if (key == "properties" || key == "$defs") {
        for (const auto& named : value.as_object()) know(named.value());
      }
    }
  }

  [[nodiscard]] std::string violation(const Value& value, const Value& schema,
                                      const std::string& place) const {
    const boost::json::object& rules = schema.as_object();
    if (const Value* ref = rules.if_contains("$ref")) {
      std::string found = violation(value, target(ref->as_string()), place);
      if (!found.empty()) return found;
    }
    if (const Value* choices = rules.if_contains("anyOf")) {
      const auto fits = [&](const Value& choice) {
        return violation(value, choice, place).empty();
      };
      const auto& all = choices->as_array();
      if (std::none_of(all.begin(), all.end(), fits)) return place + " is nothing of anyOf";
    }
    if (const Value* type = rules.if_contains("type"); type && !has_type(value, type->as_string()))
      return place + " is no " + std::string(type->as_string());
    if (const Value* values = rules.if_contains("enum")) {
      const auto& all = values->as_array();
      if (std::find(all.begin(), all.end(), value) == all.end())
        return place + " is nothing of enum";
    }
    if (rules.contains("format") && value.is_string() && !is_date_time(value.get_string()))
      return place + " is no date-time";
    if (value.is_array()) return violation_in_array(value.get_array(), rules, place);
    if (value.is_object()) return violation_in_object(value.get_object(), rules, place);
    return {};
  }

  [[nodiscard]] std::string violation_in_array(const boost::json::array& array,
                                               const boost::json::object& rules,
                                               const std::string& place) const {
    const Value* const items = rules.if_contains("items");
    for (std::size_t i = 0; items != nullptr && i < array.size(); ++i) {
      std::string found = violation(array[i], *items, place + "[" + std::to_string(i) + "]");
      if (!found.empty()) return found;
    }
    return {};
  }

  [[nodiscard]] std::string violation_in_object(const boost::json::object& object,
                                                const boost::json::object& rules,
                                                const std::string& place) const {
    if (const Value* required = rules.if_contains("required")) {
      for (const Value& key : required->as_array()) {
        if (!object.contains(key.as_string()))
          return place + "." + std::string(key.as_string()) + " is missing";
      }
    }
    const Value* const properties = rules.if_contains("properties");
    for (const auto& [key, value] : object) {
      const std::string below = place + "." + std::string(key);
      const Value* const schema = properties ? properties->as_object().if_contains(key) : nullptr;
      if (schema == nullptr && rules.contains("additionalProperties")) return below + " is unknown";
      std::string found = schema != nullptr ? violation(value, *schema, below) : std::string();
      if (!found.empty()) return found;
    }
    return {};
  }

  /// What `#/$defs/{name}` names.
  [[nodiscard]] const Value& target(std::string_view ref) const {
    constexpr std::string_view kBefore = "#/$defs/";
    if (!ref.starts_with(kBefore)) throw std::runtime_error("a reference to elsewhere");
    return root_.at("$defs").at(ref.substr(kBefore.size()));
  }

  static bool has_type(const Value& value, std::string_view type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_int64() || value.is_uint64();
    if (type == "null") return value.is_null();
    throw std::runtime_error("an unknown type: " + std::string(type));
  }

  /// RFC 3339, section 5.6, in UTC and upper case; no calendar.
  static bool is_date_time(std::string_view text) {
    constexpr std::string_view kShape = "0000-00-00T00:00:00";
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (text.size() <= kShape.size() || !text.ends_with('Z')) return false;
    for (std::size_t i = 0; i < kShape.size(); ++i) {
      if (kShape[i] == '0' ? !is_digit(text[i]) : text[i] != kShape[i]) return false;
    }
    const std::string_view fraction = text.substr(kShape.size(), text.size() - kShape.size() - 1);
    return fraction.empty() || (fraction.size() > 1 && fraction.front() == '.' &&
                                std::all_of(fraction.begin() + 1, fraction.end(), is_digit));
  }

  Value root_;
};

}  // namespace study_test
