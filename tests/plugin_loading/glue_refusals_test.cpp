// What a plugin that is made with STUDY_EXPORT_OBSERVER says to a host that breaks the contract.
#include "glue_probe.hpp"

#include <climits>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <boost/test/unit_test.hpp>

using namespace study_test;

BOOST_AUTO_TEST_CASE(structs_that_are_too_short_are_refused) {
  Caller caller;
  caller.host.struct_size = offsetof(study_host, log);
  BOOST_TEST(caller.create() == STUDY_BAD_EVENT);
  BOOST_TEST(caller.message().starts_with("study_host: struct_size 56 is too small"));
  BOOST_TEST(caller.observer == nullptr);

  Ready ready;
  auto start = start_event();
  --start.struct_size;
  ready.check_refused(ready.start(start), "study_start_event: struct_size 63");
  study_checkpoint_query query{sizeof query - 1, abi_text("/dir"), abi_text(""), abi_text("/")};
  study_text_receiver receiver{sizeof receiver - 1, nullptr, [](void*, study_string) {}};
  const auto read = [&] {
    return ready.table->read_checkpoint(ready.observer, &query, &receiver, &ready.error);
  };
  ready.check_refused(read(), "study_checkpoint_query: struct_size 55");
  query.struct_size = sizeof query;
  ready.check_refused(read(), "study_text_receiver: struct_size 23");

  Ready started(true);
  auto state = experiment_event();
  state.struct_size = offsetof(study_experiment_event, attributes) - 1;
  started.check_refused(started.state(state), "study_experiment_event: struct_size 87");
  auto end = end_event();
  --end.struct_size;
  started.check_refused(started.end(end), "study_end_event: struct_size 15");
}

BOOST_AUTO_TEST_CASE(null_pointers_are_refused) {
  Caller caller;
  BOOST_TEST(caller.table->create(nullptr, abi_text(""), &caller.observer, &caller.error) ==
             STUDY_BAD_EVENT);
  BOOST_TEST(caller.table->create(&caller.host, abi_text(""), nullptr, &caller.error) ==
             STUDY_BAD_EVENT);
  caller.host.log = nullptr;
  BOOST_TEST(caller.create() == STUDY_BAD_EVENT);
  BOOST_TEST(caller.message() == "study_host: log is NULL");
  const auto start = start_event();
  BOOST_TEST(caller.table->on_study_start(nullptr, &start, &caller.error) == STUDY_BAD_EVENT);

  Ready ready;
  ready.check_refused(ready.table->on_study_start(ready.observer, nullptr, &ready.error),
                      "study_start_event is NULL");
  const study_checkpoint_query query{sizeof query, abi_text("/dir"), abi_text(""), abi_text("/")};
  study_text_receiver receiver{sizeof receiver, nullptr, nullptr};
  const auto read = [&](const study_checkpoint_query* asked, const study_text_receiver* taker) {
    return ready.table->read_checkpoint(ready.observer, asked, taker, &ready.error);
  };
  ready.check_refused(read(nullptr, &receiver), "study_checkpoint_query is NULL");
  ready.check_refused(read(&query, nullptr), "study_text_receiver is NULL");
  ready.check_refused(read(&query, &receiver), "receive is NULL");

  Ready started(true);
  started.check_refused(
      started.table->on_experiment_state(started.observer, nullptr, &started.error),
      "study_experiment_event is NULL");
  started.check_refused(started.table->on_study_end(started.observer, nullptr, &started.error),
                        "study_end_event is NULL");
}

BOOST_AUTO_TEST_CASE(texts_with_a_size_but_no_data_are_refused_by_name) {
  Caller caller;
  caller.host.name = kNoData;
  BOOST_TEST(caller.create() == STUDY_BAD_EVENT);
  BOOST_TEST(caller.message() == "study_host: name has a size but no data");
  caller.host = test_host();
  BOOST_TEST(caller.table->create(&caller.host, kNoData, &caller.observer, &caller.error) ==
             STUDY_BAD_EVENT);

  Ready ready;
  for (auto [member, name] : {std::pair(&study_start_event::study_dir, "study_dir"),
                              std::pair(&study_start_event::study_config, "study_config"),
                              std::pair(&study_start_event::resume_from, "resume_from")}) {
    auto event = start_event();
    event.*member = kNoData;
    ready.check_refused(ready.start(event), std::string(name) + " has a size but no data");
  }
  Ready started(true);
  for (auto [member, name] : {std::pair(&study_experiment_event::config_hash, "config_hash"),
                              std::pair(&study_experiment_event::result_file, "result_file"),
                              std::pair(&study_experiment_event::error_type, "error_type"),
                              std::pair(&study_experiment_event::error_message, "error_message")}) {
    auto event = experiment_event();
    event.*member = kNoData;
    started.check_refused(started.state(event), std::string(name) + " has a size but no data");
  }
}

BOOST_AUTO_TEST_CASE(an_absurd_size_is_refused_without_looking) {
  Ready ready;
  auto event = start_event();
  event.study_config.size = SIZE_MAX;
  ready.check_refused(ready.start(event), "study_config");
}

BOOST_AUTO_TEST_CASE(numbers_out_of_range_are_refused) {
  Ready started(true);
  for (const std::int32_t state : {-1, 4, INT_MAX, INT_MIN}) {
    auto event = experiment_event();
    event.state = state;
    started.check_refused(started.state(event), "state " + std::to_string(state));
  }
  for (const std::int32_t cycle : {0, -1, INT_MIN}) {
    auto event = experiment_event();
    event.cycle = cycle;
    started.check_refused(started.state(event), "cycle " + std::to_string(cycle));
  }
  for (const std::int64_t time_us :
       {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(),
        std::int64_t{253'402'300'800'000'000}}) {
    auto event = experiment_event();
    event.time_us = time_us;
    started.check_refused(started.state(event), "time_us");
  }
  for (const std::int32_t outcome : {-1, 3}) {
    auto event = end_event();
    event.outcome = outcome;
    started.check_refused(started.end(event), "outcome " + std::to_string(outcome));
  }
}

BOOST_AUTO_TEST_CASE(texts_that_cannot_be_parsed_are_refused_and_change_nothing) {
  Ready ready;
  const auto with = [](study_string study_start_event::*member, std::string_view text) {
    auto event = start_event();
    event.*member = abi_text(text);
    return event;
  };
  using E = study_start_event;
  ready.check_refused(ready.start(with(&E::study_dir, "")), "study_dir is empty");
  ready.check_refused(ready.start(with(&E::study_config, "")), "study_config: ");
  ready.check_refused(ready.start(with(&E::study_config, "{")), "study_config: ");
  ready.check_refused(ready.start(with(&E::study_config, "[]")), "study_config: ");
  ready.check_refused(ready.start(with(&E::study_config, "\xff")), "study_config is not UTF-8");
  ready.check_refused(ready.start(with(&E::resume_from, "nonsense")), "resume_from: ");
  BOOST_TEST(ready.start(start_event()) == STUDY_OK);

  auto event = experiment_event();
  event.config_hash = abi_text("");
  Probe::calls.clear();
  ready.check_refused(ready.state(event), "config_hash is empty");
  event = experiment_event();
  event.result_file = abi_text("\xff");
  ready.check_refused(ready.state(event), "result_file is not UTF-8");
}

BOOST_AUTO_TEST_CASE(bad_options_are_refused_with_the_reason) {
  Caller caller;
  const auto check = [&](std::string_view options, std::string_view reason) {
    BOOST_TEST(caller.create(options) == STUDY_BAD_OPTIONS);
    BOOST_CHECK_MESSAGE(caller.message().find(reason) != std::string::npos, caller.message());
    BOOST_TEST(caller.observer == nullptr);
  };
  check("{", "not JSON");
  check("[1]", "not a JSON object");
  check(R"({"chanel": "x"})", "did you mean 'channel'?");
  check(R"({"channel": 1})", "must be of type string");
  BOOST_TEST(Probe::calls.empty());
  check(R"({"channel": "wrong"})", "no such channel");
}

BOOST_AUTO_TEST_CASE(calls_out_of_turn_do_not_reach_the_observer) {
  Ready ready;
  ready.check_refused(ready.state(experiment_event()), "before on_study_start");
  ready.check_refused(ready.end(end_event()), "before on_study_start");

  Ready started(true);
  started.check_refused(started.start(start_event()), "on_study_start after on_study_start");
  BOOST_TEST(started.end(end_event()) == STUDY_OK);
  Probe::calls.clear();
  started.check_refused(started.end(end_event()), "on_study_end after the end");
  started.check_refused(started.state(experiment_event()), "after the end");
}

BOOST_AUTO_TEST_CASE(after_a_refused_start_only_the_destructor_follows) {
  Ready ready;
  Probe::refuses = true;
  BOOST_TEST(ready.start(start_event()) == STUDY_FAILED);
  Probe::refuses = false;
  BOOST_TEST(ready.message() == "refused");
  Probe::calls.clear();
  ready.check_refused(ready.start(start_event()), "after the end");
  ready.check_refused(ready.end(end_event()), "after the end");
}
