#include "support/test_data.hpp"

#include <study/error.hpp>
#include <study/identity.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using study::canonical_json;
using study_test::json_object;

std::string canonical_double(double number) {
  return canonical_json(boost::json::value(number));
}

BOOST_AUTO_TEST_SUITE(identity)

BOOST_AUTO_TEST_CASE(canonical_text_and_hash_are_those_of_python) {
  const boost::json::value vectors = study_test::parse_test_data("config_hash.json");
  BOOST_REQUIRE(vectors.as_array().size() == 60);
  for (const boost::json::value& vector : vectors.as_array()) {
    BOOST_TEST(canonical_json(vector.at("config")) ==
               std::string_view(vector.at("canonical").as_string()));
    BOOST_TEST(study::config_hash(vector.at("config").as_object()) ==
               std::string_view(vector.at("config_hash").as_string()));
  }
}

BOOST_AUTO_TEST_CASE(the_design_hash_is_that_of_python) {
  const boost::json::value vector = study_test::parse_test_data("study_design_hash.json");
  std::vector<const boost::json::object*> configs;
  for (const boost::json::value& config : vector.at("experiments").as_array()) {
    configs.push_back(&config.as_object());
  }
  BOOST_TEST(study::study_design_hash(configs) ==
             std::string_view(vector.at("study_design_hash").as_string()));
  BOOST_TEST(study::study_design_hash({}) == study::short_sha256("[]"));
}

BOOST_AUTO_TEST_CASE(doubles_are_written_as_python_writes_them) {
  const std::vector<std::pair<double, const char*>> cases = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1.0, "1.0"},
      {100.0, "100.0"},
      {-1.5, "-1.5"},
      {0.1, "0.1"},
      {0.1 + 0.2, "0.30000000000000004"},
      {0.001, "0.001"},
      {0.0001, "0.0001"},
      {0.00012345, "0.00012345"},
      {0.00001, "1e-05"},
      {1.234e-5, "1.234e-05"},
      {1e15, "1000000000000000.0"},
      {1e16, "1e+16"},
      {1.5e16, "1.5e+16"},
      {9999999999999998.0, "9999999999999998.0"},
      {123456789012345680.0, "1.2345678901234568e+17"},
      {9007199254740993.0, "9007199254740992.0"},
      {1e22, "1e+22"},
      {1e23, "1e+23"},
      {1e100, "1e+100"},
      {1e-100, "1e-100"},
      {5e-324, "5e-324"},
      {-5e-324, "-5e-324"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {3.0e-5, "3e-05"},
      {12.5, "12.5"},
      {120.0, "120.0"},
      {123.456, "123.456"}};
  for (const auto& [number, text] : cases) BOOST_TEST(canonical_double(number) == text);
}

BOOST_AUTO_TEST_CASE(integers_are_exact) {
  BOOST_TEST(canonical_json(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  BOOST_TEST(canonical_json(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
}

BOOST_AUTO_TEST_CASE(keys_are_sorted_by_code_point_at_every_level) {
  // U+FFEE sorts before U+1F600, though its UTF-16 form would sort after it.
  BOOST_TEST(
      canonical_json(json_object(
          "{\"b\": 1, \"\xF0\x9F\x98\x80\": 2, \"\xEF\xBF\xAE\": 3, \"B\": {\"y\": 4, \"x\": 5},"
          " \"a\": [{\"d\": 6, \"c\": 7}]}")) ==
      "{\"B\": {\"x\": 5, \"y\": 4}, \"a\": [{\"c\": 7, \"d\": 6}], \"b\": 1, "
      "\"\\uffee\": 3, \"\\ud83d\\ude00\": 2}");
}

BOOST_AUTO_TEST_CASE(everything_but_printable_ascii_is_escaped) {
  BOOST_TEST(canonical_json(boost::json::value("\"\\/\b\f\n\r\t\x01\x1f ~\x7f\xC2\x80\xC3\xA9")) ==
             R"("\"\\/\b\f\n\r\t\u0001\u001f ~\u007f\u0080\u00e9")");
}

BOOST_AUTO_TEST_CASE(the_order_of_keys_does_not_matter_and_types_do) {
  BOOST_TEST(study::config_hash(json_object(R"({"a": 1, "b": 2})")) ==
             study::config_hash(json_object(R"({"b": 2, "a": 1})")));
  BOOST_TEST(study::config_hash(json_object(R"({"a": 1})")) !=
             study::config_hash(json_object(R"({"a": 1.0})")));
  BOOST_TEST(study::config_hash(json_object(R"({"a": 1})")) !=
             study::config_hash(json_object(R"({"a": "1"})")));
}

BOOST_AUTO_TEST_CASE(nan_infinities_and_broken_text_have_no_identity) {
  for (const double number : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    BOOST_CHECK_THROW(canonical_double(number), study::InputError);
    BOOST_CHECK_THROW(static_cast<void>(study::config_hash({{"a", {{"b", number}}}})),
                      study::InputError);
  }
  BOOST_CHECK_THROW(static_cast<void>(study::config_hash({{"a", "\xFF"}})), study::InputError);
  BOOST_CHECK_THROW(static_cast<void>(study::config_hash({{"\xFF", 1}})), study::InputError);
}

BOOST_AUTO_TEST_CASE(sha256_is_that_of_fips_180) {
  BOOST_TEST(study::short_sha256("") == "e3b0c44298fc1c14");
  BOOST_TEST(study::short_sha256("abc") == "ba7816bf8f01cfea");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
