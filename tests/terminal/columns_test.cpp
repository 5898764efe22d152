#include "terminal/columns.hpp"

#include "plan/shell_quote.hpp"

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

BOOST_AUTO_TEST_CASE(a_word_is_quoted_where_a_shell_needs_it) {
  BOOST_TEST(shell_quote("results/c_2026-02-27T16-30-00") == "results/c_2026-02-27T16-30-00");
  BOOST_TEST(shell_quote("") == "''");
  BOOST_TEST(shell_quote("my study") == "'my study'");
  BOOST_TEST(shell_quote("it's $HOME") == "'it'\\''s $HOME'");
}

BOOST_AUTO_TEST_SUITE_END()
