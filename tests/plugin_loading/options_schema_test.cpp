// Options are checked against what the plugin publishes.
#include "support/zoo.hpp"

#include <study/error.hpp>
#include <study/options_schema.hpp>

#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

using study::check_options;
using study_test::check_contains;
using study_test::message_of;

namespace {

constexpr const char* kSchema = R"({
  "properties": {
    "engine": {"enum": ["auto", "swap", "replace"], "default": "auto", "description": "How."},
    "path": {"type": "string", "minLength": 1},
    "code": {"type": "string", "minLength": 3},
    "retries": {"type": "integer", "minimum": 0, "maximum": 10, "default": 3},
    "seconds": {"type": "number", "minimum": 0.5},
    "verbose": {"type": "boolean"},
    "port": {"type": ["integer", "null"]},
    "tags": {"type": "array"},
    "table": {"type": "object"},
    "secret": {"type": "string", "minLength": 5, "writeOnly": true},
    "anything": {}
  }
})";

boost::json::object object(const std::string& text) {
  return boost::json::parse(text).as_object();
}

void accept(const std::string& options, const char* schema = kSchema) {
  BOOST_TEST_CONTEXT(options) {
    BOOST_CHECK_NO_THROW(check_options("plugin 'p'", schema, object(options)));
  }
}

void refuse(const std::string& options, const std::string& message, const char* schema = kSchema) {
  BOOST_TEST_CONTEXT(options) {
    BOOST_TEST(message_of<study::InputError>([&] {
                 check_options("plugin 'p'", schema, object(options));
               }) == "plugin 'p': " + message);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(options_that_the_schema_allows_are_accepted) {
  accept("{}");
  accept(R"({"engine": "swap", "path": "x", "code": "äöü", "retries": 10, "seconds": 1e3})");
  accept(R"({"verbose": false, "port": null, "tags": [], "table": {}, "anything": [1]})");
  accept(R"({"retries": 0, "seconds": 0.5, "port": 5432})");
  accept(R"({"retries": 3.0, "port": 5e3})");
}

BOOST_AUTO_TEST_CASE(an_unknown_option_is_refused_with_the_nearest_known_one) {
  refuse(R"({"engin": "swap"})", "unknown option 'engin'; did you mean 'engine'?");
  refuse(R"({"zzzzz": 1})", "unknown option 'zzzzz'; it has 'a', 'b'",
         R"({"properties": {"a": {}, "b": {}}})");
}

BOOST_AUTO_TEST_CASE(a_plugin_without_options_allows_none) {
  for (const char* schema : {"", "{}", R"({"properties": {}})", R"({"properties": 7})"}) {
    accept("{}", schema);
    refuse(R"({"x": 1})", "unknown option 'x'; it has no options", schema);
  }
}

BOOST_AUTO_TEST_CASE(unknown_options_are_allowed_where_the_schema_says_so) {
  accept(R"({"x": 1})", R"({"additionalProperties": true})");
  refuse(R"({"x": 1})", "unknown option 'x'; it has no options",
         R"({"additionalProperties": false})");
}

BOOST_AUTO_TEST_CASE(a_wrong_type_is_refused_with_the_right_one) {
  refuse(R"({"path": 1})", "option 'path' must be of type string; it is 1");
  refuse(R"({"retries": "3"})", "option 'retries' must be of type integer; it is \"3\"");
  refuse(R"({"retries": 1.5})", "option 'retries' must be of type integer; it is 1.5");
  refuse(R"({"seconds": true})", "option 'seconds' must be of type number; it is true");
  refuse(R"({"verbose": 0})", "option 'verbose' must be of type boolean; it is 0");
  refuse(R"({"port": "x"})", "option 'port' must be of type integer or null; it is \"x\"");
  refuse(R"({"tags": {}})", "option 'tags' must be of type array; it is {}");
  refuse(R"({"table": []})", "option 'table' must be of type object; it is []");
}

BOOST_AUTO_TEST_CASE(a_value_outside_the_enumeration_is_refused_with_the_allowed_ones) {
  refuse(R"({"engine": "fast"})",
         R"(option 'engine' must be one of "auto", "swap", "replace"; it is "fast")");
  refuse(R"({"engine": null})",
         R"(option 'engine' must be one of "auto", "swap", "replace"; it is null)");
}

BOOST_AUTO_TEST_CASE(ranges_include_their_ends) {
  refuse(R"({"retries": -1})", "option 'retries' must be at least 0; it is -1");
  refuse(R"({"retries": 11})", "option 'retries' must be at most 10; it is 11");
  refuse(R"({"retries": 18446744073709551615})",
         "option 'retries' must be at most 10; it is 18446744073709551615");
  refuse(R"({"seconds": 0.25})", "option 'seconds' must be at least 0.5; it is 0.25");
  refuse(R"({"seconds": 0})", "option 'seconds' must be at least 0.5; it is 0");
  refuse(R"({"retries": 11.0})", "option 'retries' must be at most 10; it is 11.0");
}

BOOST_AUTO_TEST_CASE(a_length_is_counted_in_characters) {
  refuse(R"({"path": ""})", "option 'path' must not be empty; it is \"\"");
  refuse(R"({"code": "äö"})", "option 'code' must have at least 3 characters; it is \"äö\"");
}

BOOST_AUTO_TEST_CASE(of_a_secret_no_more_than_its_type_is_told) {
  refuse(R"({"secret": {"password": "s3cretpw"}})",
         "option 'secret' must be of type string; it is an object");
  refuse(R"({"secret": ["s3cretpw"]})", "option 'secret' must be of type string; it is an array");
  refuse(R"({"secret": 1234})", "option 'secret' must be of type string; it is a number");
  refuse(R"({"secret": true})", "option 'secret' must be of type string; it is a boolean");
  refuse(R"({"secret": null})", "option 'secret' must be of type string; it is null");
  refuse(R"({"secret": "pw"})", "option 'secret' must have at least 5 characters; it is a string");
}

BOOST_AUTO_TEST_CASE(a_required_option_must_be_there) {
  const char* schema = R"({"properties": {"dsn": {"type": "string"}}, "required": ["dsn"]})";
  accept(R"({"dsn": "x"})", schema);
  refuse("{}", "option 'dsn' is required", schema);
}

BOOST_AUTO_TEST_CASE(a_schema_that_is_none_is_the_plugins_fault) {
  for (const char* schema : {"{", "[]", "7", "nonsense", "\xff"}) {
    const std::string message =
        message_of<study::PluginError>([&] { check_options("plugin 'p'", schema, {}); });
    check_contains(message, "plugin 'p': its options schema is not");
  }
}

BOOST_AUTO_TEST_CASE(a_schema_with_parts_of_wrong_types_is_read_as_far_as_it_goes) {
  const char* schema = R"({
    "properties": {"a": 7, "b": {"type": 7, "enum": 7, "minimum": "x", "minLength": "x"}},
    "required": [7], "additionalProperties": "no"
  })";
  accept(R"({"a": 1, "b": "text"})", schema);
  refuse(R"({"c": 1})", "unknown option 'c'; it has 'a', 'b'", schema);
}

BOOST_AUTO_TEST_CASE(options_are_described_in_the_schemas_order) {
  const auto options = study::describe_options(kSchema);
  BOOST_REQUIRE(options.size() == 11U);
  BOOST_TEST(options[0].name == "engine");
  BOOST_TEST(options[0].type == R"("auto" | "swap" | "replace")");
  BOOST_TEST(options[0].default_value == R"("auto")");
  BOOST_TEST(options[0].description == "How.");
  BOOST_TEST(options[3].type == "integer");
  BOOST_TEST(options[3].default_value == "3");
  BOOST_TEST(options[6].type == "integer | null");
  BOOST_TEST(options[6].default_value == "");
  BOOST_TEST(options[10].type == "");
  BOOST_TEST(study::describe_options("").empty());
}
