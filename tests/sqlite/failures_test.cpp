#define BOOST_TEST_MODULE sqlite_failures
#include "observed_study.hpp"
#include "support/file_size_limit.hpp"
#include "support/run_program.hpp"

#include <future>
#include <thread>

#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using namespace study;
using enum study::ExperimentState;
using sqlite::Access;
using sqlite::Database;
using study_test::at;
using study_test::kNoWait;
using study_test::Observed;
using study_test::query;
using study_test::read_back;

namespace {

using Rows = std::vector<std::string>;
constexpr auto kPerElement = boost::test_tools::per_element();
const std::string kHistory =
    "SELECT position, attempt, status, (started_at_us - 1772209800000000) / 1000000"
    " FROM attempts ORDER BY position, attempt";

}  // namespace

BOOST_AUTO_TEST_CASE(a_locked_database_stops_nothing_and_gets_everything_afterwards) {
  study_test::TempDir results;
  Observed study(results.path());
  study.enter(0, running, 1);
  {
    Database other(study.database, Access::write, kNoWait);
    const sqlite::WriteTransaction lock(other);
    study.enter(0, failed, 2);
    study.enter(0, running, 3);
    study.enter(1, failed, 4);
    BOOST_TEST(study.count(running) == 1U);  // readers are not kept out
  }
  BOOST_TEST(study.logged.size() == 1U);
  BOOST_TEST(study.has_logged(0, "studies.db has been locked by another process for 0 s: close"));
  study.enter(2, running, 5);
  BOOST_TEST(study.has_logged(1, "after 3 failed writes"));
  const Rows expected = {"0|1|failed|1", "0|2|running|3", "1|1|failed|", "2|1|running|5"};
  BOOST_TEST(query(study.database, kHistory) == expected, kPerElement);
}

BOOST_AUTO_TEST_CASE(a_database_that_stays_locked_is_waited_for_once_in_all) {
  study_test::TempDir results;
  constexpr std::chrono::seconds kBusyTimeout(3);
  Observed study(results.path(), {.busy_timeout = kBusyTimeout});
  Database other(study.database, Access::write, kNoWait);
  std::optional<sqlite::WriteTransaction> lock(other);
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t entry = 0; entry < 5; ++entry) study.enter(entry, running);
  BOOST_CHECK_THROW(study.end(), StudyError);
  // Each of the nine would have waited for it all.
  BOOST_TEST((std::chrono::steady_clock::now() - begin < 3 * kBusyTimeout));
  BOOST_TEST(study.has_logged(0, "studies.db has been locked by another process for 3 s: close"));
}

BOOST_AUTO_TEST_CASE(after_a_lock_that_went_away_the_next_one_is_waited_for_again) {
  study_test::TempDir results;
  Observed study(results.path(), {.busy_timeout = std::chrono::seconds(1)});
  Database other(study.database, Access::write, kNoWait);
  std::optional<sqlite::WriteTransaction> lock(other);
  study.enter(0, running);
  lock.reset();
  study.enter(1, running);
  BOOST_TEST_REQUIRE(study.has_logged(1, "after 1 failed write"));
  lock.emplace(other);
  const auto begin = std::chrono::steady_clock::now();
  study.enter(2, running);
  BOOST_TEST((std::chrono::steady_clock::now() - begin >= std::chrono::seconds(1)));
}

BOOST_AUTO_TEST_CASE(a_long_outage_is_made_up_for_in_transactions_of_bounded_size) {
  study_test::TempDir results;
  Observed study(results.path());
  Database other(study.database, Access::write, kNoWait);
  {
    const sqlite::WriteTransaction lock(other);
    for (int i = 1; i <= 1200; ++i) study.enter(0, i % 2 == 1 ? running : failed, i);
    study.enter(1, running, 1201);
  }
  // Whose attempt is then refused by the foreign key.
  other.execute("UPDATE entries SET position = 1000 WHERE position = 1");
  study.enter(2, running, 1202);  // what comes before the refused one, stays
  BOOST_TEST(query(study.database, "SELECT count(*) FROM attempts") == Rows{"500"}, kPerElement);
  other.execute("UPDATE entries SET position = 1 WHERE position = 1000");
  study.enter(3, running, 1203);
  BOOST_TEST(study.has_logged(1, "after 1202 failed writes"));
  BOOST_TEST(query(study.database, "SELECT count(*) FROM attempts") == Rows{"603"}, kPerElement);
}

BOOST_AUTO_TEST_CASE(a_lock_that_goes_away_in_time_is_waited_for_also_to_begin_with) {
  study_test::TempDir results;
  const fs::path path = results / "studies.db";
  {
    // Out of WAL, whose return is a lock that SQLite itself doesn't wait for.
    sqlite::WriterConnection connection(path, Durability::process, kNoWait);
    connection.execute("PRAGMA journal_mode = DELETE");
  }
  std::promise<void> locked;
  std::thread other([&] {
    Database database(path, Access::write, kNoWait);
    const sqlite::WriteTransaction lock(database);
    locked.set_value();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  });
  locked.get_future().wait();
  BOOST_CHECK_NO_THROW(
      sqlite::WriterConnection(path, Durability::process, std::chrono::seconds(100)));
  other.join();
  BOOST_TEST(query(path, "PRAGMA journal_mode") == Rows{"wal"}, kPerElement);
}

BOOST_AUTO_TEST_CASE(the_end_of_a_study_waits_for_a_lock_that_goes_away) {
  study_test::TempDir results;
  Observed study(results.path());
  Database other(study.database, Access::write, kNoWait);
  std::optional<sqlite::WriteTransaction> lock(other);
  study.enter(0, running);
  int sleeps = 0;
  study.sleep = [&] {
    if (++sleeps == 2) lock.reset();
  };
  study.end();
  BOOST_TEST(sleeps == 2);
  const auto found = read_back({.study_dir = study.dir}).value();
  BOOST_TEST((found.head.status == StudyStatus::completed));
  BOOST_TEST((found.experiments[0].status == running));
}

BOOST_AUTO_TEST_CASE(what_was_added_while_the_database_was_locked_follows_before_its_transitions) {
  study_test::TempDir results;
  Observed study(results.path());
  const StudyConfig more = study_test::sample_study(9);
  Database other(study.database, Access::write, kNoWait);
  {
    const sqlite::WriteTransaction lock(other);
    study.observer.on_experiments_added({more.experiments, at(1)});
    study.plan = make_plan(more);
    study.enter(8, running, 2);
  }
  study.enter(0, running, 3);
  BOOST_TEST(study.has_logged(1, "after 2 failed writes"));
  const Rows expected = {"0|1|running|3", "8|1|running|2"};
  BOOST_TEST(query(study.database, kHistory) == expected, kPerElement);
  BOOST_TEST(read_back({.study_dir = study.dir})->head.study_design_hash ==
             study.plan.study_design_hash);
}

BOOST_AUTO_TEST_CASE(the_end_waits_for_a_lock_no_longer_than_it_is_told) {
  study_test::TempDir results;
  constexpr std::chrono::seconds kBusyTimeout(300);
  study_test::StudyRun run(results.path(), "s", study_test::sample_manifest(1),
                           {.busy_timeout = kBusyTimeout});
  run.start();
  Database other(results / "studies.db", Access::write, kNoWait);
  std::optional<sqlite::WriteTransaction> lock(other);
  const auto begin = std::chrono::steady_clock::now();
  run.table.end(StudyOutcome::completed, at(1));
  // It would hang this test for minutes.
  BOOST_CHECK_THROW(run.sink.close(run.table, begin + std::chrono::milliseconds(100)),
                    sqlite::DatabaseError);
  BOOST_TEST((std::chrono::steady_clock::now() - begin < kBusyTimeout));
}

// As another copy of SQLite in the process does, which our locks mean nothing to, when it closes
// the database: Python's beside that of the wheel.
BOOST_AUTO_TEST_CASE(a_removed_log_costs_no_transition) {
  study_test::TempDir results;
  Observed study(results.path());
  study.enter(0, running, 1);
  study.enter(0, failed, 2);
  for (const char* name : {"studies.db-wal", "studies.db-shm"}) {
    fs::remove(study.results_dir / name);
  }
  study_test::wait_until("a new log", [&] {
    study.enter(1, running, 3);
    study.enter(1, failed, 4);
    return fs::exists(study.results_dir / "studies.db-wal");
  });
  BOOST_TEST(study.logged.size() == 1U);
  BOOST_TEST(study.has_logged(0, "studies.db-wal has been removed, by hand or by another SQLite"));
  study.enter(2, running, 5);
  const auto found = read_back({.study_dir = study.dir}).value();
  BOOST_TEST((found.experiments[0].status == failed));
  BOOST_TEST((found.experiments[1].status == failed));
  BOOST_TEST((found.experiments[2].status == running));
}

BOOST_AUTO_TEST_CASE(a_removed_database_stops_nothing_and_the_study_is_stored_anew) {
  study_test::TempDir results;
  Observed study(results.path());
  study.enter(0, running, 1);
  study.enter(0, failed, 2);
  study.enter(0, running, 3);
  for (const char* name : {"studies.db", "studies.db-wal", "studies.db-shm"}) {
    fs::remove(study.results_dir / name);
  }
  // It is noticed by one of the next transitions, at the latest after 50 ms.
  study_test::wait_until("a new database", [&] {
    study.enter(1, running, 4);
    study.enter(1, failed, 4);
    return fs::exists(study.database);
  });
  BOOST_TEST(study.logged.size() == 1U);
  BOOST_TEST(study.has_logged(0, "studies.db has been moved or removed"));
  study.enter(2, running, 5);
  study.enter(0, completed, 6);
  const auto found = read_back({.study_dir = study.dir}).value();
  BOOST_TEST((found.experiments[0].status == completed));
  BOOST_TEST((found.experiments[0].started_at == at(3)));
  BOOST_TEST((found.experiments[1].status == failed));
  BOOST_TEST((found.experiments[2].status == running));
  // Also where it goes just before the end.
  fs::rename(study.database, study.results_dir / "elsewhere.db");
  study.end();
  BOOST_TEST((read_back({.study_dir = study.dir}).value().head.status == StudyStatus::completed));
}

BOOST_AUTO_TEST_CASE(a_results_directory_that_is_gone_for_a_while_stops_nothing) {
  study_test::TempDir outer;
  Observed study(outer / "results");
  study.enter(0, running, 1);
  fs::rename(outer / "results", outer / "away");
  // The warning of the sink, and that of the failed write.
  study_test::wait_until("two warnings", [&] {
    study.enter(1, running, 2);
    study.enter(1, failed, 3);
    return study.logged.size() == 2;
  });
  BOOST_TEST(study.has_logged(1, "studies.db can't be opened"));
  study.enter(2, running, 4);
  fs::rename(outer / "away", outer / "results");
  study.enter(3, running, 5);
  BOOST_TEST(study.has_logged(2, "failed writes"));
  BOOST_TEST(study.count(running) == 3U);
  BOOST_TEST(study.count(failed) == 1U);
  BOOST_TEST(query(study.database, "SELECT count(*) FROM studies") == Rows{"1"}, kPerElement);
}

BOOST_AUTO_TEST_CASE(a_study_whose_rows_somebody_deletes_is_stored_anew) {
  study_test::TempDir results;
  Observed study(results.path());
  study.enter(0, running, 1);
  study.enter(0, failed, 2);
  study.enter(1, running, 3);
  Database(study.database, Access::write, kNoWait)
      .execute("PRAGMA foreign_keys = ON; DELETE FROM studies");
  study.enter(1, failed, 4);
  BOOST_TEST(study.has_logged(0, "studies.db: FOREIGN KEY constraint failed"));
  study.enter(2, running, 5);
  BOOST_TEST(study.has_logged(1, "after 1 failed write"));
  BOOST_TEST(study.count(failed) == 2U);
  BOOST_TEST(study.count(running) == 1U);
}

BOOST_AUTO_TEST_CASE(a_write_error_stops_nothing_and_loses_no_attempt) {
  study_test::TempDir results;
  Observed study(results.path());
  study.enter(0, running, 1);
  {
    const study_test::FileSizeLimit nowhere(1000);
    study.enter(0, failed, 2);
    study.enter(0, running, 3);
    study.enter(0, pending, 4);
  }
  BOOST_TEST(study.logged.size() == 1U);
  BOOST_TEST(study.has_logged(0, "studies.db"));
  study.enter(0, running, 5);
  BOOST_TEST(study.has_logged(1, "after 3 failed writes"));
  const Rows expected = {"0|1|failed|1", "0|2|interrupted|3", "0|3|running|5"};
  BOOST_TEST(query(study.database, kHistory) == expected, kPerElement);
}
