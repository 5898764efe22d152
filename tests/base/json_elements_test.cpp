// A list that is read element by element.
#include "base/json_elements.hpp"

#include "support/test_data.hpp"

#include <study/error.hpp>

#include <string>

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using study_test::says;

/// The elements, one a line, then what is left of the root.
std::string read(std::string_view text) {
  std::string out;
  const auto take = [&out](boost::json::value& element) {
    out += boost::json::serialize(element) + "\n";
  };
  const boost::json::value root = study::parse_json(text, "text", "list", take);
  return out + boost::json::serialize(root);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_elements)

BOOST_AUTO_TEST_CASE(each_is_handed_over_and_the_list_is_left_empty) {
  BOOST_TEST(read(R"({"a": [1, [2]], "list": [{"x": {"list": [3]}}, [4, [5]], "s", 6, null, {}],
                     "b": {"list": [7]}})") ==
             "{\"x\":{\"list\":[3]}}\n[4,[5]]\n\"s\"\n6\nnull\n{}\n"
             R"({"a":[1,[2]],"list":[],"b":{"list":[7]}})");
}

BOOST_AUTO_TEST_CASE(what_has_no_such_list_is_read_as_it_is) {
  for (const std::string text :
       {R"({"list":{"x":[1]}})", R"({"list":5,"a":[[1]]})", R"([["list",[1]]])", "5", "{}"}) {
    BOOST_TEST(read(text) == text);
  }
}

BOOST_AUTO_TEST_CASE(elements_larger_than_the_arena_are_whole) {
  std::string numbers = "1";
  for (int i = 2; i < 5000; ++i) numbers += "," + std::to_string(i);
  const std::string large = "[[" + numbers + "],{\"x\":\"" + std::string(10'000, 'y') + "\"}]";
  BOOST_TEST(read("{\"list\":[" + large + "," + large + "]}") ==
             large + "\n" + large + "\n{\"list\":[]}");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_its_place) {
  const auto refused = [](const std::string& text, const std::string& message) {
    BOOST_CHECK_EXCEPTION(read(text), study::InputError, says(message));
  };
  refused("{\"list\": [{\"a\": 1},\n{\"b\": 1, \"b\": 2}]}", "text:2: the key \"b\" appears twice");
  refused("{\"list\": [], \"list\": []}", "the key \"list\" appears twice");
  refused("{\"list\": [{\"a\": 99999999999999999999}]}", "does not fit 64 bits");
  refused("{\"list\": [{\"a\": ]}", "text:1: not valid JSON");
}

BOOST_AUTO_TEST_SUITE_END()
