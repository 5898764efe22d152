#define BOOST_TEST_MODULE sqlite_failures
#include "sqlite_study.hpp"
#include "support/file_size_limit.hpp"
#include "support/mount.hpp"
#include "support/run_program.hpp"

#include <study/study_plan.hpp>

#include <algorithm>
#include <fstream>
#include <functional>
#include <future>
#include <iostream>
#include <thread>

#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using namespace study;
using enum study::ExperimentState;
using sqlite::Access;
using sqlite::Database;
using study_test::at;
using study_test::query;
using study_test::read_back;

namespace {

using Rows = std::vector<std::string>;
constexpr auto kPerElement = boost::test_tools::per_element();
constexpr std::chrono::milliseconds kNoWait{0};

/// A study under the policy that every sink has: log and go on.
struct Observed {
  explicit Observed(fs::path results, sqlite::SqliteOptions options = {.busy_timeout = kNoWait})
      : results_dir(std::move(results)),
        observer(std::make_unique<sqlite::SqliteSink>(std::move(options), log()), log(),
                 [this](std::chrono::milliseconds) { sleep(); }) {
    fs::create_directories(dir);
    observer.on_study_start({config, dir, at(0), nullptr});
    logged.clear();
  }

  checkpoint::Log log() {
    return [this](LogSeverity, std::string_view text) { logged.emplace_back(text); };
  }

  void enter(std::size_t entry, ExperimentState state, double seconds = 1,
             const std::string& message = "why") {
    observer.on_experiment_state({.config_hash = plan.configurations[entry].config_hash,
                                  .cycle = 1,
                                  .state = state,
                                  .time = at(seconds),
                                  .result_file = state == completed ? "r.json" : "",
                                  .error_type = "E",
                                  .error_message = message});
  }
  void end() { observer.on_study_end({StudyOutcome::completed, at(100)}); }

  [[nodiscard]] std::size_t count(ExperimentState state) const {
    const auto found = read_back({.study_dir = dir}).value();
    return static_cast<std::size_t>(
        std::count_if(found.experiments.begin(), found.experiments.end(),
                      [&](const auto& entry) { return entry.status == state; }));
  }
  [[nodiscard]] bool has_logged(std::size_t line, const std::string& text) const {
    return line < logged.size() && logged[line].find(text) != std::string::npos;
  }

  fs::path results_dir;
  fs::path dir = results_dir / "s";
  fs::path database = results_dir / "studies.db";
  StudyConfig config = study_test::sample_study(6);
  StudyPlan plan = make_plan(config);
  std::vector<std::string> logged;
  std::function<void()> sleep = [] {};
  checkpoint::CheckpointObserver observer;
};

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

BOOST_AUTO_TEST_CASE(a_lock_that_goes_away_in_time_is_waited_for_also_to_begin_with) {
  study_test::TempDir results;
  const fs::path path = results / "studies.db";
  {
    // Out of WAL, whose return is a lock that SQLite itself doesn't wait for.
    sqlite::WriterConnection connection(path, Durability::process, kNoWait);
    connection.database().execute("PRAGMA journal_mode = DELETE");
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

BOOST_AUTO_TEST_CASE(a_full_disk_stops_nothing_and_gets_everything_when_there_is_room) {
  study_test::TempDir outer;
  const auto disk = study_test::own_mounts()
                        ? study_test::Mount::make("-t tmpfs -o size=1m none", outer / "disk")
                        : std::nullopt;
  if (!disk) {
    std::cout << "SKIPPED: a full disk needs root to mount one\n";
    return;
  }
  Observed study(disk->path());
  study.enter(0, running, 1);
  {
    std::ofstream filler(disk->path() / "filler");
    while (filler << std::string(4096, 'x') << std::flush) {
    }
  }
  const std::string message(1900, 'm');
  double seconds = 2;
  for (; study.logged.empty(); ++seconds) {  // until the room that the log has is used up
    study.enter(0, failed, seconds, message);
    study.enter(0, running, seconds);
  }
  BOOST_TEST(study.has_logged(0, "studies.db can't grow, the disk is full: make room on it"));
  study.enter(1, running, seconds);
  fs::remove(disk->path() / "filler");
  study.enter(0, completed, seconds);
  BOOST_TEST(study.has_logged(1, "failed writes"));
  BOOST_TEST(study.count(running) == 1U);
  BOOST_TEST(study.count(completed) == 1U);
  BOOST_TEST(query(study.database, "SELECT max(attempt) FROM attempts") ==
                 Rows{std::to_string(static_cast<int>(seconds) - 1)},
             kPerElement);
}
