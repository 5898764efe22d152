#define BOOST_TEST_MODULE sqlite_sink
#include "sqlite_study.hpp"

#include <random>

#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using namespace study;
using enum study::ExperimentState;
using study_test::at;
using study_test::listing;
using study_test::query;
using study_test::read_back;
using study_test::sample_manifest;
using study_test::StudyRun;

namespace {

using Rows = std::vector<std::string>;
constexpr auto kPerElement = boost::test_tools::per_element();

/// The text that the study is stored as equals that of its table.
bool is_stored(const StudyRun& run) {
  const auto found = read_back({.study_dir = run.dir});
  return found && render_manifest(*found) == render_manifest(run.table.manifest());
}

const std::string kAttempts =
    "SELECT position, attempt, status, discarded, (started_at_us - 1772209800000000) / 1000000,"
    " (ended_at_us - 1772209800000000) / 1000000, coalesce(result_file, error_message)"
    " FROM attempts ORDER BY study_id, position, attempt";

}  // namespace

BOOST_AUTO_TEST_CASE(the_rows_equal_the_table_at_each_transition) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  study_test::TempDir results(study_test::memory_directory());
  for (int round = 0; round < 20; ++round) {
    StudyManifest manifest = sample_manifest(6, 2);
    manifest.head.study_name = study_test::random_text(random, 60);
    manifest.head.framework_version = study_test::random_text(random, 60);
    for (auto& entry : manifest.experiments)
      entry.config_summary = study_test::random_text(random, 90);
    StudyRun run(results.path(), "study_" + std::to_string(round), manifest);
    run.start();
    BOOST_TEST_REQUIRE(is_stored(run));
    std::string refusal;
    for (int step = 0; step < 60; ++step) {
      const auto entry = run.table.entry(random() % run.table.size());
      if (entry.status == completed) continue;
      const auto event = study_test::random_legal_event(random, entry, at(step + 1e-6), 2500);
      const auto transition = run.table.apply(event.view(), refusal).value();
      run.sink.commit(run.table, transition);
      BOOST_TEST_REQUIRE(is_stored(run));
    }
    run.end(static_cast<StudyOutcome>(round % 3));
    BOOST_TEST_REQUIRE(is_stored(run));
  }
  BOOST_TEST(query(results / "studies.db", "PRAGMA integrity_check") == Rows{"ok"}, kPerElement);
  BOOST_TEST(query(results / "studies.db", "PRAGMA foreign_key_check") == Rows{}, kPerElement);
}

BOOST_AUTO_TEST_CASE(a_text_with_a_nul_and_a_time_of_any_year_come_back_exactly) {
  study_test::TempDir results;
  StudyManifest manifest = sample_manifest(2);
  manifest.experiments[0].status = failed;
  manifest.experiments[0].error_type = "E";
  manifest.experiments[0].error_message = std::string("before\0after", 12);
  manifest.experiments[0].completed_at = Timestamp(std::chrono::microseconds(-1));
  manifest.experiments[1].status = completed;
  manifest.experiments[1].result_file = "";
  StudyRun run(results.path(), "s", manifest);
  run.resume(manifest);
  BOOST_TEST((read_back({.study_dir = run.dir}).value() == run.table.manifest()));
}

BOOST_AUTO_TEST_CASE(every_attempt_stays_in_the_history) {
  study_test::TempDir results;
  StudyRun run(results.path(), "s", sample_manifest(2));
  run.start();
  run.enter(0, running, 1);
  run.enter(0, failed, 2, "first");
  run.enter(0, running, 3);
  run.enter(0, pending, 4);
  run.enter(0, running, 5);
  run.enter(0, completed, 6);
  run.enter(1, failed, 7, "no such program");
  const Rows expected = {"0|1|failed|0|1|2|first", "0|2|interrupted|0|3|4|",
                         "0|3|completed|0|5|6|r.json", "1|1|failed|0||7|no such program"};
  BOOST_TEST(query(results / "studies.db", kAttempts) == expected, kPerElement);
}

BOOST_AUTO_TEST_CASE(the_views_show_what_the_manifest_says) {
  study_test::TempDir results;
  StudyRun run(results.path(), "s", sample_manifest(4));
  run.start();
  run.enter(0, running, 1);
  run.enter(0, completed, 2.000003);
  run.enter(1, running, 3);
  run.enter(2, running, 4);
  run.enter(2, failed, 5, "why");
  const Rows expected = {"0|completed|r.json|||2026-02-27T16:30:01Z|2026-02-27T16:30:02.000003Z",
                         "1|running||||2026-02-27T16:30:03Z|",
                         "2|failed||RuntimeError|why|2026-02-27T16:30:04Z|2026-02-27T16:30:05Z",
                         "3|pending|||||"};
  BOOST_TEST(query(results / "studies.db",
                   "SELECT position, status, result_file, error_type, error_message, started_at,"
                   " completed_at FROM manifest ORDER BY position") == expected,
             kPerElement);
  const std::string overview =
      "SELECT study_name, study_dir, status, started_at, completed_at, total_experiments,"
      " completed, failed, pending, running FROM studies_overview";
  BOOST_TEST(query(results / "studies.db", overview) ==
                 Rows{"sample|s|running|2026-02-27T16:30:00Z||4|1|1|2|1"},
             kPerElement);
  run.enter(1, pending, 6);
  run.end(StudyOutcome::interrupted);
  BOOST_TEST(query(results / "studies.db", overview) ==
                 Rows{"sample|s|interrupted|2026-02-27T16:30:00Z|2026-02-27T16:38:20Z|4|1|1|2|0"},
             kPerElement);
}

BOOST_AUTO_TEST_CASE(a_study_of_many_entries_is_one_transaction) {
  study_test::TempDir results;
  StudyManifest manifest = sample_manifest(1);
  const ManifestEntry entry = manifest.experiments[0];
  for (std::int32_t cycle = 2; cycle <= 100'000; ++cycle) {
    manifest.experiments.push_back(entry);
    manifest.experiments.back().cycle = cycle;
  }
  StudyRun run(results.path(), "s", manifest);
  run.start();
  run.enter(99'999, running, 1);
  BOOST_TEST(is_stored(run));
}

BOOST_AUTO_TEST_CASE(transitions_that_are_written_twice_change_nothing) {
  study_test::TempDir results;
  StudyRun run(results.path(), "s", sample_manifest(2));
  sqlite::StudyWriter writer(results / "studies.db", {});
  writer.start("s", run.table);
  const std::vector<checkpoint::Transition> transitions = {run.apply(0, running, 1),
                                                           run.apply(0, failed, 2, "once")};
  writer.write(run.table, transitions);
  const Rows before = query(results / "studies.db", kAttempts);
  writer.write(run.table, transitions);
  BOOST_TEST(query(results / "studies.db", kAttempts) == before, kPerElement);
  BOOST_TEST(is_stored(run));
}

BOOST_AUTO_TEST_CASE(transitions_that_were_missed_are_stored_together) {
  study_test::TempDir results;
  StudyRun run(results.path(), "s", sample_manifest(2),
               {.busy_timeout = std::chrono::milliseconds(0)});
  run.start();
  sqlite::Database other(results / "studies.db", sqlite::Access::write, std::chrono::seconds(1));
  {
    const sqlite::WriteTransaction lock(other);
    BOOST_CHECK_THROW(run.enter(0, running, 1), sqlite::DatabaseError);
  }
  other.execute("DELETE FROM entries WHERE position = 1");
  BOOST_CHECK_THROW(run.enter(1, running, 2), sqlite::DatabaseError);
  BOOST_TEST(query(results / "studies.db", kAttempts) == Rows{}, kPerElement);
}

BOOST_AUTO_TEST_CASE(a_finished_study_leaves_one_file) {
  study_test::TempDir results;
  StudyRun run(results.path(), "s", sample_manifest(3));
  run.start();
  run.enter(0, running, 1);
  BOOST_TEST((listing(results.path()) ==
              std::set<std::string>{"s", "studies.db", "studies.db-shm", "studies.db-wal"}));
  run.end();
  BOOST_TEST((listing(results.path()) == std::set<std::string>{"s", "studies.db"}));
}

BOOST_AUTO_TEST_CASE(a_finished_study_is_in_the_database_itself_also_while_another_is_written) {
  study_test::TempDir results;
  StudyRun run(results.path(), "s", sample_manifest(3));
  StudyRun other(results.path(), "other", sample_manifest(3));
  run.start();
  other.start();
  run.enter(0, failed, 1, "why");
  run.end();
  study_test::TempDir copy;  // without the log
  fs::copy_file(results / "studies.db", copy / "studies.db");
  BOOST_TEST((read_back({.study_dir = copy / "s"}) == run.table.manifest()));
}

BOOST_AUTO_TEST_CASE(the_log_stays_short_in_a_long_study) {
  study_test::TempDir results(study_test::memory_directory());
  StudyRun run(results.path(), "s", sample_manifest(1));
  run.start();
  constexpr std::uintmax_t kCopiedAtBytes = 1000 * (4096 + 24) + 32;
  for (int i = 0; i < 2500; ++i) {
    run.enter(0, running, i);
    run.enter(0, failed, i);
    BOOST_TEST_REQUIRE(fs::file_size(results / "studies.db-wal") < kCopiedAtBytes + 100'000);
  }
  BOOST_TEST(is_stored(run));
}

BOOST_AUTO_TEST_CASE(studies_of_one_database_do_not_touch_each_other) {
  study_test::TempDir results;
  StudyRun one(results.path(), "one", sample_manifest(3));
  StudyRun other(results.path(), "other", sample_manifest(5));
  one.start();
  other.start();
  one.enter(0, running, 1);
  other.enter(0, running, 2);
  other.enter(0, failed, 3, "other's");
  BOOST_TEST(is_stored(one));
  BOOST_TEST(is_stored(other));
  other.end();
  one.enter(0, completed, 4);
  one.end();
  BOOST_TEST(is_stored(one));
  BOOST_TEST(is_stored(other));
}

BOOST_AUTO_TEST_CASE(a_new_study_over_another_of_the_directory_is_refused_and_changes_no_row) {
  study_test::TempDir results;
  StudyRun run(results.path(), "s", sample_manifest(2));
  run.start();
  run.enter(0, failed, 1, "in its time");
  const std::string everything = "SELECT * FROM studies, entries, attempts";
  const Rows before = query(results / "studies.db", everything);
  for (const bool ended : {false, true}) {
    if (ended) run.end();
    const Rows present = query(results / "studies.db", everything);
    StudyRun other(results.path(), "s", sample_manifest(3));
    BOOST_CHECK_EXCEPTION(other.start(), StudyError, [](const StudyError& error) {
      const std::string text = error.what();
      BOOST_TEST_MESSAGE(text);
      return text.find("the study sample, which began at 2026-02-27T16:30:00Z: 0 of 2 completed") !=
                 std::string::npos &&
             text.find("DELETE FROM studies WHERE study_id = 1") != std::string::npos;
    });
    BOOST_TEST(query(results / "studies.db", everything) == present, kPerElement);
    BOOST_TEST(is_stored(run));
  }
  BOOST_TEST(before.size() == 2U);
}

BOOST_AUTO_TEST_CASE(added_entries_are_rows_of_the_same_study) {
  study_test::TempDir results;
  StudyRun run(results.path(), "s", sample_manifest(0));
  run.start();
  BOOST_TEST(is_stored(run));
  for (int i = 0; i < 5; ++i) {
    run.add(2);
    BOOST_TEST(is_stored(run));
    run.enter(run.table.size() - 1, running, i);
    BOOST_TEST(is_stored(run));
  }
  BOOST_TEST(read_back({.study_dir = run.dir})->head.study_design_hash == "design-10");
  run.end();
  BOOST_TEST(is_stored(run));
}

BOOST_AUTO_TEST_CASE(attributes_stay_with_their_attempt_also_when_the_study_is_resumed) {
  study_test::TempDir results;
  const std::string attributes = "SELECT position, attempt, attributes FROM attempts";
  StudyManifest left;
  {
    StudyRun run(results.path(), "s", sample_manifest(2));
    run.start();
    run.attributes = R"({"worker":"a"})";
    run.enter(0, running, 1);
    run.attributes = R"({"loss":0.5})";
    run.enter(0, completed, 2);
    run.attributes = R"({"worker":"b"})";
    run.enter(1, running, 3);
    left = run.table.manifest();
  }
  const Rows expected = {R"(0|1|{"worker":"a","loss":0.5})", R"(1|1|{"worker":"b"})"};
  BOOST_TEST(query(results / "studies.db", attributes) == expected, kPerElement);
  left.experiments[1] = {left.experiments[1].config_hash, left.experiments[1].config_summary};
  StudyRun resumed(results.path(), "s", left);
  resumed.resume(left);
  BOOST_TEST(query(results / "studies.db", attributes) == expected, kPerElement);
}

BOOST_AUTO_TEST_CASE(the_attributes_of_what_runs_go_with_it_to_a_new_database) {
  study_test::TempDir results;
  StudyRun run(results.path(), "s", sample_manifest(1));
  run.start();
  run.attributes = R"({"worker":"a"})";
  run.enter(0, running, 1);
  for (const char* name : {"studies.db", "studies.db-wal", "studies.db-shm"}) {
    fs::remove(results / name);
  }
  run.end(StudyOutcome::interrupted);
  BOOST_TEST(
      query(results / "studies.db", "SELECT attributes FROM attempts") == Rows{R"({"worker":"a"})"},
      kPerElement);
}

BOOST_AUTO_TEST_CASE(a_durability_is_a_synchronous_mode) {
  study_test::TempDir results;
  for (const auto durability : {Durability::process, Durability::power}) {
    sqlite::WriterConnection database(results / "studies.db", durability, std::chrono::seconds(1));
    BOOST_TEST(database.query_integer("PRAGMA synchronous") ==
               (durability == Durability::power ? 2 : 1));
    BOOST_TEST(database.query_integer("PRAGMA foreign_keys") == 1);
    BOOST_TEST(database.query_text("PRAGMA journal_mode") == "wal");
  }
}
