// Results as columns.
#include "report/result_columns.hpp"

#include "support/study_folder.hpp"

#include <study/posix.hpp>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>

using host::ResultColumns;
using Reading = host::ResultColumns::Reading;

namespace {

Reading add(ResultColumns& columns, std::uint32_t run, const std::string& text) {
  const study_test::TempDir dir;
  std::ofstream(dir / "result.json", std::ios::binary) << text;
  const study::UniqueFd file = study::open_regular_file((dir / "result.json").c_str(), O_RDONLY);
  return columns.add(run, file.get());
}

template <class Columns>
std::string keys(const Columns& columns) {
  std::string text;
  for (const auto& column : columns) text += column.key + " ";
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(result_columns)

BOOST_AUTO_TEST_CASE(fields_are_known_by_their_dotted_paths) {
  ResultColumns columns;
  BOOST_TEST((add(columns, 0, R"({"a": {"b": 1.5, "c": {"d": true}}, "e": "x", "": {"": 2}})") ==
              Reading::taken));
  BOOST_TEST((add(columns, 2, R"({"e": "y", "a": {"b": -3}, "n": null})") == Reading::taken));
  BOOST_TEST(keys(columns.numbers()) == "a.b a.c.d  ");
  BOOST_TEST(keys(columns.texts()) == "e ");
  const auto& b = columns.numbers()[0];
  BOOST_TEST((b.values == std::vector<std::pair<std::uint32_t, double>>{{0, 1.5}, {2, -3}}));
  BOOST_TEST(!b.is_boolean);
  BOOST_TEST(columns.numbers()[1].is_boolean);
  BOOST_TEST((columns.texts()[0].values == std::vector<std::string>{"x", "y"}));
}

BOOST_AUTO_TEST_CASE(what_is_in_a_list_stays_in_the_file) {
  ResultColumns columns;
  BOOST_TEST((add(columns, 0,
                  R"({"l": [1, {"x": 2}, [3, {"y": {"z": 4}}]], "k": {"m": [], "after": 5}})") ==
              Reading::taken));
  BOOST_TEST(keys(columns.numbers()) == "k.after ");
  for (const char* text : {"[1, 2]", "7", "\"text\"", "{}", "null"}) {
    BOOST_TEST((add(columns, 1, text) == Reading::taken), text);
  }
  BOOST_TEST(keys(columns.numbers()) == "k.after ");
}

BOOST_AUTO_TEST_CASE(of_a_text_that_is_no_json_nothing_is_taken) {
  ResultColumns columns;
  for (const std::string& text :
       {std::string(), std::string(R"({"a": 1, "b": )"), std::string(R"({"a": NaN})"),
        std::string(R"({"a": 1} x)"), std::string(300, '[')}) {
    BOOST_TEST((add(columns, 0, text) == Reading::unreadable), text);
  }
  BOOST_TEST(columns.numbers().empty());
}

BOOST_AUTO_TEST_CASE(sizes_are_bounded) {
  ResultColumns columns;
  BOOST_TEST((add(columns, 0, "\"" + std::string(host::kMaxResultBytes, 'x') + "\"") ==
              Reading::too_large));
  std::string many = "{";
  for (int k = 0; k < 3000; ++k)
    many += "\"k" + std::to_string(k) + "\":" + std::to_string(k) + ",";
  BOOST_TEST((add(columns, 0, many + "\"last\":1}") == Reading::taken));
  BOOST_TEST(columns.numbers().size() == host::kMaxResultFields);
  BOOST_TEST(
      (add(columns, 1, R"({"new": 1, "k7": 1e999, "t": ")" + std::string(201, 'x') + "\"}") ==
       Reading::taken));
  BOOST_TEST(columns.numbers().size() == host::kMaxResultFields);
  BOOST_TEST(columns.numbers()[7].values.size() == 1);
  BOOST_TEST(columns.texts().empty());
}

BOOST_AUTO_TEST_CASE(the_commonest_are_kept_in_their_order) {
  ResultColumns columns;
  static_cast<void>(add(columns, 0, R"({"rare": 1, "b": 1, "a": 1, "t": "x", "u": "x"})"));
  static_cast<void>(add(columns, 1, R"({"a": 1, "b": 1, "u": "x"})"));
  columns.keep_commonest(2, 1);
  BOOST_TEST(keys(columns.numbers()) == "b a ");
  BOOST_TEST(keys(columns.texts()) == "u ");
  BOOST_TEST(columns.left_out() == 2);
}

BOOST_AUTO_TEST_CASE(a_field_may_be_a_number_here_and_a_text_there) {
  ResultColumns columns;
  static_cast<void>(add(columns, 0, R"({"a": 1, "a": 2})"));
  static_cast<void>(add(columns, 1, R"({"a": "one"})"));
  BOOST_TEST(columns.numbers()[0].values.size() == 1);
  BOOST_TEST(columns.numbers()[0].values[0].second == 2);
  BOOST_TEST(columns.texts()[0].of[0].first == 1);
}

BOOST_AUTO_TEST_SUITE_END()
