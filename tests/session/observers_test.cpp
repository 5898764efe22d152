// Several observers as one.
#include "session/observers.hpp"

#include <study/error.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace {

using Calls = std::vector<std::string>;

/// Writes down what it is called with, and throws where it is told to.
class Recorder final : public study::StudyObserver {
 public:
  Recorder(std::string name, Calls& calls, std::string throws_in)
      : name_(std::move(name)), calls_(calls), throws_in_(std::move(throws_in)) {}

  void on_study_start(const study::StudyStart&) override { note("start"); }
  void on_experiment_state(const study::ExperimentEvent& event) override {
    note(std::string(to_string(event.state)));
  }
  void on_study_end(const study::StudyEnd& event) override {
    note("end " + std::string(to_string(study::to_status(event.outcome))));
  }

 private:
  void note(const std::string& what) {
    calls_.push_back(name_ + " " + what);
    if (!throws_in_.empty() && what.starts_with(throws_in_)) throw std::runtime_error("ouch");
  }

  std::string name_;
  Calls& calls_;
  std::string throws_in_;
};

/// A set of observers `a`, `b`, …, each of which throws in the callback that is given for it.
struct Fixture {
  std::unique_ptr<study::ObserverSet> make(const std::vector<std::string>& throws_in) {
    std::vector<study::NamedObserver> observers;
    char name = 'a';
    for (const std::string& callback : throws_in) {
      const std::string text(1, name++);
      observers.push_back({"observer_" + text, std::make_unique<Recorder>(text, calls, callback)});
    }
    return std::make_unique<study::ObserverSet>(std::move(observers), log);
  }

  std::string log_text;
  study::LogFunction log = [this](study::LogSeverity severity, std::string_view channel,
                                  std::string_view text) {
    const bool is_error = severity == study::LogSeverity::error;
    BOOST_TEST((is_error || severity == study::LogSeverity::warning));
    log_text +=
        std::string(channel) + (is_error ? ": error: " : ": warning: ") + std::string(text) + "\n";
  };
  Calls calls;
  study::StudyConfig config;
  std::filesystem::path study_dir = "/nowhere";
  study::StudyStart start_event{config, study_dir, {}};
};

study::ExperimentEvent event(study::ExperimentState state) {
  study::ExperimentEvent event;
  event.state = state;
  return event;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(observer_set, Fixture)

BOOST_AUTO_TEST_CASE(each_event_goes_to_all_in_order) {
  const auto set = make({"", ""});
  set->start(start_event);
  set->on_experiment_state(event(study::ExperimentState::running));
  set->end(study::StudyOutcome::completed, {});
  const Calls expected{"a start",   "b start",         "a running",
                       "b running", "a end completed", "b end completed"};
  BOOST_TEST(calls == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_that_refuses_stops_the_study_and_ends_those_that_had_started) {
  const auto set = make({"", "start", ""});
  BOOST_CHECK_EXCEPTION(set->start(start_event), study::StudyError, [](const auto& error) {
    return std::string(error.what()) == "the study cannot start: observer_b: ouch";
  });
  set->end(study::StudyOutcome::completed, {});
  const Calls expected{"a start", "b start", "a end failed"};
  BOOST_TEST(calls == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_that_fails_is_logged_by_name_and_keeps_nothing_from_the_others) {
  const auto set = make({"running", "end", ""});
  set->start(start_event);
  set->on_experiment_state(event(study::ExperimentState::running));
  set->on_experiment_state(event(study::ExperimentState::completed));
  BOOST_TEST(set->end(study::StudyOutcome::completed, {}) == 1U);
  const Calls expected{"a start",     "b start",         "c start",         "a running",
                       "b running",   "c running",       "a completed",     "b completed",
                       "c completed", "a end completed", "b end completed", "c end completed"};
  BOOST_TEST(calls == expected, boost::test_tools::per_element());
  BOOST_TEST(
      log_text ==
      "observer_a: warning: observer_a: on_experiment_state failed: ouch; the study goes on\n"
      "observer_b: error: observer_b: on_study_end failed: ouch\n");
}

BOOST_AUTO_TEST_CASE(the_end_comes_once) {
  {
    const auto set = make({""});
    set->start(start_event);
    set->end(study::StudyOutcome::interrupted, {});
    set->end(study::StudyOutcome::completed, {});
  }
  BOOST_TEST(calls == (Calls{"a start", "a end interrupted"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_study_that_an_exception_ends_has_failed) {
  try {
    const auto set = make({""});
    set->start(start_event);
    throw std::runtime_error("the runner broke");
  } catch (const std::runtime_error&) {
  }
  BOOST_TEST(calls == (Calls{"a start", "a end failed"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_set_that_never_started_never_ends) {
  { const auto set = make({""}); }
  BOOST_TEST(calls.empty());
}

BOOST_AUTO_TEST_SUITE_END()
