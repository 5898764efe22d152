#define BOOST_TEST_MODULE checkpoint_observer
#include "checkpoint/checkpoint_observer.hpp"

#include "support/sample_study.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>

#include <algorithm>
#include <chrono>

#include <boost/test/unit_test.hpp>

using namespace study;
using checkpoint::CheckpointObserver;
using checkpoint::EntryTable;
using checkpoint::Transition;
using enum study::ExperimentState;
using study_test::at;

namespace {

/// What a store was told, and whether it can store.
struct Store {
  int failures_to_come = 0;
  bool refuses = false;
  std::vector<std::uint64_t> commits;  ///< the sequence of each commit, stored or not
  std::vector<std::pair<std::size_t, std::size_t>> added;  ///< from, up to, of each call
  int close_calls = 0;
  std::optional<StudyStatus> outcome;
};

class FakeSink final : public checkpoint::Sink {
 public:
  explicit FakeSink(Store& store) : store_(store) {}

  void open(EntryTable&, const StudyStart&) override {
    if (store_.refuses) throw StudyError("no room for a study");
  }
  void commit(EntryTable&, const Transition& transition) override {
    store_.commits.push_back(transition.sequence);
    fail_if_due();
  }
  void add(EntryTable& table, checkpoint::EntryIndex first, Timestamp) override {
    store_.added.emplace_back(first, table.size());
    fail_if_due();
  }
  void close(EntryTable& table, std::chrono::steady_clock::time_point) override {
    ++store_.close_calls;
    fail_if_due();
    store_.outcome = table.head().status;
  }
  std::optional<StudyManifest> read_checkpoint(const CheckpointQuery&) override { return {}; }

 private:
  void fail_if_due() {
    if (store_.failures_to_come == 0) return;
    --store_.failures_to_come;
    throw std::runtime_error("disk full");
  }
  Store& store_;
};

struct Fixture {
  Store store;
  std::vector<std::pair<LogSeverity, std::string>> logged;
  int sleeps = 0;
  StudyConfig config = study_test::sample_study(5);
  std::vector<PlannedConfiguration> planned = make_plan(config).configurations;
  std::filesystem::path dir = "/nowhere";
  CheckpointObserver observer{
      std::make_unique<FakeSink>(store),
      [this](LogSeverity severity, std::string_view text) { logged.emplace_back(severity, text); },
      [this](std::chrono::milliseconds) { ++sleeps; }};

  void start() { observer.on_study_start({config, dir, at(0), nullptr}); }
  void enter(std::size_t configuration, ExperimentState state) {
    observer.on_experiment_state({.config_hash = planned[configuration].config_hash,
                                  .cycle = 1,
                                  .state = state,
                                  .time = at(1)});
  }
  [[nodiscard]] std::ptrdiff_t count(LogSeverity severity) const {
    return std::count_if(logged.begin(), logged.end(),
                         [&](const auto& entry) { return entry.first == severity; });
  }
};

using Sequences = std::vector<std::uint64_t>;

}  // namespace

BOOST_FIXTURE_TEST_CASE(each_transition_is_committed_at_once, Fixture) {
  start();
  enter(0, running);
  enter(1, running);
  enter(0, completed);
  BOOST_TEST((store.commits == Sequences{1, 2, 3}));
  BOOST_TEST(logged.empty());
}

BOOST_FIXTURE_TEST_CASE(a_sink_that_refuses_refuses_the_study, Fixture) {
  store.refuses = true;
  BOOST_CHECK_THROW(start(), StudyError);
  BOOST_CHECK_THROW(enter(0, running), StudyError);
}

BOOST_FIXTURE_TEST_CASE(a_failing_store_is_one_warning_and_so_is_the_next_success, Fixture) {
  start();
  store.failures_to_come = 3;
  enter(0, running);
  enter(1, running);
  enter(2, running);
  BOOST_TEST(count(LogSeverity::warning) == 1);
  BOOST_TEST(logged[0].second.find("disk full") != std::string::npos);
  enter(3, running);
  BOOST_TEST(logged.size() == 2U);
  BOOST_TEST((logged[1].first == LogSeverity::warning));
  BOOST_TEST(logged[1].second.find("after 3 failed writes") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(each_transition_is_handed_over_once_however_long_an_outage_lasts, Fixture) {
  start();
  store.failures_to_come = 1000;
  Sequences expected;
  for (std::uint64_t i = 1; i <= 1200; ++i) {
    enter(0, i % 2 == 1 ? running : failed);
    expected.push_back(i);
  }
  BOOST_TEST(store.commits == expected, boost::test_tools::per_element());
  BOOST_TEST(logged.size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_second_streak_is_warned_of_again, Fixture) {
  start();
  for (int streak = 0; streak < 2; ++streak) {
    store.failures_to_come = 1;
    enter(0, running);
    enter(0, pending);
  }
  BOOST_TEST(logged.size() == 4U);
  BOOST_TEST(logged[2].second.find("disk full") != std::string::npos);
  BOOST_TEST(logged[3].second.ends_with("after 1 failed write"));
}

BOOST_FIXTURE_TEST_CASE(a_refused_event_is_one_warning_told_to_the_host_and_reaches_no_store,
                        Fixture) {
  start();
  BOOST_CHECK_EXCEPTION(enter(0, pending), EventIgnored, [](const EventIgnored& error) {
    return std::string(error.what()).find("can't become pending") != std::string::npos;
  });
  BOOST_TEST(count(LogSeverity::warning) == 1);
  BOOST_TEST(store.commits.empty());
}

BOOST_FIXTURE_TEST_CASE(the_end_is_retried_as_a_part_of_the_same_streak, Fixture) {
  start();
  store.failures_to_come = 3;
  enter(0, running);
  observer.on_study_end({StudyOutcome::interrupted, at(9)});
  BOOST_TEST(store.close_calls == 3);
  BOOST_TEST(sleeps == 2);
  BOOST_TEST((store.outcome == StudyStatus::interrupted));
  BOOST_TEST(logged.size() == 2U);
  BOOST_TEST(logged[1].second.find("complete, after 3 failed writes") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(an_end_that_can_not_be_stored_is_the_host_s_to_know, Fixture) {
  start();
  store.failures_to_come = 1000;
  BOOST_CHECK_EXCEPTION(observer.on_study_end({StudyOutcome::completed, at(9)}), StudyError,
                        [](const StudyError& error) {
                          const std::string text = error.what();
                          return text.find("final checkpoint is missing") != std::string::npos &&
                                 text.ends_with("disk full");
                        });
  BOOST_TEST(store.close_calls == 4);
  BOOST_TEST(count(LogSeverity::error) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_resumed_study_continues_from_the_given_state, Fixture) {
  StudyManifest settled = initial_manifest(config, make_plan(config), at(-100));
  settled.experiments[0].status = completed;
  observer.on_study_start({config, dir, at(0), &settled});
  BOOST_CHECK_THROW(enter(0, running), EventIgnored);
  BOOST_TEST(count(LogSeverity::warning) == 1);
  enter(1, running);
  BOOST_TEST((store.commits == Sequences{1}));
}

BOOST_FIXTURE_TEST_CASE(a_checkpoint_of_another_study_is_refused_and_names_the_experiment,
                        Fixture) {
  StudyManifest other = initial_manifest(config, make_plan(config), at(0));
  const std::string missing = other.experiments[2].config_hash;
  other.experiments.erase(other.experiments.begin() + 2);
  BOOST_CHECK_EXCEPTION(observer.on_study_start({config, dir, at(0), &other}), StudyError,
                        [&](const StudyError& error) {
                          return std::string(error.what()).find(missing + " cycle 1 is missing") !=
                                 std::string::npos;
                        });
  other = initial_manifest(config, make_plan(config), at(0));
  other.experiments.push_back({"another", "summary"});
  BOOST_CHECK_THROW(observer.on_study_start({config, dir, at(0), &other}), StudyError);
}

BOOST_FIXTURE_TEST_CASE(experiments_are_added_behind_the_others_and_those_that_are_there_are_not,
                        Fixture) {
  start();
  const StudyConfig more = study_test::sample_study(8);
  observer.on_experiments_added({more.experiments, at(1)});
  BOOST_TEST_REQUIRE(store.added.size() == 1U);
  BOOST_TEST(store.added[0].first == 5U);
  BOOST_TEST(store.added[0].second == 8U);
  observer.on_experiments_added({more.experiments, at(2)});  // nothing new
  BOOST_TEST(store.added.size() == 1U);
  planned = make_plan(more).configurations;
  enter(7, running);
  BOOST_TEST((store.commits == Sequences{1}));
}

BOOST_FIXTURE_TEST_CASE(an_addition_that_can_not_be_stored_is_a_part_of_the_streak, Fixture) {
  start();
  store.failures_to_come = 1;
  observer.on_experiments_added({study_test::sample_study(6).experiments, at(1)});
  BOOST_TEST(count(LogSeverity::warning) == 1);
  enter(0, running);
  BOOST_TEST(logged.back().second.ends_with("after 1 failed write"));
}

BOOST_FIXTURE_TEST_CASE(the_end_waits_no_longer_than_it_is_told, Fixture) {
  CheckpointObserver impatient(
      std::make_unique<FakeSink>(store), [](LogSeverity, std::string_view) {},
      [this](std::chrono::milliseconds) { ++sleeps; }, std::chrono::milliseconds(0));
  impatient.on_study_start({config, dir, at(0), nullptr});
  store.failures_to_come = 1000;
  BOOST_CHECK_THROW(impatient.on_study_end({StudyOutcome::completed, at(9)}), StudyError);
  BOOST_TEST(store.close_calls == 1);
  BOOST_TEST(sleeps == 0);
}
