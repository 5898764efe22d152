/// Checks the options of a plugin against the JSON Schema that the plugin publishes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace study {

/// What `study-host plugins` shows of one option.
struct OptionDescription {
  std::string name;
  std::string type;           ///< such as `string`, or the allowed values `"auto" | "swap"`
  std::string default_value;  ///< JSON text; empty if there is none
  std::string description;
};

/// Throws `InputError` for options that the schema does not allow, naming the option, the allowed
/// values or types, what was given and, for an unknown one, the nearest known name. `owner` is what
/// the message calls the plugin.
///
/// Understood of JSON Schema: `properties` with `type` (one name or a list of names), `enum`,
/// `minimum`, `maximum`, `minLength`, `writeOnly`; `required`; `additionalProperties` (unknown
/// options are errors unless it is true). An empty schema text allows no options at all. An
/// `integer` is a number without a fraction, also where it is written `3.0` or `3e2`: read it with
/// `to_number`. A `writeOnly` option may hold a secret: its value is never shown, only its type.
///
/// Throws `PluginError` for a schema that is not a JSON object.
void check_options(std::string_view owner, std::string_view schema,
                   const boost::json::object& options);

/// The schema's properties, in order. Throws `PluginError` as above.
[[nodiscard]] std::vector<OptionDescription> describe_options(std::string_view schema);

}  // namespace study
