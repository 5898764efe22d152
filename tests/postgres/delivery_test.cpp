#include "postgres/delivery.hpp"

#include <algorithm>
#include <random>
#include <sstream>

#include <boost/test/unit_test.hpp>

using namespace study;
using namespace study::postgres;
using checkpoint::Transition;

namespace {

AttemptRow row(std::uint64_t sequence, std::uint32_t entry, std::uint32_t attempt,
               ExperimentState state) {
  return {.entry = entry, .attempt = attempt, .sequence = sequence, .state = state};
}

/// `sequence:entry/attempt status`
std::string text_of(const std::vector<AttemptRow>& rows) {
  std::ostringstream text;
  for (const AttemptRow& each : rows) {
    text << (text.tellp() > 0 ? ", " : "") << each.sequence << ':' << each.entry << '/'
         << each.attempt << ' ' << attempt_status(each.state);
  }
  return text.str();
}

/// The entries that come first in angle brackets.
std::string text_of(const Batch& batch) {
  std::string text;
  for (const EntryRow& each : batch.entries) text += "<" + std::to_string(each.entry) + ">";
  return text + text_of(batch.attempts);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(delivery)

BOOST_AUTO_TEST_CASE(what_comes_out_is_in_the_order_of_the_transitions) {
  Unacknowledged rows;
  rows.add(row(1, 7, 1, ExperimentState::running));
  rows.add(row(2, 3, 1, ExperimentState::running));
  rows.add(row(3, 5, 1, ExperimentState::running));
  BOOST_TEST(text_of(rows.take(2)) == "1:7/1 running, 2:3/1 running");
  BOOST_TEST(text_of(rows.take(2)) == "3:5/1 running");
  BOOST_TEST(rows.empty());
}

BOOST_AUTO_TEST_CASE(of_one_attempt_the_last_state_is_kept) {
  Unacknowledged rows;
  rows.add(row(1, 0, 1, ExperimentState::running));
  rows.add(row(2, 1, 1, ExperimentState::running));
  rows.add(row(3, 0, 1, ExperimentState::completed));
  BOOST_TEST(text_of(rows.all()) == "2:1/1 running, 3:0/1 completed");
}

BOOST_AUTO_TEST_CASE(the_end_of_the_first_attempt_is_kept_beside_the_last_one) {
  Unacknowledged rows;
  rows.add(row(1, 0, 1, ExperimentState::failed));  // the store has it as running
  for (std::uint32_t attempt = 2; attempt < 50; ++attempt) {
    const auto sequence = std::uint64_t{2} * attempt;
    rows.add(row(sequence, 0, attempt, ExperimentState::running));
    rows.add(row(sequence + 1, 0, attempt, ExperimentState::failed));
  }
  BOOST_TEST(text_of(rows.all()) == "1:0/1 failed, 99:0/49 failed");
}

BOOST_AUTO_TEST_CASE(what_is_put_back_gives_way_to_what_came_meanwhile) {
  Unacknowledged rows;
  rows.add(row(1, 0, 1, ExperimentState::running));
  rows.add(row(2, 1, 1, ExperimentState::running));
  auto taken = rows.take(10);
  rows.add(row(3, 0, 1, ExperimentState::completed));
  rows.put_back(std::move(taken));
  BOOST_TEST(text_of(rows.take(10)) == "2:1/1 running, 3:0/1 completed");
}

BOOST_AUTO_TEST_CASE(an_attempt_that_the_store_may_have_as_running_keeps_its_end) {
  Unacknowledged rows;
  rows.add(row(1, 0, 1, ExperimentState::failed));
  rows.add(row(2, 0, 2, ExperimentState::running));
  auto taken = rows.take(10);  // sent, perhaps stored
  rows.add(row(3, 0, 2, ExperimentState::failed));
  rows.add(row(4, 0, 3, ExperimentState::running));
  rows.put_back(std::move(taken));
  BOOST_TEST(text_of(rows.all()) == "1:0/1 failed, 3:0/2 failed, 4:0/3 running");
}

BOOST_AUTO_TEST_CASE(entries_that_were_added_come_before_all_attempts_and_in_their_order) {
  Unacknowledged rows;
  rows.add(row(1, 0, 1, ExperimentState::running));
  for (std::uint32_t i = 5; i < 8; ++i) rows.add(EntryRow{.entry = i});
  rows.add(row(2, 6, 1, ExperimentState::running));
  auto taken = rows.take(2);
  BOOST_TEST(text_of(taken) == "<5><6>");
  rows.add(EntryRow{.entry = 8});
  rows.put_back(std::move(taken));
  BOOST_TEST(text_of(rows.all()) == "<5><6><7><8>1:0/1 running, 2:6/1 running");
  BOOST_TEST(text_of(rows.take(5)) == "<5><6><7><8>1:0/1 running");
  BOOST_TEST(!rows.empty());
}

BOOST_AUTO_TEST_CASE(it_is_bounded_by_the_number_of_entries) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  Unacknowledged rows;
  std::vector<std::uint32_t> attempts(20);
  for (std::uint64_t sequence = 1; sequence <= 5000; ++sequence) {
    const auto entry = static_cast<std::uint32_t>(random() % attempts.size());
    if (random() % 2 == 0) ++attempts[entry];
    rows.add(row(sequence, entry, attempts[entry], ExperimentState::failed));
  }
  BOOST_TEST(rows.size() <= 40U);
  BOOST_TEST(rows.size() >= 20U);
}

BOOST_AUTO_TEST_CASE(a_row_is_what_a_transition_makes_of_an_attempt) {
  AttemptRows rows;
  const auto row_after = [&](const Transition& transition) {
    return text_of(std::vector{rows.after(transition)});
  };
  BOOST_TEST(
      row_after({.entry = 0, .sequence = 1, .attempt = 1, .state = ExperimentState::running}) ==
      "1:0/1 running");
  BOOST_TEST(
      row_after({.entry = 1, .sequence = 2, .attempt = 4, .state = ExperimentState::failed}) ==
      "2:1/4 failed");
  BOOST_TEST(
      row_after({.entry = 0, .sequence = 3, .attempt = 1, .state = ExperimentState::pending}) ==
      "3:0/1 interrupted");
}

BOOST_AUTO_TEST_CASE(an_attempt_that_could_not_start_has_no_start) {
  AttemptRows rows;
  const Timestamp time{};
  const auto row_of = [&](std::uint64_t sequence, std::uint32_t attempt, ExperimentState state) {
    return rows.after(
        {.entry = 0, .sequence = sequence, .attempt = attempt, .state = state, .time = time});
  };
  BOOST_TEST(!row_of(1, 1, ExperimentState::failed).started_at.has_value());
  BOOST_TEST(row_of(2, 2, ExperimentState::running).started_at.has_value());
  BOOST_TEST(row_of(3, 2, ExperimentState::pending).started_at.has_value());
  BOOST_TEST(!row_of(4, 3, ExperimentState::failed).started_at.has_value());
}

BOOST_AUTO_TEST_CASE(a_server_that_stays_away_is_tried_less_and_less_often) {
  std::mt19937 random(std::random_device{}());
  using std::chrono::milliseconds;
  BOOST_TEST(reconnect_pause(0, false, random).count() == 0);
  milliseconds longest{50};
  for (int failures = 1; failures < 100; ++failures) {
    for (int i = 0; i < 20; ++i) {
      const milliseconds pause = reconnect_pause(failures, false, random);
      BOOST_TEST_REQUIRE(pause <= longest);
      BOOST_TEST_REQUIRE(pause >= longest / 2);
      BOOST_TEST_REQUIRE(reconnect_pause(failures, true, random) <= milliseconds(250));
    }
    longest = std::min(longest * 2, milliseconds(10'000));
  }
}

BOOST_AUTO_TEST_SUITE_END()
