// What a sink that keeps all attempts gives back of them.
#include "kept_study.hpp"

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace study;
using enum study::ExperimentState;
using study_test::at;
using study_test::KeptStudy;
using study_test::OwnedEvent;

namespace {

bool keeps_attempts() {
  return static_cast<bool>(study_test::sink_under_test().attributes);
}

/// One line each, for comparisons and their messages; times in seconds of the study.
std::string describe(const StudyAttempt& attempt, std::size_t entry) {
  const auto seconds = [](const std::optional<Timestamp>& time) {
    return time ? std::to_string(std::chrono::duration<double>(*time - at(0)).count()) : "-";
  };
  std::string text = std::to_string(entry) + " #" + std::to_string(attempt.attempt) + " " +
                     std::string(to_string(attempt.state)) + " " + seconds(attempt.started_at) +
                     " to " + seconds(attempt.ended_at);
  for (const auto& part : {attempt.result_file, attempt.error_type, attempt.error_message}) {
    if (part) text += " [" + *part + "]";
  }
  return text + (attempt.attributes.empty() ? "" : " " + attempt.attributes);
}

struct Attempts : KeptStudy {
  /// All that the sink gives, in the order of entries; those of one entry as they came.
  std::vector<std::string> given() {
    std::map<std::tuple<std::string, int>, std::size_t> numbers;
    for (const ManifestEntry& entry : expected().experiments) {
      numbers.emplace(std::tuple(entry.config_hash, entry.cycle), numbers.size());
    }
    std::map<std::size_t, std::vector<std::string>> lines;
    study_test::SinkLibrary::Logged logged;
    const auto observer = study_test::SinkLibrary().create(results_dir(), logged);
    const auto take = [&](const StudyAttempt& attempt) {
      const std::size_t entry = numbers.at({attempt.config_hash, attempt.cycle});
      lines[entry].push_back(describe(attempt, entry));
    };
    is_known = observer->read_attempts(query, take);
    BOOST_TEST(logged.empty());
    std::vector<std::string> all;
    for (const auto& [entry, own] : lines) all.insert(all.end(), own.begin(), own.end());
    return all;
  }
  void expect(std::vector<std::string> wanted) {
    if (!keeps_attempts()) wanted.clear();
    BOOST_TEST(given() == wanted, boost::test_tools::per_element());
    BOOST_TEST(is_known == keeps_attempts());
  }
  void tell_with(std::size_t entry, ExperimentState state, double seconds, std::string attributes) {
    OwnedEvent sent = event(entry, state, seconds);
    sent.attributes = std::move(attributes);
    tell(sent);
  }

  CheckpointQuery query{.study_dir = dir(), .results_dir = results_dir()};
  bool is_known = false;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(attempts)

BOOST_FIXTURE_TEST_CASE(each_attempt_comes_back_as_it_was, Attempts) {
  start();
  expect({});
  tell_with(0, running, 1.25, R"({"slot":1})");
  tell(1, running, 2);
  tell_with(0, failed, 3, R"({"loss":0.5,"text":"\u0000\"é"})");
  tell(2, failed, 4);   // could not be started
  tell(1, pending, 5);  // interrupted
  tell_with(0, running, 6, R"({"slot":0})");
  tell(1, running, 7);
  tell(1, completed, 8.5);
  tell(3, completed, 9);  // its result was there
  expect({R"(0 #1 failed 1.250000 to 3.000000 [ProcessExit] [exit code 1] )"
          R"({"slot":1,"loss":0.5,"text":"\u0000\"é"})",
          R"(0 #2 running 6.000000 to - {"slot":0})", "1 #1 interrupted 2.000000 to 5.000000",
          "1 #2 completed 7.000000 to 8.500000 [result.json]",
          "2 #1 failed - to 4.000000 [ProcessExit] [exit code 1]",
          "3 #1 completed - to 9.000000 [result.json]"});
}

BOOST_FIXTURE_TEST_CASE(attempts_go_on_being_counted_when_a_study_is_resumed, Attempts) {
  start();
  tell(0, running, 1);
  tell(0, failed, 2);
  tell(1, running, 3);
  tell(2, running, 4);
  tell(2, completed, 5);
  abandon();
  StudyManifest from = host::ReferenceTable(expected()).manifest();
  from.experiments[2] = {from.experiments[2].config_hash,
                         from.experiments[2].config_summary};  // its result was no good
  start(&from, 100);
  tell(0, running, 101);
  tell(1, running, 102);
  tell(1, completed, 103);
  tell(2, running, 104);
  tell(0, pending, 105);
  tell(2, pending, 105);
  end(StudyOutcome::interrupted, 106);
  expect({"0 #1 failed 1.000000 to 2.000000 [ProcessExit] [exit code 1]",
          "0 #2 interrupted 101.000000 to 105.000000",
          "1 #1 interrupted 3.000000 to -",  // its host died, nobody knows when
          "1 #2 completed 102.000000 to 103.000000 [result.json]",
          "2 #1 completed 4.000000 to 5.000000 [result.json]",
          "2 #2 interrupted 104.000000 to 105.000000"});
}

BOOST_FIXTURE_TEST_CASE(what_was_added_and_other_cycles_have_theirs, Attempts) {
  set_config(study_test::sample_study(1, 2));
  start();
  tell(1, running, 1);
  grow_to(2, 2);
  tell(2, running, 3);
  tell(2, failed, 4);
  expect({"1 #1 running 1.000000 to -",
          "2 #1 failed 3.000000 to 4.000000 [ProcessExit] [exit code 1]"});
}

BOOST_FIXTURE_TEST_CASE(those_of_a_study_that_is_not_there_are_not_known, Attempts) {
  const auto find_any = [&] {
    study_test::SinkLibrary::Logged logged;
    const auto observer = study_test::SinkLibrary().create(results_dir(), logged);
    return observer->read_attempts(query, [](const StudyAttempt&) { BOOST_ERROR("of what?"); });
  };
  BOOST_TEST(!find_any());
  query.study_dir = results_dir() / "another";
  BOOST_TEST(!find_any());
  start();
  tell(0, running, 1);
  BOOST_TEST(!find_any());
}

BOOST_FIXTURE_TEST_CASE(they_are_found_by_the_study_s_name, Attempts) {
  start();
  tell(0, running, 1);
  abandon();
  // As a host names it; who keeps files there knows it by that alone.
  std::filesystem::rename(dir(), results_dir() / "sample_2026-02-27T16-30-00");
  query = {.study_name = "sample", .results_dir = results_dir()};
  BOOST_TEST(given().size() == (keeps_attempts() ? 1U : 0U));
  query.study_name = "other";
  BOOST_TEST(given().empty());
}

BOOST_FIXTURE_TEST_CASE(all_of_a_large_study_come_and_each_once, Attempts) {
  constexpr std::size_t kEntries = 2'100;  // more than a database is asked for at once
  set_config(study_test::sample_study(static_cast<int>(kEntries)));
  start();
  std::vector<std::string> wanted;
  for (std::size_t i = 0; i < kEntries; ++i) {
    tell(i, failed, 1);
    wanted.push_back(std::to_string(i) + " #1 failed - to 1.000000 [ProcessExit] [exit code 1]");
  }
  expect(wanted);
}

BOOST_FIXTURE_TEST_CASE(reading_them_changes_nothing, Attempts) {
  start();
  tell(0, running, 1);
  const auto first = given();
  BOOST_TEST(given() == first, boost::test_tools::per_element());
  BOOST_TEST(is_stored());
  tell(0, completed, 2);
  BOOST_TEST(is_stored());
}

BOOST_AUTO_TEST_SUITE_END()
