// Added experiments, attributes, and journals of the format that had neither.
#include "kept_journal.hpp"

#include <study/error.hpp>
#include <study/json.hpp>

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using namespace study;
using enum study::ExperimentState;
using study_test::at;
using study_test::contains;
using study_test::KeptJournal;
using study_test::lines_of;
using study_test::OwnedEvent;

namespace {

struct Journal : study_test::TempDir, KeptJournal {
  Journal() : TempDir(study_test::memory_directory()), KeptJournal(TempDir::path()) {}
  using KeptJournal::path;
};

boost::json::object parsed(const std::string& line) {
  return parse_json(line, "line").as_object();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_growth)

BOOST_FIXTURE_TEST_CASE(an_added_experiment_is_one_line_and_is_read_back, Journal) {
  start();
  play(0, running, 1);
  add("trial-1", 2);
  play(4, running, 3);
  add("trial-2", 4);
  BOOST_TEST((stored() == expected()));
  BOOST_TEST(stored()->head.study_design_hash == "design-6");
  const auto lines = lines_of(text());
  BOOST_TEST_REQUIRE(lines.size() == 5U);
  BOOST_TEST(parsed(lines[2]).at("entries").as_array().size() == 1U);
  const StudyManifest settled = expected();
  start(at(100), &settled);
  BOOST_TEST((stored() == expected()));
  add("trial-3", 101);
  end(StudyOutcome::completed, 102);
  BOOST_TEST((stored() == expected()));
}

BOOST_FIXTURE_TEST_CASE(a_study_that_begins_empty_is_kept, Journal) {
  KeptJournal empty(dir(), 0);
  empty.start();
  BOOST_TEST((empty.stored() == empty.expected()));
  empty.add("trial-1", 1);
  BOOST_TEST((empty.stored() == empty.expected()));
}

BOOST_FIXTURE_TEST_CASE(attributes_are_in_the_line_of_their_attempt, Journal) {
  start();
  OwnedEvent one = event(0, running, 1);
  one.attributes = R"({"worker": "node-3"})";
  play(one);
  one = event(0, failed, 2);
  one.attributes = R"({"loss": 0.5})";
  play(one);
  const auto lines = lines_of(text());
  BOOST_TEST(contains(lines[1], R"(,"attributes":{"worker":"node-3"},"crc32c")"));
  BOOST_TEST(contains(lines[2], R"(,"attributes":{"worker":"node-3","loss":0.5},"crc32c")"));
  BOOST_TEST((stored() == expected()));
}

BOOST_FIXTURE_TEST_CASE(a_journal_that_is_begun_again_keeps_the_attributes_of_what_runs, Journal) {
  start();
  OwnedEvent one = event(0, running, 1);
  one.attributes = R"({"worker": "node-3"})";
  play(one);
  fs::remove(path());
  end(StudyOutcome::interrupted, 5);
  BOOST_TEST(contains(text(), R"("attributes":{"worker":"node-3"})"));
}

BOOST_FIXTURE_TEST_CASE(a_journal_of_the_first_format_is_read_and_continued, Journal) {
  start();
  play(0, running, 1);
  auto lines = lines_of(text());
  const std::size_t at_format = lines[0].find("\"format\":2");
  lines[0][at_format + 9] = '1';
  study_test::write_bytes(path(), study_test::sealed(lines[0]) + lines[1] + "\n");
  BOOST_TEST((stored() == expected()));
  StudyManifest settled = study_test::sample_manifest(4);
  KeptJournal later(dir());
  end(StudyOutcome::interrupted, 2);
  later.start(at(100), &settled);
  later.add("trial-1", 101);
  BOOST_TEST((later.stored() == later.expected()));
}

BOOST_AUTO_TEST_SUITE_END()
