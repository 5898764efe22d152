#define BOOST_TEST_MODULE sqlite_resume
#include "sqlite_study.hpp"

#include <algorithm>
#include <random>

#include <boost/test/unit_test.hpp>

using namespace study;
using enum study::ExperimentState;
using study_test::at;
using study_test::query;
using study_test::read_back;
using study_test::sample_manifest;
using study_test::StudyRun;

namespace {

using Rows = std::vector<std::string>;
constexpr auto kPerElement = boost::test_tools::per_element();

const std::string kHistory =
    "SELECT position, attempt, status, discarded, coalesce(result_file, error_message)"
    " FROM attempts ORDER BY study_id, position, attempt";

/// A study whose writer is killed after `play`, and the database that it leaves.
template <class Play>
StudyManifest killed_study(const std::filesystem::path& results, int entries, Play play) {
  StudyRun run(results, "s", sample_manifest(entries));
  run.start();
  play(run);
  return run.table.manifest();
}

Rows history(const std::filesystem::path& results) {
  return query(results / "studies.db", kHistory);
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_was_running_when_the_writer_died_is_an_interrupted_attempt) {
  study_test::TempDir results;
  const StudyManifest left = killed_study(results.path(), 2, [](StudyRun& run) {
    run.enter(0, running, 1);
    run.enter(1, running, 2);
    run.enter(1, completed, 3);
  });
  StudyRun resumed(results.path(), "s", left);
  resumed.resume(left);
  BOOST_TEST((read_back({.study_dir = resumed.dir}) == resumed.table.manifest()));
  resumed.enter(0, running, 11);
  resumed.enter(0, completed, 12);
  resumed.end();
  BOOST_TEST((read_back({.study_dir = resumed.dir}) == resumed.table.manifest()));
  const Rows expected = {"0|1|interrupted|0|", "0|2|completed|0|r.json", "1|1|completed|0|r.json"};
  BOOST_TEST(history(results.path()) == expected, kPerElement);
  BOOST_TEST(query(results / "studies.db", "SELECT count(*) FROM studies") == Rows{"1"},
             kPerElement);
}

BOOST_AUTO_TEST_CASE(a_result_that_is_no_longer_valid_is_a_discarded_attempt) {
  study_test::TempDir results;
  StudyManifest settled = killed_study(results.path(), 2, [](StudyRun& run) {
    run.enter(0, running, 1);
    run.enter(0, completed, 2);
    run.enter(1, failed, 3, "retried");
  });
  for (auto& entry : settled.experiments) entry.status = pending;
  StudyRun resumed(results.path(), "s", settled);
  resumed.resume(settled);
  BOOST_TEST((read_back({.study_dir = resumed.dir}) == resumed.table.manifest()));
  resumed.enter(0, running, 11);
  const Rows expected = {"0|1|completed|1|r.json", "0|2|running|0|", "1|1|failed|1|retried"};
  BOOST_TEST(history(results.path()) == expected, kPerElement);
}

BOOST_AUTO_TEST_CASE(what_only_the_other_sink_has_seen_is_added) {
  study_test::TempDir results;
  StudyManifest settled = killed_study(results.path(), 4, [](StudyRun& run) {
    run.enter(0, running, 1);
    run.enter(1, running, 2);
    run.enter(1, failed, 3, "seen");
    run.enter(3, running, 4);
  });
  // Entry 0 completed after all; entry 1 was run again and failed otherwise; entry 2 ran meanwhile;
  // entry 3 was interrupted and run again.
  for (std::size_t i : {0U, 2U, 3U}) {
    settled.experiments[i].status = completed;
    settled.experiments[i].started_at = at(i == 0 ? 1 : 20);
    settled.experiments[i].completed_at = at(30);
    settled.experiments[i].result_file = "later.json";
  }
  settled.experiments[1].started_at = at(25);
  settled.experiments[1].completed_at = at(30);
  settled.experiments[1].error_message = "not seen";
  StudyRun resumed(results.path(), "s", settled);
  resumed.resume(settled);
  BOOST_TEST((read_back({.study_dir = resumed.dir}) == resumed.table.manifest()));
  const Rows expected = {"0|1|completed|0|later.json", "1|1|failed|0|seen",
                         "1|2|failed|0|not seen",      "2|1|completed|0|later.json",
                         "3|1|interrupted|0|",         "3|2|completed|0|later.json"};
  BOOST_TEST(history(results.path()) == expected, kPerElement);
}

BOOST_AUTO_TEST_CASE(a_study_that_another_sink_began_is_taken_over_whole) {
  study_test::TempDir results;
  StudyManifest settled = sample_manifest(3);
  settled.experiments[1].status = completed;
  settled.experiments[1].result_file = "r.json";
  StudyRun resumed(results.path(), "s", settled);
  resumed.resume(settled);
  resumed.enter(0, running, 11);
  BOOST_TEST((read_back({.study_dir = resumed.dir}) == resumed.table.manifest()));
  BOOST_TEST(history(results.path()) == (Rows{"0|1|running|0|", "1|1|completed|0|r.json"}),
             kPerElement);
}

BOOST_AUTO_TEST_CASE(a_study_that_began_at_another_time_in_the_same_directory_is_another_one) {
  study_test::TempDir results;
  StudyManifest settled = killed_study(
      results.path(), 1, [](StudyRun& run) { run.enter(0, failed, 1, "the earlier study's"); });
  settled.head.started_at = at(100);
  settled.experiments[0].error_message = "the present one's";
  StudyRun resumed(results.path(), "s", settled);
  resumed.resume(settled);
  BOOST_TEST((read_back({.study_dir = resumed.dir}) == resumed.table.manifest()));
  BOOST_TEST(history(results.path()) ==
                 (Rows{"0|1|failed|0|the earlier study's", "0|1|failed|0|the present one's"}),
             kPerElement);
}

BOOST_AUTO_TEST_CASE(a_changed_study_keeps_the_attempts_of_the_entries_that_it_keeps) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 20; ++round) {
    study_test::TempDir results(study_test::memory_directory());
    StudyManifest settled = killed_study(results.path(), 8, [](StudyRun& run) {
      for (std::size_t i = 0; i < 8; ++i)
        run.enter(i, failed, 1, std::string(run.table.entry(i).config_hash));
      for (std::size_t i = 0; i < 8; i += 2) run.enter(i, running, 2);
      for (std::size_t i = 0; i < 8; i += 2) run.enter(i, failed, 3, "again");
    });
    // Some entries go, others come, all change places and some their summary.
    auto& entries = settled.experiments;
    for (auto it = entries.begin(); it != entries.end();) {
      it = random() % 3 == 0 ? entries.erase(it) : it + 1;
    }
    const std::size_t kept = entries.size();
    for (std::uint32_t fresh = random() % 4; fresh > 0; --fresh) {
      entries.push_back({.config_hash = "new" + std::to_string(fresh), .config_summary = "new"});
    }
    std::shuffle(entries.begin(), entries.end(), random);
    for (auto& entry : entries) {
      if (random() % 2 == 0) entry.config_summary += " changed";
    }
    StudyRun resumed(results.path(), "s", settled);
    resumed.resume(settled);
    BOOST_TEST_REQUIRE((read_back({.study_dir = resumed.dir}) == resumed.table.manifest()));
    // The first attempt of each tells by its message whose it is.
    BOOST_TEST(
        query(results / "studies.db",
              "SELECT count(*) FROM attempts JOIN entries USING (study_id, position)"
              " WHERE attempt = 1 AND error_message = config_hash") == Rows{std::to_string(kept)},
        kPerElement);
    BOOST_TEST(query(results / "studies.db",
                     "SELECT count(*) FROM attempts WHERE attempt = 1 OR error_message = 'again'")
                   .at(0) == query(results / "studies.db", "SELECT count(*) FROM attempts").at(0));
    if (entries.empty()) continue;
    resumed.enter(0, running, 11);
    BOOST_TEST_REQUIRE((read_back({.study_dir = resumed.dir}) == resumed.table.manifest()));
  }
}

BOOST_AUTO_TEST_CASE(a_resumed_study_writes_nothing_but_what_has_changed) {
  study_test::TempDir results;
  const StudyManifest left = killed_study(results.path(), 1000, [](StudyRun& run) {
    for (std::size_t i = 0; i < 1000; ++i) run.enter(i, failed, 1, "failed");
  });
  StudyRun resumed(results.path(), "s", left);
  const auto log = results / "studies.db-wal";
  BOOST_TEST(!std::filesystem::exists(log));
  resumed.resume(left);
  BOOST_TEST(std::filesystem::file_size(log) < 20'000U);  // the study's own row, and no entry
}
