#include "journal/journal_reader.hpp"
#include "kept_journal.hpp"

#include <study/error.hpp>

#include <cerrno>
#include <fstream>

#include <boost/test/unit_test.hpp>

using study::journal::LineReader;
using study_test::TempDir;
using study_test::write_bytes;

BOOST_AUTO_TEST_CASE(lines_of_any_length_come_one_after_the_other) {
  const TempDir dir(study_test::memory_directory());
  // Around the size of what is read at a time, so that newlines are the last and the first of it.
  constexpr std::size_t kChunk = 256 * 1024;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kChunk - 1, kChunk, kChunk + 1,
                                 2 * kChunk - 1, 2 * kChunk, 5 * kChunk}) {
    const std::string first(size, 'a');
    write_bytes(dir / "lines", first + "\n\n" + first + "\nend");
    LineReader reader(dir / "lines");
    const std::string lines[] = {first, "", first, "end"};
    std::size_t end = 0;
    for (std::uint64_t i = 0; i < 4; ++i) {
      BOOST_TEST_REQUIRE(reader.next());
      BOOST_TEST((reader.text() == lines[i]), "line " << i << " of size " << size);
      BOOST_TEST(reader.number() == i + 1);
      BOOST_TEST(reader.is_terminated() == (i != 3));
      end += lines[i].size() + (i != 3 ? 1 : 0);
      BOOST_TEST(reader.end_offset() == end);
    }
    BOOST_TEST(!reader.next());
  }
}

BOOST_AUTO_TEST_CASE(what_is_added_to_a_line_after_its_reader_met_the_end_is_no_line) {
  const TempDir dir(study_test::memory_directory());
  write_bytes(dir / "lines", "whole\nha");
  LineReader reader(dir / "lines");
  BOOST_TEST(reader.next());
  BOOST_TEST(reader.next());
  BOOST_TEST(!reader.is_terminated());
  std::ofstream(dir / "lines", std::ios::app) << "lf\nnext\n";
  BOOST_TEST(!reader.next());
}

BOOST_AUTO_TEST_CASE(an_empty_file_has_no_lines_and_a_missing_one_is_an_error) {
  const TempDir dir(study_test::memory_directory());
  write_bytes(dir / "empty", "");
  LineReader reader(dir / "empty");
  BOOST_TEST(!reader.next());
  BOOST_CHECK_EXCEPTION(
      LineReader(dir / "missing"), study::FileError,
      [](const study::FileError& error) { return error.code().value() == ENOENT; });
}
