// The server goes away and comes back. Transitions may wait for an hour in most of these tests, so
// that one that waits for a server that is away is seen by the test's time limit.
#include "written_study.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include <boost/test/unit_test.hpp>

using namespace study;
using namespace study_test;
using enum study::ExperimentState;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Whatever a test does to it, the next one finds a server.
struct ServerIsBack {
  ~ServerIsBack() {
    server().kill();
    server().start();
  }
};

void end_all_sessions() {
  server().query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
      "'postgres_writer'");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(outage)

BOOST_AUTO_TEST_CASE(a_killed_server_costs_no_transition) {
  const TempDir dir;
  WrittenStudy study(fresh_options(), dir.path());
  study.set(0, running, 1);
  const ServerIsBack afterwards;
  server().kill();
  study.set(0, completed, 2);
  study.set(1, running, 3);
  study.set(1, failed, 4);
  study.set(1, running, 5);
  study.set(1, completed, 6);
  study.set(2, running, 7);
  BOOST_TEST_REQUIRE(study.logged.size() == 1U);
  BOOST_TEST(contains(study.logged[0], "the study goes on"));
  BOOST_TEST(contains(study.logged[0], "PostgreSQL: connection to server on socket"));
  BOOST_TEST(contains(study.logged[0], "is kept, and sent when"));
  server().start();
  // Without another transition.
  wait_until("what changed is stored", [&] { return study.stored() == study.expected(); });
  study.set(2, completed, 8);
  BOOST_TEST(study.stored() == study.expected());
  BOOST_TEST_REQUIRE(study.logged.size() == 2U);
  BOOST_TEST(contains(study.logged[1], "is written again and complete, after 6 failed writes"));
  study.end();
  BOOST_TEST(study.stored() == study.expected());
}

BOOST_AUTO_TEST_CASE(a_server_that_hangs_is_waited_for_once) {
  const TempDir dir;
  auto options = fresh_options();
  options.wait = std::chrono::seconds(1);
  WrittenStudy study(options, dir.path());
  server().freeze();
  // Together they would exceed the test's time limit if each waited.
  for (int i = 1; i <= 300; ++i) study.set(0, i % 2 == 1 ? running : failed, i);
  server().thaw();
  BOOST_TEST_REQUIRE(study.logged.size() == 1U);
  BOOST_TEST(contains(study.logged[0], "no answer within 1000 ms"));
  wait_until("what changed is stored", [&] { return study.stored() == study.expected(); });
}

BOOST_AUTO_TEST_CASE(a_session_that_the_server_ends_is_not_even_noticed) {
  const TempDir dir;
  WrittenStudy study(fresh_options(), dir.path());
  for (int i = 1; i <= 5; ++i) {
    end_all_sessions();
    study.set(0, i % 2 == 1 ? running : failed, i);
    BOOST_TEST_REQUIRE(study.stored() == study.expected());
  }
  end_all_sessions();
  study.end();
  BOOST_TEST(study.stored() == study.expected());
  BOOST_TEST(study.logged.empty());
}

BOOST_AUTO_TEST_CASE(sessions_that_end_at_random_lose_nothing) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const TempDir dir;
  WrittenStudy study(fresh_options(), dir.path());
  std::atomic<bool> done = false;
  std::thread other([&] {
    while (!done) end_all_sessions();
  });
  for (int i = 1; i <= 150; ++i) {
    const auto entry = study.table().entry(random() % 4);
    if (entry.status != completed) study.play(random_legal_event(random, entry, at(i)));
  }
  done = true;
  other.join();
  study.end();
  BOOST_TEST(study.stored() == study.expected());
}

BOOST_AUTO_TEST_CASE(the_end_of_a_study_says_what_could_not_be_sent) {
  const TempDir dir;
  auto options = fresh_options();
  WrittenStudy study(options, dir.path(), sample_study(4), nullptr, at(0), std::chrono::seconds(1));
  study.set(0, running, 1);
  const ServerIsBack afterwards;
  server().kill();
  study.set(0, completed, 2);
  study.set(1, running, 3);
  study.end();
  BOOST_TEST_REQUIRE(study.logged.size() == 2U);
  BOOST_TEST_CONTEXT(study.logged[1]) {
    const auto hash = [&](std::size_t i) {
      return std::string(study.table().entry(i).config_hash);
    };
    BOOST_TEST(contains(study.logged[1], "2 transitions of 2 experiments could not be sent: "));
    BOOST_TEST(contains(study.logged[1], hash(0) + " cycle 1 (completed)"));
    BOOST_TEST(contains(study.logged[1], hash(1) + " cycle 1 (running)"));
    BOOST_TEST(contains(study.logged[1], "or from the results that are there"));
  }
}

BOOST_AUTO_TEST_CASE(the_end_of_a_study_does_not_wait_for_a_server_that_hangs) {
  const TempDir dir;
  auto options = fresh_options();
  options.wait = std::chrono::milliseconds(1);
  auto study = std::make_unique<WrittenStudy>(options, dir.path(), sample_study(4), nullptr, at(0),
                                              std::chrono::seconds(1));
  server().freeze();
  study->set(0, running, 1);
  study->end();
  BOOST_TEST(contains(study->logged.back(), "could not be sent"));
  study.reset();
  server().thaw();
}

BOOST_AUTO_TEST_CASE(the_end_of_a_study_waits_for_a_server_that_comes_back) {
  const TempDir dir;
  auto options = fresh_options();
  WrittenStudy study(options, dir.path(), sample_study(4), nullptr, at(0), kDeadline);
  server().kill();
  study.set(0, running, 1);
  study.set(0, completed, 2);
  // The server lives as long as the thread that has started it.
  std::thread other([&] { study.end(); });
  server().start();
  other.join();
  BOOST_TEST(study.stored() == study.expected());
}

BOOST_AUTO_TEST_CASE(what_was_added_while_the_server_was_away_follows_before_its_transitions) {
  const TempDir dir;
  WrittenStudy study(fresh_options(), dir.path(), sample_study(0), nullptr, at(0), kDeadline);
  study.add(1);
  BOOST_TEST(study.stored() == study.expected());
  const ServerIsBack afterwards;
  server().kill();
  study.set(0, running, 1);
  study.add(700);  // more than go into one transaction
  study.set(600, running, 2);
  study.add(1);
  study.set(600, completed, 3);
  std::thread other([&] { study.end(); });
  server().start();
  other.join();
  BOOST_TEST(study.stored() == study.expected());
}

BOOST_AUTO_TEST_CASE(what_the_server_refuses_is_sent_again) {
  const TempDir dir;
  const auto options = fresh_options();
  WrittenStudy study(options, dir.path());
  const std::string table = options.schema + ".attempts";
  server().query("ALTER TABLE " + table + " RENAME TO hidden");
  study.set(0, running, 1);
  study.set(1, running, 2);
  BOOST_TEST_REQUIRE(study.logged.size() == 1U);
  server().query("ALTER TABLE " + options.schema + ".hidden RENAME TO attempts");
  wait_until("what changed is stored", [&] { return study.stored() == study.expected(); });
}

BOOST_AUTO_TEST_CASE(a_server_that_refuses_what_is_sent_is_tried_less_and_less_often) {
  const TempDir dir;
  auto options = fresh_options();
  server().query("CREATE DATABASE refusing");
  options.connection = server().connection("study", "refusing");
  WrittenStudy study(options, dir.path());
  server().query("ALTER DATABASE refusing SET default_transaction_read_only = on");
  end_all_sessions();
  const auto sessions = [] {
    return std::stoi(
        server().query("SELECT sessions FROM pg_stat_database WHERE datname = 'refusing'"));
  };
  const int before = sessions();
  const auto begin = std::chrono::steady_clock::now();
  study.set(0, running, 1);
  BOOST_TEST_REQUIRE(study.logged.size() == 1U);
  BOOST_TEST(contains(study.logged[0], "read-only transaction"));
  wait_until("it has been tried seven times", [&] { return sessions() >= before + 7; });
  // The first at once, then after half of 50, 100, 200, … ms at least.
  BOOST_TEST((std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(1500)));
  server().query("ALTER DATABASE refusing RESET default_transaction_read_only");
  wait_until("what changed is stored", [&] { return study.stored() == study.expected(); });
}

BOOST_AUTO_TEST_CASE(a_session_that_hangs_is_replaced) {
  const TempDir dir;
  auto options = fresh_options();
  options.answer_timeout = options.wait = std::chrono::milliseconds(200);
  WrittenStudy study(options, dir.path());
  const auto backend =
      std::stoi(server().query("SELECT pid FROM pg_stat_activity WHERE application_name = "
                               "'postgres_writer'"));
  ::kill(backend, SIGSTOP);
  study.set(0, running, 1);
  BOOST_TEST(study.stored() != study.expected());
  // A stopped process heeds the server's order to end only when it goes on.
  wait_until("its end was ordered", [&] {
    return contains(server().query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND "
                                   "NOT granted"),
                    "1");
  });
  ::kill(backend, SIGCONT);
  wait_until("what changed is stored", [&] { return study.stored() == study.expected(); });
  study.set(0, completed, 2);
  BOOST_TEST(study.stored() == study.expected());
}

BOOST_AUTO_TEST_CASE(the_delivery_leaves_signals_to_the_host) {
  const auto threads = [] {
    std::vector<std::filesystem::path> result;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
      result.push_back(thread.path());
    }
    std::sort(result.begin(), result.end());
    return result;
  };
  const auto before = threads();
  const TempDir dir;
  const WrittenStudy study(fresh_options(), dir.path());
  std::vector<std::filesystem::path> added;
  const auto after = threads();
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::back_inserter(added));
  BOOST_TEST_REQUIRE(added.size() == 1U);
  // All but SIGKILL, SIGSTOP and the two that the C library keeps for itself, once it has begun.
  wait_until("all signals are blocked", [&] {
    std::stringstream status;
    status << std::ifstream(added[0] / "status").rdbuf();
    return contains(status.str(), "SigBlk:\tfffffffe7ffbfeff");
  });
}

BOOST_AUTO_TEST_SUITE_END()
