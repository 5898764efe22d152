#include "support/test_data.hpp"

#include <study/error.hpp>
#include <study/json.hpp>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include <boost/json/monotonic_resource.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using study::parse_json;
using study_test::says;

std::string again(std::string_view text) {
  std::string out;
  study::append_json(out, parse_json(text, "test"));
  return out;
}

void check_refused(std::string_view text, const std::string& message) {
  BOOST_CHECK_EXCEPTION(static_cast<void>(parse_json(text, "s.json")), study::InputError,
                        says(message));
}

BOOST_AUTO_TEST_SUITE(json_text)

BOOST_AUTO_TEST_CASE(every_double_is_the_one_nearest_to_its_text) {
  const auto seed = std::random_device()();
  std::mt19937_64 random(seed);
  for (int i = 0; i < 200'000; ++i) {
    const auto number = std::bit_cast<double>(random());
    if (!std::isfinite(number)) continue;
    std::string text(64, '\0');
    const auto format = std::chars_format::scientific;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number, format).ptr;
    text.resize(static_cast<std::size_t>(end - text.data()));
    const double read = parse_json(text, "test").as_double();
    BOOST_REQUIRE_MESSAGE(
        std::bit_cast<std::uint64_t>(read) == std::bit_cast<std::uint64_t>(number),
        text << " seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(integers_of_64_bits_are_exact) {
  for (const char* text : {"0", "-1", "9223372036854775807", "-9223372036854775808",
                           "9223372036854775808", "18446744073709551615"}) {
    BOOST_TEST(again(text) == text);
  }
  BOOST_TEST(again("-0") == "0");  // as in Python
}

BOOST_AUTO_TEST_CASE(what_is_too_small_for_a_double_is_zero) {
  BOOST_TEST(again("1e-400") == "0.0");
  BOOST_TEST(again("-1e-400") == "-0.0");
  BOOST_TEST(again("5e-324") == "5e-324");
}

BOOST_AUTO_TEST_CASE(numbers_that_no_type_holds_are_refused) {
  check_refused("18446744073709551616", "s.json:1: the integer 18446744073709551616 does not fit");
  check_refused("[1,\n-9223372036854775809]", "s.json:2: ");
  check_refused("{\"a\": 1e400}", "too large for a double (column 7)");
  check_refused("[1,\n NaN]", "s.json:2: NaN is not a JSON number (column 2)");
  check_refused("-Infinity", "Infinity is not a JSON number");
}

BOOST_AUTO_TEST_CASE(a_key_that_appears_twice_is_refused_where_it_does) {
  check_refused("{\"a\": 1,\n \"b\": {\"a\": 2},\n \"a\": 3}",
                "s.json:3: the key \"a\" appears twice (column 3)");
  check_refused("[{\"x\": {\"k\": 1, \"\\u006b\": 2}}]", "the key \"k\" appears twice");
  BOOST_TEST(again("[{\"a\":{\"a\":1}},{\"a\":2}]") == "[{\"a\":{\"a\":1}},{\"a\":2}]");
}

BOOST_AUTO_TEST_CASE(what_is_not_json_is_refused_with_its_line) {
  for (const char* text : {"", " ", "[1,", "[1] 2", "{\"a\"}", "// no\n1", "[1,]", "01", "'a'",
                           "\"\xFF\"", "\"\\ud800\"", "\"a\nb\""}) {
    check_refused(text, "s.json:1: not valid JSON: ");
  }
  check_refused("{\n\n  \"a\": nul\n}", "s.json:3: ");
}

BOOST_AUTO_TEST_CASE(nesting_beyond_200_levels_is_refused) {
  BOOST_CHECK_NO_THROW(again(std::string(200, '[') + std::string(200, ']')));
  check_refused(std::string(300, '[') + std::string(300, ']'), "nested deeper than 200 levels");
}

BOOST_AUTO_TEST_CASE(values_live_in_the_storage_that_is_given) {
  boost::json::monotonic_resource arena;
  const boost::json::value read = parse_json("{\"a\": [1.5, \"text\"]}", "test", &arena);
  BOOST_TEST((read.storage().get() == &arena));
  BOOST_TEST((read.at("a").storage().get() == &arena));
}

BOOST_AUTO_TEST_CASE(text_is_written_on_one_line_and_in_order) {
  const char* const text =
      "{\"z\":[1,-2.5,1e-05,true,null,\"caf\xC3\xA9 \\n \\u0001 \\\"\"],\"a\":{},\"b\":[]}";
  BOOST_TEST(again(text) == text);
  std::string out;
  BOOST_CHECK_THROW(study::append_json(out, std::nan("")), study::InputError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
