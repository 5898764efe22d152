#define BOOST_TEST_MODULE checkpoint_observer
#include "checkpoint/checkpoint_observer.hpp"

#include "support/sample_study.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>

#include <algorithm>

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
  void close(EntryTable& table) override {
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

BOOST_FIXTURE_TEST_CASE(a_refused_event_is_one_warning_and_reaches_no_store, Fixture) {
  start();
  enter(0, completed);
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

BOOST_FIXTURE_TEST_CASE(the_end_gives_up_with_an_error_and_does_not_throw, Fixture) {
  start();
  store.failures_to_come = 1000;
  observer.on_study_end({StudyOutcome::completed, at(9)});
  BOOST_TEST(store.close_calls == 4);
  BOOST_TEST(count(LogSeverity::error) == 1);
}

BOOST_FIXTURE_TEST_CASE(a_resumed_study_continues_from_the_given_state, Fixture) {
  StudyManifest settled = initial_manifest(config, make_plan(config), at(-100));
  settled.experiments[0].status = completed;
  observer.on_study_start({config, dir, at(0), &settled});
  enter(0, running);
  BOOST_TEST(count(LogSeverity::warning) == 1);
  enter(1, running);
  BOOST_TEST((store.commits == Sequences{1}));
}
