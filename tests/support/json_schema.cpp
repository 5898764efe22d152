#include "support/json_schema.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace study_test {
namespace {

using Value = boost::json::value;
using valijson::adapters::BoostJsonAdapter;

/// RFC 3339, section 5.6, in UTC and upper case; no calendar.
bool is_date_time(std::string_view text) {
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

/// The format `date-time`, in place of valijson's, which compiles a regular expression anew for
/// each value.
class DateTime final : public valijson::constraints::PolyConstraint {
 public:
  bool validate(const valijson::adapters::Adapter& target, const std::vector<std::string>& context,
                valijson::ValidationResults* results) const override {
    if (!target.isString() || is_date_time(target.asString())) return true;
    if (results != nullptr) results->pushError(context, "String is no date-time in UTC.");
    return false;
  }

 private:
  Constraint* cloneInto(void* memory) const override { return new (memory) DateTime(*this); }
  std::size_t sizeOf() const override { return sizeof(DateTime); }
};

class DateTimeBuilder final : public valijson::ConstraintBuilder {
  valijson::constraints::Constraint* make(const valijson::adapters::Adapter&) const override {
    return new DateTime;
  }
};

/// Ours for `"format": "date-time"`.
constexpr const char* kDateTime = "date-time";

/// The keywords that demand nothing, those that valijson enforces, and those below which there are
/// schemas.
constexpr auto kAnnotations =
    std::to_array<std::string_view>({"$defs", "default", "description", "title"});
constexpr auto kPlain = std::to_array<std::string_view>(
    {"$ref", "const", "enum", "exclusiveMaximum", "exclusiveMinimum", "maxItems", "maxLength",
     "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum", "multipleOf",
     "pattern", "required", "type", "uniqueItems"});
constexpr auto kOneSchema =
    std::to_array<std::string_view>({"additionalProperties", "items", "not", "propertyNames"});
constexpr auto kListOfSchemas = std::to_array<std::string_view>({"allOf", "anyOf", "oneOf"});
constexpr auto kNamedSchemas =
    std::to_array<std::string_view>({"$defs", "patternProperties", "properties"});

bool contains(const auto& keywords, std::string_view key) {
  return std::find(keywords.begin(), keywords.end(), key) != keywords.end();
}

/// Refuses what valijson would pass over, and puts our `date-time` in the place of its own.
void prepare(Value& schema) {
  if (schema.is_bool()) return;
  boost::json::object& rules = schema.as_object();
  const Value* const ref = rules.if_contains("$ref");
  if (ref != nullptr && !std::string_view(ref->as_string()).starts_with("#/$defs/"))
    throw std::runtime_error("a reference to elsewhere");  // at which valijson overflows the stack
  for (auto& [key, below] : rules) {
    if (ref != nullptr && key != "$ref" && !contains(kAnnotations, key))
      throw std::runtime_error("a schema's keyword beside $ref: " + std::string(key));
    if (contains(kOneSchema, key)) {
      prepare(below);
    } else if (contains(kListOfSchemas, key)) {
      for (Value& each : below.as_array()) prepare(each);
    } else if (contains(kNamedSchemas, key)) {
      for (auto& named : below.as_object()) prepare(named.value());
    } else if (key == "format" ? below != "date-time"
                               : !contains(kPlain, key) && !contains(kAnnotations, key)) {
      throw std::runtime_error("a schema's unknown keyword or format: " + std::string(key));
    }
  }
  if (rules.erase("format") > 0) rules[kDateTime] = true;
}

/// Where, as valijson writes it (`<root>[experiments][1]`), and what.
std::string text_of(const valijson::ValidationResults::Error& error) {
  std::string text;
  for (const std::string& step : error.context) text += step;
  return text + ": " + error.description;
}

}  // namespace

JsonSchema::JsonSchema(Value schema) : compiled_(std::make_unique<valijson::Schema>()) {
  prepare(schema);
  valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
  parser.addConstraintBuilder(kDateTime, new DateTimeBuilder);  // which the parser deletes
  parser.populateSchema(BoostJsonAdapter(schema), *compiled_);
}

JsonSchema::~JsonSchema() = default;

std::string JsonSchema::violation(const Value& value) const {
  valijson::Validator validator;
  const BoostJsonAdapter target(value);
  if (validator.validate(*compiled_, target, nullptr)) return {};  // errors cost time to collect
  valijson::ValidationResults errors;
  validator.validate(*compiled_, target, &errors);
  return text_of(*errors.begin());
}

}  // namespace study_test
