#define BOOST_TEST_MODULE sqlite_format
#include "sqlite_study.hpp"

#include <study/atomic_file.hpp>

#include <boost/test/unit_test.hpp>

using namespace study;
using enum study::ExperimentState;
using study_test::at;
using study_test::query;
using study_test::sample_manifest;
using study_test::StudyRun;

namespace {

using Rows = std::vector<std::string>;
constexpr auto kPerElement = boost::test_tools::per_element();

/// The SQL blocks of FORMAT.md, in order.
std::vector<std::string> sql_blocks() {
  const std::string text = read_file(STUDY_SOURCE_DIR "/plugin/sqlite/FORMAT.md");
  constexpr std::string_view begin = "```sql\n";
  std::vector<std::string> blocks;
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    at += begin.size();
    const std::size_t end = text.find("```", at);
    blocks.push_back(text.substr(at, end - at));
  }
  return blocks;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_questions_of_the_document_have_the_right_answers) {
  const study_test::TempDir results;
  StudyRun one(results.path(), "one", sample_manifest(3));
  one.start();
  for (std::size_t i : {0U, 1U}) {
    one.enter(i, running, 1);
    one.enter(i, completed, 2.5 + static_cast<double>(i));
  }
  one.end();
  StudyManifest later = sample_manifest(2);
  later.head.study_name = "later";
  later.head.started_at = at(1000);
  StudyRun other(results.path(), "other", later);
  other.start();
  other.enter(0, running, 1001);
  other.enter(0, failed, 1002, "out of memory");
  other.enter(0, running, 1003);
  other.enter(0, failed, 1004, "out of memory");
  other.enter(1, running, 1005);

  const auto blocks = sql_blocks();
  BOOST_TEST_REQUIRE(blocks.size() == 4U);
  const auto database = results / "studies.db";
  BOOST_TEST(query(database, blocks[0]) == (Rows{"sample|2026-02-27T16:30:00Z|completed|2|0|1",
                                                 "later|2026-02-27T16:46:40Z|running|0|1|1"}),
             kPerElement);
  BOOST_TEST(query(database, blocks[1]) == Rows{"RuntimeError|2|1"}, kPerElement);
  BOOST_TEST(query(database, blocks[2]) == (Rows{"pytorch / batch_size=1 / bf16|1|2.5",
                                                 "pytorch / batch_size=0 / bf16|1|1.5"}),
             kPerElement);
}

BOOST_AUTO_TEST_CASE(the_schema_in_the_document_is_the_one_that_is_made) {
  const auto blocks = sql_blocks();
  BOOST_TEST_REQUIRE(blocks.size() == 4U);
  std::string made;
  for (const auto& step : sqlite::migrations()) made += step.sql;
  BOOST_TEST(made == "\n" + blocks[3]);
}

BOOST_AUTO_TEST_CASE(a_study_is_removed_as_the_document_says) {
  const study_test::TempDir results;
  for (const char* name : {"one", "other"}) {
    StudyRun run(results.path(), name, sample_manifest(2));
    run.start();
    run.enter(0, running, 1);
  }
  {
    sqlite::Database shell(results / "studies.db", sqlite::Access::write, std::chrono::seconds(1));
    shell.execute("PRAGMA foreign_keys = ON; DELETE FROM studies WHERE study_id = 1;");
  }
  BOOST_TEST(query(results / "studies.db",
                   "SELECT (SELECT group_concat(study_dir) FROM studies),"
                   " (SELECT count(*) FROM entries), (SELECT count(*) FROM attempts)") ==
                 Rows{"other|2|1"},
             kPerElement);
}
