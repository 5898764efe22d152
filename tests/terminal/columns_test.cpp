#include "plan/dry_run.hpp"
#include "terminal/terminal.hpp"

#include <boost/test/unit_test.hpp>

using namespace host;

BOOST_AUTO_TEST_SUITE(text_for_people)

BOOST_AUTO_TEST_CASE(columns_are_those_of_a_terminal) {
  BOOST_TEST(column_count("") == 0U);
  BOOST_TEST(column_count("abc") == 3U);
  BOOST_TEST(column_count("é…") == 2U);
  BOOST_TEST(column_count("模型") == 4U);
  BOOST_TEST(column_count("e\u0301") == 1U);
  BOOST_TEST(column_count("🚀") == 2U);
  BOOST_TEST(column_count("\u231A") == 2U);      // a watch
  BOOST_TEST(column_count("\U0001F6DC") == 2U);  // wireless, of Unicode 15
  BOOST_TEST(column_count("\u3250") == 2U);      // a square with three letters
  BOOST_TEST(column_count("\u303F") == 1U);      // a space of half a width
  BOOST_TEST(column_count("а\u0483") == 1U);     // a Cyrillic mark above
  BOOST_TEST(column_count("ก\u0E31") == 1U);     // a Thai vowel above
  BOOST_TEST(cut_to_columns("模型", 3) == "模");
  BOOST_TEST(fit_columns("abcdef", 6) == "abcdef");
  BOOST_TEST(fit_columns("abcdefg", 6) == "abcde…");
  BOOST_TEST(fit_columns("模型模型", 8) == "模型模型");
  BOOST_TEST(fit_columns("模型模型", 7) == "模型模…");
  BOOST_TEST(fit_columns("模型模型", 6) == "模型…");
  BOOST_TEST(fit_columns("abc", 0) == "");
  BOOST_TEST(pad_columns("模", 4) == "模  ");
  BOOST_TEST(pad_columns("模型模型", 6) == "模型… ");
}

BOOST_AUTO_TEST_SUITE_END()
