// What a sink stores of each event, legal or not.
#include "kept_study.hpp"

#include <study/error.hpp>

#include <limits>
#include <random>
#include <thread>

#include <boost/test/unit_test.hpp>

using namespace study;
using enum study::ExperimentState;
using study_test::at;
using study_test::KeptStudy;
using study_test::OwnedEvent;

namespace {

constexpr ExperimentState kStates[] = {pending, running, completed, failed};

/// Brings a pending entry to `state`.
void bring(KeptStudy& study, std::size_t entry, ExperimentState state) {
  if (state != pending) study.tell(entry, running, 1);
  if (state == completed || state == failed) study.tell(entry, state, 2);
}

/// Any event for any entry or none, most of them legal.
OwnedEvent random_event(std::mt19937& random, const KeptStudy& study, double seconds) {
  const auto& entries = study.expected().experiments;
  const std::size_t index = random() % entries.size();
  if (random() % 8 == 0) {
    OwnedEvent event = study.event(index, kStates[random() % 4], seconds);
    if (random() % 4 == 0) event.cycle += 100;
    return event;
  }
  if (entries[index].status == completed) return study.event(index, failed, seconds);
  return study_test::random_legal_event(random, entries[index], at(seconds));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(transitions)

BOOST_AUTO_TEST_CASE(a_study_is_stored_before_anything_runs) {
  KeptStudy study;
  BOOST_TEST(!study.stored().has_value());
  study.start();
  BOOST_TEST(study.is_stored());
  BOOST_TEST(study.count(LogSeverity::warning) == 0);
}

BOOST_AUTO_TEST_CASE(from_each_state_to_each_state_the_legal_ones_are_taken_and_no_others) {
  KeptStudy study(study_test::sample_study(16));
  study.start();
  std::ptrdiff_t refused = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    bring(study, i, kStates[i / 4]);
    if (!study.tell(i, kStates[i % 4], 3.5)) ++refused;
    BOOST_TEST(study.is_stored(), to_string(kStates[i / 4]) << " -> " << to_string(kStates[i % 4]));
    BOOST_TEST(study.count(LogSeverity::warning) == refused);  // one for each
  }
  BOOST_TEST(refused == 9);
}

BOOST_AUTO_TEST_CASE(a_result_that_was_there_already_completes_a_pending_entry) {
  KeptStudy study;
  study.start();
  BOOST_TEST(study.tell(2, completed, 1.5));
  BOOST_TEST(study.is_stored());
  BOOST_TEST(!study.stored()->experiments[2].started_at.has_value());
  BOOST_TEST(!study.tell(2, running, 2));
  study.end(StudyOutcome::completed, 3);
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_CASE(attributes_are_kept_with_their_attempt_or_passed_over) {
  KeptStudy study(study_test::sample_study(1));
  study.start();
  const auto tell = [&](ExperimentState state, double seconds, const std::string& attributes) {
    OwnedEvent event = study.event(0, state, seconds);
    event.attributes = attributes;
    study.tell(event);
    BOOST_TEST(study.is_stored());
  };
  tell(running, 1, R"({"worker": "a", "gpu": 1})");
  tell(failed, 2, R"({"gpu": 2, "text": "\u0000 é"})");
  tell(running, 3, "");
  tell(completed, 4, R"({"loss": 0.5})");
  study.end(StudyOutcome::completed, 5);
  BOOST_TEST(study.is_stored());
  const auto& attributes = study_test::sink_under_test().attributes;
  if (!attributes) return;
  const std::vector<std::string> expected = {R"({"worker":"a","gpu":2,"text":"\u0000 é"})",
                                             R"({"loss":0.5})"};
  BOOST_TEST(attributes(study.dir()) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(attributes_that_are_no_object_or_too_long_are_an_error_and_change_nothing) {
  KeptStudy study;
  study.start();
  study.tell(0, running, 1);
  OwnedEvent event = study.event(0, failed, 2);
  for (const std::string& attributes :
       {std::string("[1]"), std::string("{\"a\": "), std::string("{\"a\": NaN}"),
        "{\"a\": \"" + std::string(kMaxAttributesBytes, 'x') + "\"}"}) {
    event.attributes = attributes;
    BOOST_CHECK_THROW(study.tell_sink_only(event), PluginError);
  }
  BOOST_TEST(study.is_stored());
  event.attributes = "{\"a\": \"" + std::string(kMaxAttributesBytes - 9, 'x') + "\"}";
  BOOST_TEST(study.tell(event));
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_CASE(an_event_of_an_unknown_entry_changes_nothing) {
  KeptStudy study;
  study.start();
  study.tell(0, running, 1);
  for (const std::string& hash :
       {study.event(0, running, 1).config_hash, std::string("nobody"), std::string("x"),
        std::string(10'000, 'h'), std::string("'; --")}) {
    for (const std::int32_t cycle : {2, 77, std::numeric_limits<std::int32_t>::max()}) {
      OwnedEvent event = study.event(0, failed, 2);
      event.config_hash = hash;
      event.cycle = cycle;
      BOOST_TEST(!study.tell(event));
    }
  }
  BOOST_TEST(study.is_stored());
  BOOST_TEST(study.count(LogSeverity::warning) == 15);
}

BOOST_AUTO_TEST_CASE(an_event_that_is_none_is_an_error_and_changes_nothing) {
  KeptStudy study;
  study.start();
  study.tell(0, running, 1);
  OwnedEvent event = study.event(0, completed, 2);
  event.result_file = "\xff.json";
  BOOST_CHECK_THROW(study.tell_sink_only(event), PluginError);
  for (const std::int32_t cycle : {0, -1, std::numeric_limits<std::int32_t>::min()}) {
    event = study.event(0, completed, 2);
    event.cycle = cycle;
    BOOST_CHECK_THROW(study.tell_sink_only(event), PluginError);
  }
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_CASE(a_late_or_repeated_event_never_erases_a_result) {
  KeptStudy study;
  study.start();
  study.tell(0, running, 1);
  study.tell(0, completed, 2);
  for (const ExperimentState state : kStates) {
    for (int i = 0; i < 2; ++i) BOOST_TEST(!study.tell(0, state, 3 + i));
  }
  BOOST_TEST(study.is_stored());
  BOOST_TEST((study.stored()->experiments[0].status == completed));
}

BOOST_AUTO_TEST_CASE(after_each_step_of_a_random_history_the_checkpoint_is_the_reference) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  KeptStudy study(study_test::sample_study(5, 3));
  study.start();
  for (int i = 1; i <= 150; ++i) {
    study.tell(random_event(random, study, i * 0.250001));
    BOOST_TEST_REQUIRE(study.is_stored(), "step " << i << ", seed " << seed);
  }
  study.end(StudyOutcome::completed, 1000.000001);
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_CASE(calls_may_come_from_another_thread_each_time) {
  KeptStudy study;
  std::thread([&] { study.start(); }).join();
  for (const ExperimentState state : {running, failed, running, completed}) {
    std::thread([&] { study.tell(3, state, 4); }).join();
    BOOST_TEST(study.is_stored());
  }
  std::thread([&] { study.end(StudyOutcome::completed, 5); }).join();
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_CASE(times_are_kept_to_the_microsecond_in_whatever_order_they_come) {
  KeptStudy study;
  study.start();
  for (const double seconds : {0.000001, 0.999999, 1.0, -3600.5, 0.0, 4.1e9}) {
    study.tell(1, running, seconds);
    BOOST_TEST(study.is_stored());
    study.tell(1, failed, seconds);
    BOOST_TEST(study.is_stored());
  }
}

BOOST_AUTO_TEST_CASE(ten_thousand_entries_are_kept_like_ten) {
  KeptStudy study(study_test::sample_study(2000, 5));
  study.start();
  BOOST_TEST(study.is_stored());
  std::mt19937 random(5);
  for (int i = 0; i < 1000; ++i) study.tell(random_event(random, study, i));
  BOOST_TEST(study.is_stored());
  study.end(StudyOutcome::interrupted, 2000);
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_SUITE_END()
