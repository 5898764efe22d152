// Options of an observer may hold a password, which no message shows, however wrong they are.
#include "support/study_folder.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

/// What study-host says of a host config with this observer.
std::string complaint(const std::string& observer) {
  StudyFolder folder;
  folder.study("true");
  folder.write("study_host.json", "{\"observers\": [\n" + observer + "]}");
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 2, result.err);
  BOOST_TEST(result.out == "");
  BOOST_TEST(result.err.find("pw") == std::string::npos, result.err);
  const auto place = result.err.find("study_host.json:");
  BOOST_TEST_REQUIRE(place != std::string::npos, result.err);
  return result.err.substr(place);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(secrets)

BOOST_AUTO_TEST_CASE(of_options_that_are_no_object_only_the_kind_is_told) {
  const std::string head = "{\"plugin\": \"postgres_writer\", \"options\": ";
  const std::string must = "study_host.json:2: observers[0].options: must be an object, but is ";
  BOOST_TEST(complaint(head + "\"host=/x password=pw\"}") == must + "a text\n");
  BOOST_TEST(complaint(head + "[\"host=/x password=pw\"]}") == must + "a list\n");
}

BOOST_AUTO_TEST_CASE(of_json_that_is_broken_only_the_place_is_told) {
  BOOST_TEST(
      complaint(
          "{\"plugin\": \"x\", \"options\": {\"connection\": \"host=/x password='\"pw'\"}}") ==
      "study_host.json:2: observers[0].options: not valid JSON: syntax error at "
      "column 63\n");
}

BOOST_AUTO_TEST_SUITE_END()
