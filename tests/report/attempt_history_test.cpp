// What a report makes of the attempts that observers tell of.
#include "report/attempt_history.hpp"

#include "support/sample_study.hpp"

#include <study/error.hpp>

#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <utility>

#include <boost/test/unit_test.hpp>

using host::Attempt;
using host::AttemptEnd;
using host::AttemptHistory;
using study::StudyAttempt;
using study_test::at;
using enum study::AttemptState;

namespace {

constexpr double kUnknown = -1;

StudyAttempt attempt(const std::string& hash, study::AttemptState state, double start, double end,
                     int slot = -1) {
  const auto time = [](double seconds) {
    return seconds == kUnknown ? std::optional<study::Timestamp>() : at(seconds);
  };
  return {.config_hash = hash,
          .state = state,
          .started_at = time(start),
          .ended_at = time(end),
          .attributes = slot == -1 ? "" : "{\"a\": [], \"slot\": " + std::to_string(slot) + "}"};
}

class Teller final : public study::StudyObserver {
 public:
  explicit Teller(std::vector<StudyAttempt> attempts, bool breaks_off = false)
      : attempts_(std::move(attempts)), breaks_off_(breaks_off) {}

  void on_study_start(const study::StudyStart&) override {}
  void on_experiment_state(const study::ExperimentEvent&) override {}
  void on_study_end(const study::StudyEnd&) override {}
  bool read_attempts(const study::CheckpointQuery&, const study::TakeAttempt& take) override {
    for (const StudyAttempt& one : attempts_) take(one);
    if (breaks_off_) throw std::runtime_error("torn");
    return true;
  }

 private:
  const std::vector<StudyAttempt> attempts_;
  const bool breaks_off_;
};

AttemptHistory collect(std::vector<StudyAttempt> attempts) {
  Teller teller(std::move(attempts));
  return host::collect_attempts(teller, {"/study"});
}

/// `f 1-2 @0`: failed, from second 1 to 2, in slot 0.
std::string text_of(const AttemptHistory& history, const std::string& hash) {
  const auto seconds = [](study::Timestamp time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time - at(0)).count());
  };
  std::string text;
  for (const Attempt& one : history.runs.at(hash + ".1")) {
    text += (text.empty() ? "" : ", ") + std::string(1, static_cast<char>(one.end)) + " " +
            seconds(one.started_at) + "-" + seconds(one.ended_at) +
            (one.slot < 0 ? "" : " @" + std::to_string(one.slot));
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(attempt_history)

BOOST_AUTO_TEST_CASE(each_attempt_has_its_time_its_end_and_its_slot) {
  const auto history = collect({attempt("a", failed, 1, 2, 2), attempt("b", interrupted, 4, 5, -4),
                                attempt("a", completed, 3, 6), attempt("c", failed, kUnknown, 7),
                                attempt("d", running, 8, kUnknown, 100'000)});
  BOOST_TEST(history.problem == "");
  BOOST_TEST(history.size == 4U);
  BOOST_TEST(text_of(history, "a") == "f 1-2 @2, c 3-6");
  BOOST_TEST(text_of(history, "b") == "i 4-5");
  BOOST_TEST(history.runs.count("c.1") == 0U);  // it could not be started
  BOOST_TEST(text_of(history, "d") == "r 8-8");
}

BOOST_AUTO_TEST_CASE(a_slot_that_is_none_is_not_told) {
  for (const char* attributes : {R"({"slot": "1"})", R"({"slot": 1.5})", R"({"slot": null})",
                                 R"({"slot": 18446744073709551615})", R"({"x": {"slot": 1}})"}) {
    StudyAttempt given = attempt("a", failed, 1, 2);
    given.attributes = attributes;
    BOOST_TEST(text_of(collect({given}), "a") == "f 1-2", attributes);
  }
}

BOOST_AUTO_TEST_CASE(what_a_killed_host_had_running_ended_when_it_was_last_heard_of) {
  const auto history = collect({
      attempt("a", interrupted, 1, kUnknown, 0),
      attempt("b", interrupted, 2, kUnknown, 1),
      attempt("c", failed, 0, 3, 2),
      // the next day
      attempt("a", interrupted, 1000, kUnknown, 0),
      attempt("c", interrupted, 1001, kUnknown, 2),
      attempt("d", failed, kUnknown, 1005),
      // and the day after that
      attempt("b", completed, 2000, 2001, 0),
      attempt("c", running, 2001, kUnknown, 1),
      attempt("d", failed, 2002, 2003, 0),
  });
  BOOST_TEST(text_of(history, "a") == "i 1-3 @0, i 1000-1005 @0");
  BOOST_TEST(text_of(history, "b") == "i 2-3 @1, c 2000-2001 @0");
  BOOST_TEST(text_of(history, "c") == "f 0-3 @2, i 1001-1005 @2, r 2001-2003 @1");
}

BOOST_AUTO_TEST_CASE(without_slots_the_next_attempt_at_the_run_tells_how_long_at_most) {
  const auto history = collect({attempt("a", interrupted, 1, kUnknown), attempt("b", failed, 2, 3),
                                attempt("a", completed, 100, 101)});
  BOOST_TEST(text_of(history, "a") == "i 1-3, c 100-101");
}

BOOST_AUTO_TEST_CASE(the_longest_history_counts_and_others_faults_are_told) {
  std::string log;
  const auto longest = [&](std::initializer_list<std::pair<int, bool>> tellers) {
    log.clear();
    std::vector<study::NamedObserver> observers;
    for (const auto& [count, breaks_off] : tellers) {
      std::vector<StudyAttempt> attempts(static_cast<std::size_t>(count),
                                         attempt("a", failed, 1, 2));
      observers.push_back({"teller" + std::to_string(count),
                           std::make_unique<Teller>(std::move(attempts), breaks_off)});
    }
    return host::longest_history(observers, {"/study"},
                                 [&](study::LogSeverity, auto channel, auto text) {
                                   log += std::string(channel) + ": " + std::string(text) + "\n";
                                 });
  };
  BOOST_TEST(longest({}).size == 0U);
  BOOST_TEST(longest({{1, false}, {3, false}, {2, false}}).size == 3U);
  BOOST_TEST(log == "");
  BOOST_TEST(longest({{1, true}, {3, false}, {2, true}}).problem == "");
  BOOST_TEST(log ==
             "teller1: its attempts can't be read: torn\n"
             "teller2: its attempts can't be read: torn\n");
  BOOST_TEST(longest({{1, false}, {3, true}}).problem == "torn");
  BOOST_TEST(log == "");
  BOOST_TEST(longest({{0, false}, {0, true}}).problem == "torn");
  BOOST_TEST(longest({{0, true}, {0, false}}).problem == "torn");
}

BOOST_AUTO_TEST_SUITE_END()
