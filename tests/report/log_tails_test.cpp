// The end of a log.
#include "report/log_tails.hpp"

#include "support/study_folder.hpp"

#include <study/posix.hpp>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>

namespace {

host::LogTail tail(const std::string& text, std::size_t max_bytes) {
  const study_test::TempDir dir;
  std::ofstream(dir / "x.log", std::ios::binary) << text;
  const study::UniqueFd file = study::open_regular_file((dir / "x.log").c_str(), O_RDONLY);
  return host::read_log_tail(0, file.get(), max_bytes);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(log_tails)

BOOST_AUTO_TEST_CASE(a_short_log_is_whole) {
  const host::LogTail whole = tail("one\ntwo\n", 8);
  BOOST_TEST(whole.text == "one\ntwo\n");
  BOOST_TEST(whole.is_whole);
  BOOST_TEST(tail("", 8).text.empty());
}

BOOST_AUTO_TEST_CASE(of_a_long_one_the_last_whole_lines_are_there) {
  const host::LogTail end = tail("first line\nsecond\nthird\n", 12);
  BOOST_TEST(end.text == "third\n");
  BOOST_TEST(end.size_bytes == 24);
  BOOST_TEST(!end.is_whole);
}

BOOST_AUTO_TEST_CASE(a_line_that_is_longer_is_cut_at_a_code_point) {
  BOOST_TEST(tail("aaaaaaéé", 3).text == "é");
  BOOST_TEST(tail("a long line\n", 5).text == "line\n");
}

BOOST_AUTO_TEST_CASE(what_was_written_over_is_gone) {
  BOOST_TEST(tail("10 %\r50 %\r100 %\ndone\r\n", 99).text == "100 %\ndone\n");
}

BOOST_AUTO_TEST_CASE(bytes_of_any_kind_are_text) {
  BOOST_TEST(tail("a\xff\x80z", 99).text == "a\ufffd\ufffdz");
}

BOOST_AUTO_TEST_SUITE_END()
