#include "input/typing_traps.hpp"

#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(typing_traps)

// The right sides are what PyYAML 6 reads.
BOOST_AUTO_TEST_CASE(scalars_that_yaml_1_1_takes_for_something_else) {
  const std::vector<std::pair<std::string, std::string>> traps = {
      {"yes", "true"},
      {"Off", "false"},
      {"ON", "true"},
      {"012", "10"},
      {"-017", "-15"},
      {"0b11", "3"},
      {"-0b1_0", "-2"},
      {"1_000", "1000"},
      {"+1_0", "10"},
      {"0x_1F", "31"},
      {"-0x1F", "-31"},
      {"12:30", "750"},
      {"-1:30", "-90"},
      {"190:20:30", "685230"},
      {"1:30.5", "a number"},
      {"1_0.5", "a number"},
      {".5_0", "a number"},
      {"1_0.5e+3", "a number"},
      {"08", "text"},
      {"2026-03-15", "a date"},
      {"2026-3-5 1:02:03", "a time"},
      {"2026-03-15T10:00:00.5Z", "a time"},
      {"2026-03-15 10:00:00 +01:00", "a time"}};
  for (const auto& [text, other] : traps) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(host::yaml_1_1_reading(text) == other);
    }
  }
}

BOOST_AUTO_TEST_CASE(scalars_that_are_what_they_look_like) {
  for (const char* text :
       {"1e3",   "1e-5",     "0o17",       "0x1F",  "0",    "00",   "007",   "12",       "-3",
        "1.5",   "y",        "n",          "Y",     "true", "null", "~",     "nope",     "once",
        "01:30", "00:10:00", "12:60",      "1:2:x", "a_b",  "_1",   "1.2.3", "2026-3-5", "12-30",
        "0b12",  "0b",       "2026-03-1x", "",      "-",    "+",    "1.5e3", "v1_000",   "10:x"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(host::yaml_1_1_reading(text) == "");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
