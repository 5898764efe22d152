#include "terminal/columns.hpp"

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
