#define BOOST_TEST_MODULE sqlite_processes
#include "crash/player.hpp"
#include "sqlite_study.hpp"
#include "support/history.hpp"

#include <study/atomic_file.hpp>
#include <study/observer_library.hpp>

#include <chrono>
#include <map>
#include <random>
#include <thread>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using namespace study;
using study_test::at;
using study_test::History;
using study_test::Player;
using study_test::query;
using study_test::read_back;

namespace {

using Rows = std::vector<std::string>;
constexpr auto kPerElement = boost::test_tools::per_element();
constexpr int kEntries = 20;
constexpr int kProcesses = 8;
constexpr auto kPlugin = STUDY_OBSERVER_DIR "/sqlite_writer.so";
// Whoever has to wait longer than that on a busy machine is not what is tested here.
constexpr auto kPatient = R"({"busy_timeout_seconds": 100})";

fs::path study_dir(const study_test::TempDir& results, int number) {
  return results / ("study_" + std::to_string(number));
}

fs::path make_study_dir(const study_test::TempDir& results, int number) {
  fs::path dir = study_dir(results, number);
  fs::create_directory(dir);
  return dir;
}

StudyManifest played(unsigned seed, int transitions) {
  History history(kEntries, seed);
  while (history.position() < transitions) history.advance();
  return history.table().manifest();
}

/// The whole life of a host, through the loaded plugin; gives how many warnings it got.
int play_study(const fs::path& dir, unsigned seed, int transitions) {
  int warnings = 0;
  const auto observer = ObserverLibrary::load(kPlugin).create(
      {"test", "1",
       [&](LogSeverity severity, std::string_view, std::string_view) {
         if (severity >= LogSeverity::warning) ++warnings;
       }},
      boost::json::parse(kPatient).as_object());
  const StudyConfig config = study_test::sample_study(kEntries);
  observer->on_study_start({config, dir, at(0), nullptr});
  History history(kEntries, seed);
  while (history.position() < transitions) {
    observer->on_experiment_state(history.advance().first.view());
  }
  observer->on_study_end({StudyOutcome::completed, at(1e6)});
  return warnings;
}

/// A child that runs `body`, and ends with what that gives.
template <class Body>
pid_t start_child(Body body) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  try {
    ::_exit(body());
  } catch (...) {
    ::_exit(100);
  }
}

/// `body(i)` in a process for each i, all released at one moment; each must give 0.
template <class Body>
void run_at_once(Body body) {
  int gate[2];
  BOOST_TEST_REQUIRE(::pipe2(gate, O_CLOEXEC) == 0);
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    children.push_back(start_child([&] {
      ::close(gate[1]);
      char byte = 0;
      static_cast<void>(::read(gate[0], &byte, 1));  // until all are there
      return body(i);
    }));
  }
  ::close(gate[0]);
  ::close(gate[1]);
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    BOOST_TEST(status == 0);
  }
}

void check_integrity(const fs::path& database) {
  BOOST_TEST(query(database, "PRAGMA integrity_check") == Rows{"ok"}, kPerElement);
  BOOST_TEST(query(database, "PRAGMA foreign_key_check") == Rows{}, kPerElement);
}

}  // namespace

BOOST_AUTO_TEST_CASE(processes_that_come_first_at_once_make_one_database) {
  for (int round = 0; round < 25; ++round) {
    const study_test::TempDir results(study_test::memory_directory());
    run_at_once([&](int) {
      const sqlite::WriterConnection connection(results / "studies.db", Durability::process,
                                                std::chrono::seconds(100));
      return 0;
    });
    BOOST_TEST(query(results / "studies.db", "PRAGMA user_version") == Rows{"2"}, kPerElement);
  }
}

BOOST_AUTO_TEST_CASE(eight_processes_begin_and_write_at_once_and_nothing_is_lost) {
  constexpr int kTransitions = 150;
  const study_test::TempDir results;
  for (int i = 0; i < kProcesses; ++i) static_cast<void>(make_study_dir(results, i));
  run_at_once([&](int i) {
    return play_study(study_dir(results, i), static_cast<unsigned>(i), kTransitions);
  });
  BOOST_TEST(!fs::exists(results / "studies.db-wal"));
  for (int i = 0; i < kProcesses; ++i) {
    StudyManifest expected = played(static_cast<unsigned>(i), kTransitions);
    expected.head.status = StudyStatus::completed;
    expected.head.completed_at = at(1e6);
    BOOST_TEST((read_back({.study_dir = study_dir(results, i)}) == expected));
  }
  check_integrity(results / "studies.db");
}

BOOST_AUTO_TEST_CASE(a_killed_writer_disturbs_no_other) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const study_test::TempDir results(study_test::memory_directory());
  const auto check = [&](int number, int acknowledged) {
    const auto found = read_back({.study_dir = study_dir(results, number)});
    const auto play_seed = static_cast<unsigned>(number);
    BOOST_TEST_REQUIRE(
        (found == played(play_seed, acknowledged) || found == played(play_seed, acknowledged + 1)),
        "study " << number);
  };
  Player survivor(kPatient, make_study_dir(results, 0), kEntries, 0, kPlugin);
  for (int round = 1; round <= 40; ++round) {
    Player player(kPatient, make_study_dir(results, round), kEntries, static_cast<unsigned>(round),
                  kPlugin);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 10'000));
    check(round, player.kill());
  }
  check(0, survivor.kill());
  check_integrity(results / "studies.db");
}

BOOST_AUTO_TEST_CASE(a_writer_killed_while_it_begins_leaves_the_whole_study_or_nothing) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const study_test::TempDir results(study_test::memory_directory());
  const StudyManifest manifest = study_test::sample_manifest(5000);
  std::map<bool, int> whole;
  for (int round = 0; round < 40; ++round) {
    // Each other time also the database is new.
    if (round % 2 == 0) {
      for (const char* name : {"studies.db", "studies.db-wal", "studies.db-shm"})
        fs::remove(results / name);
    }
    study_test::StudyRun run(results.path(), "study_" + std::to_string(round), manifest);
    const pid_t child = start_child([&] {
      run.start();
      ::pause();
      return 0;
    });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const auto found = read_back({.study_dir = run.dir});
    BOOST_TEST_REQUIRE((!found || *found == manifest));
    ++whole[found.has_value()];
  }
  BOOST_TEST_MESSAGE(whole[false] << " times nothing, " << whole[true] << " times the study");
  study_test::StudyRun last(results.path(), "last", manifest);
  last.start();
  last.end();
  BOOST_TEST((read_back({.study_dir = last.dir}) == last.table.manifest()));
  check_integrity(results / "studies.db");
}

BOOST_AUTO_TEST_CASE(a_reader_finds_one_moment_while_others_write) {
  const study_test::TempDir results(study_test::memory_directory());
  const fs::path dir = make_study_dir(results, 0);
  Player writer(kPatient, dir, kEntries, 7, kPlugin);
  const Player another(kPatient, make_study_dir(results, 1), kEntries, 8, kPlugin);
  History history(kEntries, 7);
  for (int round = 0; round < 100; ++round) {
    const int before = writer.acknowledged();
    const auto found = read_back({.study_dir = dir});
    const int after = writer.acknowledged() + 1;
    BOOST_TEST_REQUIRE(found.has_value());
    while (history.position() < before) history.advance();
    while (*found != history.table().manifest() && history.position() < after) history.advance();
    BOOST_TEST_REQUIRE((*found == history.table().manifest()));
  }
}

BOOST_AUTO_TEST_CASE(reading_what_a_killed_writer_has_left_changes_nothing) {
  const study_test::TempDir results(study_test::memory_directory());
  Player writer("{}", make_study_dir(results, 0), kEntries, 7, kPlugin);
  while (writer.acknowledged() < 10) {
  }
  const int acknowledged = writer.kill();
  const auto state = [&] {
    return std::pair(read_file(results / "studies.db"), read_file(results / "studies.db-wal"));
  };
  const auto before = state();
  for (int i = 0; i < 2; ++i) {
    const auto found = read_back({.study_dir = results / "study_0"});
    BOOST_TEST((found == played(7, acknowledged) || found == played(7, acknowledged + 1)));
    BOOST_TEST((state() == before));
  }
}
