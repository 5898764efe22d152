// The schema that tests hold every written manifest to, and parse_manifest, which knows it by
// heart.
#include "support/golden_manifest.hpp"
#include "support/valid_manifest.hpp"

#include <study/error.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

#include <boost/test/unit_test.hpp>

namespace {

using study_test::golden;
using study_test::json_object;
using study_test::JsonSchema;
using study_test::says;
using study_test::with_entry;
using study_test::with_head;
using study_test::without;

const std::string kNotInEnum = ": Failed to match against any enum values.";
const std::string kNotOfType = ": Value type not permitted by 'type' constraint.";

void check_both_refuse(const std::string& text, const std::string& violation) {
  BOOST_TEST_CONTEXT(violation) {
    BOOST_TEST(study_test::manifest_schema().violation(json_object(text)) == violation);
    BOOST_CHECK_THROW(static_cast<void>(study_test::check_manifest_text(text)), std::runtime_error);
    BOOST_CHECK_EXCEPTION(static_cast<void>(study::parse_manifest(text, "m")),
                          study::CheckpointError, [](const study::CheckpointError& error) {
                            return error.kind() == study::CheckpointError::Kind::corrupt;
                          });
  }
}

/// The schema's object for the head or for an entry.
boost::json::object rules(bool for_entry) {
  boost::json::object schema = json_object(study_test::read_test_data("manifest_2_0.schema.json"));
  return for_entry ? schema["$defs"].at("ExperimentManifestEntry").as_object() : schema;
}

bool is_required(const boost::json::object& rules, std::string_view key) {
  const auto& required = rules.at("required").as_array();
  return std::any_of(required.begin(), required.end(),
                     [&](const boost::json::value& name) { return name.as_string() == key; });
}

/// As the validator names it.
std::string place(bool in_entry) {
  return in_entry ? "<root>[experiments][1]" : "<root>";
}

std::string place(bool in_entry, std::string_view key) {
  return place(in_entry) + "[" + std::string(key) + "]";
}

std::string with(bool in_entry, std::string_view key, const boost::json::value& value) {
  return in_entry ? with_entry(key, value) : with_head(key, value);
}

/// What a later writer may say, but this program never.
void check_schema_alone_refuses(const std::string& text, const std::string& violation) {
  BOOST_TEST_CONTEXT(violation) {
    BOOST_TEST(study_test::manifest_schema().violation(json_object(text)) == violation);
    const study::StudyManifest read = study::parse_manifest(text, "m");
    BOOST_CHECK_NO_THROW(study_test::check_manifest_text(study::render_manifest(read)));
  }
}

BOOST_AUTO_TEST_SUITE(manifest_schema)

BOOST_AUTO_TEST_CASE(the_golden_manifest_and_what_is_rendered_of_it_satisfy_the_schema) {
  const study::StudyManifest manifest = study_test::parse_valid_manifest(golden(), "golden");
  BOOST_CHECK_NO_THROW(study_test::check_manifest_text(study::render_manifest(manifest)));
  BOOST_CHECK_NO_THROW(study_test::check_manifest_text(study::render_manifest({})));
}

BOOST_AUTO_TEST_CASE(the_schema_refuses_what_is_unknown_and_it_is_never_written) {
  const std::string unknown =
      ": Object contains a property that could not be validated using 'properties' or "
      "'additionalProperties' constraints: 'extra'.";
  check_schema_alone_refuses(with_head("extra", 1), place(false) + unknown);
  check_schema_alone_refuses(with_entry("extra", nullptr), place(true) + unknown);
}

BOOST_AUTO_TEST_CASE(schema_and_parser_agree_on_what_may_be_missing) {
  for (const bool in_entry : {false, true}) {
    const boost::json::object object = rules(in_entry);
    for (const auto& property : object.at("properties").as_object()) {
      const std::string text = without(property.key(), in_entry);
      if (is_required(object, property.key())) {
        check_both_refuse(text, place(in_entry) + ": Missing required property '" +
                                    std::string(property.key()) + "'.");
      } else {
        BOOST_CHECK_NO_THROW(static_cast<void>(study_test::parse_valid_manifest(text, "m")));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(schema_and_parser_refuse_each_value_of_another_type) {
  for (const bool in_entry : {false, true}) {
    const boost::json::object object = rules(in_entry);
    for (const auto& property : object.at("properties").as_object()) {
      const boost::json::object& demands = property.value().as_object();
      const std::string& why = demands.contains("enum") ? kNotInEnum : kNotOfType;
      for (const boost::json::value& wrong :
           {boost::json::value(true), boost::json::value(1.5), boost::json::value({{"a", 1}})}) {
        check_both_refuse(with(in_entry, property.key(), wrong),
                          place(in_entry, property.key()) + why);
      }
      if (!demands.contains("anyOf")) {
        check_both_refuse(with(in_entry, property.key(), nullptr),
                          place(in_entry, property.key()) + why);
      }
    }
  }
  check_both_refuse(with_head("experiments", {1}), "<root>[experiments][0]" + kNotOfType);
  BOOST_TEST(study_test::manifest_schema().violation(boost::json::array()) ==
             "<root>" + kNotOfType);
}

BOOST_AUTO_TEST_CASE(the_schema_refuses_other_states_and_they_are_never_written) {
  check_schema_alone_refuses(with_head("status", "pending"), place(false, "status") + kNotInEnum);
  check_schema_alone_refuses(with_entry("status", "interrupted"),
                             place(true, "status") + kNotInEnum);
  check_both_refuse(with_entry("status", ""), place(true, "status") + kNotInEnum);
}

BOOST_AUTO_TEST_CASE(schema_and_parser_refuse_what_is_no_time) {
  for (const char* text : {"", "yesterday", "2026-02-27", "2026-02-27T16:30:00",
                           "2026-02-27 16:30:00Z", "2026-02-27T16:30:00.Z", "2026-02-27T16:30:0xZ",
                           "2026-02-27T16:30:00.0x1Z", "2026-02-27T16:30:00,1Z"}) {
    for (const bool in_entry : {false, true}) {
      check_both_refuse(with(in_entry, "started_at", text),
                        place(in_entry, "started_at") + ": String is no date-time in UTC.");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_schema_that_is_not_understood_is_never_passed_over) {
  for (const char* schema :
       {R"({"unevaluatedProperties": false})", R"({"items": {"prefixItems": []}})",
        R"({"anyOf": [{"contentEncoding": "a"}]})", R"({"properties": {"a": {"if": {}}}})",
        R"({"additionalProperties": {"$anchor": "a"}})", R"({"$defs": {"a": {"contains": {}}}})",
        R"({"format": "email"})", R"({"type": "time"})", R"({"$ref": "a.json"})",
        R"({"properties": {"a": {"$ref": "#/$defs/b", "minimum": 1}}, "$defs": {"b": {}}})"}) {
    BOOST_TEST_CONTEXT(schema) {
      BOOST_CHECK_THROW(JsonSchema{json_object(schema)}, std::runtime_error);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
