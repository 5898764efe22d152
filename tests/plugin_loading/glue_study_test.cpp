// What a plugin that is made with STUDY_EXPORT_OBSERVER says to a host that keeps the contract.
#include "glue_probe.hpp"
#include "support/sample_study.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace study_test;

STUDY_EXPORT_OBSERVER(Probe, .name = "probe", .version = "0.1", .description = "Remembers.",
                      .options_schema = R"({"properties": {"channel": {"type": "string"}}})")

namespace {

const study_checkpoint_query kQuery{sizeof kQuery, abi_text("/dir"), abi_text(""), abi_text("/")};

study_text_receiver receiver_into(std::vector<std::string>& received) {
  return {sizeof(study_text_receiver), &received, [](void* context, study_string text) {
            static_cast<std::vector<std::string>*>(context)->emplace_back(text.data, text.size);
          }};
}

}  // namespace

BOOST_AUTO_TEST_CASE(another_major_version_is_refused) {
  BOOST_TEST(study_observer_plugin_v1(0, 0) == nullptr);
  BOOST_TEST(study_observer_plugin_v1(2, 0) == nullptr);
}

BOOST_AUTO_TEST_CASE(any_minor_version_gets_the_same_whole_table) {
  const study_observer_plugin* table = study_observer_plugin_v1(1, 0);
  BOOST_REQUIRE(table != nullptr);
  BOOST_TEST(study_observer_plugin_v1(1, 7) == table);
  BOOST_TEST(table->magic == STUDY_OBSERVER_MAGIC);
  BOOST_TEST(table->struct_size == sizeof(study_observer_plugin));
  BOOST_TEST(std::string(table->name.data, table->name.size) == "probe");
}

BOOST_AUTO_TEST_CASE(a_whole_study_passes_through) {
  {
    Caller caller;
    host_log.clear();
    BOOST_TEST(caller.create(R"({"channel": "c"})") == STUDY_OK);
    BOOST_TEST(host_log == std::vector<std::string>{"2 c host/9"},
               boost::test_tools::per_element());
    BOOST_TEST(caller.start(start_event()) == STUDY_OK);
    BOOST_TEST(caller.state(experiment_event()) == STUDY_OK);
    BOOST_TEST(caller.end(end_event()) == STUDY_OK);
    BOOST_TEST(caller.error.size == 0U);
  }
  const std::vector<std::string> expected = {"create", "start s", "state abc ", "end", "destroy"};
  BOOST_TEST(Probe::calls == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(structs_of_a_newer_host_are_longer_and_welcome) {
  Caller caller;
  caller.host.struct_size += 64;
  BOOST_TEST(caller.create() == STUDY_OK);
  auto start = start_event();
  start.struct_size += 64;
  BOOST_TEST(caller.start(start) == STUDY_OK);
}

BOOST_AUTO_TEST_CASE(a_store_that_is_away_starts_for_hosts_that_know_of_it_and_fails_for_others) {
  Probe::store_is_away = true;
  {
    Caller caller;
    caller.host.abi_minor = 2;
    BOOST_TEST(caller.create() == STUDY_OK);
    BOOST_TEST(caller.start(start_event()) == STUDY_STORE_AWAY);
    BOOST_TEST(caller.message() == "the server is away");
    BOOST_TEST(caller.state(experiment_event()) == STUDY_OK);
    BOOST_TEST(caller.end(end_event()) == STUDY_OK);
  }
  for (const std::uint32_t minor : {0U, 1U}) {
    Caller caller;
    caller.host.abi_minor = minor;
    BOOST_TEST(caller.create() == STUDY_OK);
    BOOST_TEST(caller.start(start_event()) == STUDY_FAILED);
    BOOST_TEST(caller.message() == "the server is away");
    BOOST_TEST(caller.state(experiment_event()) == STUDY_BAD_EVENT);
  }
  Probe::store_is_away = false;
}

BOOST_AUTO_TEST_CASE(an_error_text_that_is_not_utf8_is_repaired_rather_than_lost) {
  Ready started(true);
  auto event = experiment_event();
  event.state = STUDY_EXPERIMENT_FAILED;
  event.error_message = abi_text(
      "b\xff"
      "d");
  BOOST_TEST(started.state(event) == STUDY_OK);
  BOOST_REQUIRE(Probe::calls.size() == 1U);
  BOOST_TEST(Probe::calls[0] ==
             "state abc b\uFFFD"
             "d");
}

BOOST_AUTO_TEST_CASE(a_resumed_study_gets_the_manifest) {
  Ready ready;
  const std::string manifest = study::render_manifest(study_test::sample_manifest(2));
  auto event = start_event();
  event.resume_from = abi_text(manifest);
  BOOST_TEST(ready.start(event) == STUDY_OK);
  BOOST_TEST(Probe::calls == std::vector<std::string>{"start s resumed"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_message_is_cut_at_a_code_point_and_no_byte_follows) {
  Caller caller;
  caller.buffer.fill('#');
  const std::string_view options = R"({"ääääääää": 1})";
  BOOST_TEST(caller.create(options) == STUDY_BAD_OPTIONS);
  const std::string whole = caller.message();
  const std::size_t inside = whole.find("ä") + 1;
  caller.error.capacity = inside;
  caller.buffer.fill('#');
  BOOST_TEST(caller.create(options) == STUDY_BAD_OPTIONS);
  BOOST_TEST(caller.message() == whole.substr(0, inside - 1));
  BOOST_TEST(std::count(caller.buffer.begin(), caller.buffer.end(), '#') ==
             static_cast<std::ptrdiff_t>(caller.buffer.size() - (inside - 1)));
}

BOOST_AUTO_TEST_CASE(a_host_without_a_buffer_still_gets_the_status) {
  Caller caller;
  BOOST_TEST(caller.table->create(&caller.host, abi_text("{"), &caller.observer, nullptr) ==
             STUDY_BAD_OPTIONS);
  caller.error.data = nullptr;
  BOOST_TEST(caller.create("{") == STUDY_BAD_OPTIONS);
  BOOST_TEST(caller.error.size == 0U);
  study_error older{4, nullptr, 100, 100};
  BOOST_TEST(caller.table->create(&caller.host, abi_text("{"), &caller.observer, &older) ==
             STUDY_BAD_OPTIONS);
  BOOST_TEST(older.size == 100U);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_is_handed_over_once_and_none_is_no_error) {
  Ready ready;
  std::vector<std::string> received;
  const study_text_receiver receiver = receiver_into(received);
  const auto read = [&] {
    return ready.table->read_checkpoint(ready.observer, &kQuery, &receiver, &ready.error);
  };
  Probe::checkpoint.reset();
  BOOST_TEST(read() == STUDY_NO_CHECKPOINT);
  BOOST_TEST(received.empty());
  Probe::checkpoint = study_test::sample_manifest(2);
  BOOST_TEST(read() == STUDY_OK);
  BOOST_REQUIRE(received.size() == 1U);
  BOOST_TEST(received[0] == study::render_manifest(study_test::sample_manifest(2)));

  const study_checkpoint_query nothing{sizeof nothing, abi_text(""), abi_text(""), abi_text("/")};
  ready.check_refused(
      ready.table->read_checkpoint(ready.observer, &nothing, &receiver, &ready.error),
      "neither study_dir nor study_name");
}

BOOST_AUTO_TEST_CASE(each_attempt_is_handed_over_in_a_text_of_its_own) {
  Ready ready;
  std::vector<std::string> received;
  const study_text_receiver receiver = receiver_into(received);
  const auto read = [&](const study_checkpoint_query* asked, const study_text_receiver* taker) {
    received.clear();
    return ready.table->read_attempts(ready.observer, asked, taker, &ready.error);
  };
  Probe::attempts.clear();
  BOOST_TEST(read(&kQuery, &receiver) == STUDY_NO_CHECKPOINT);
  Probe::attempts = {{.config_hash = "a", .cycle = 2, .state = study::AttemptState::interrupted},
                     {.config_hash = "b\xff", .attempt = 3, .attributes = R"({"slot": 1})"}};
  BOOST_TEST(read(&kQuery, &receiver) == STUDY_OK);
  BOOST_REQUIRE(received.size() == 2U);
  BOOST_TEST(received[0] == R"({"config_hash":"a","cycle":2,"attempt":1,"state":"interrupted"})");
  BOOST_TEST(received[1] ==
             "{\"config_hash\":\"b\uFFFD\",\"cycle\":1,\"attempt\":3,"
             "\"state\":\"running\",\"attributes\":{\"slot\":1}}");
  Probe::refuses = true;
  BOOST_TEST(read(&kQuery, &receiver) == STUDY_CHECKPOINT_CORRUPT);
  BOOST_TEST(received.size() == 2U);
  BOOST_TEST(ready.message() == "torn");
  Probe::refuses = false;
  Probe::attempts[0].attributes = "[1]";
  BOOST_TEST(read(&kQuery, &receiver) == STUDY_FAILED);
  BOOST_TEST(received.empty());
  BOOST_TEST(ready.message() == "the attributes of attempt 1 of a cycle 2 are no JSON object");
  ready.check_refused(read(nullptr, &receiver), "study_checkpoint_query is NULL");
  ready.check_refused(read(&kQuery, nullptr), "study_text_receiver is NULL");
  const study_checkpoint_query nothing{sizeof nothing, abi_text(""), abi_text(""), abi_text("/")};
  ready.check_refused(read(&nothing, &receiver), "read_attempts: neither study_dir nor study_name");
  Probe::attempts.clear();
}

BOOST_AUTO_TEST_CASE(each_study_is_handed_over_in_a_text_of_its_own) {
  Ready ready;
  std::vector<std::string> received;
  const study_text_receiver receiver = receiver_into(received);
  const study_checkpoint_query all{sizeof all, abi_text(""), abi_text("s"), abi_text("/results")};
  const auto list = [&](const study_checkpoint_query* asked, const study_text_receiver* taker) {
    received.clear();
    return ready.table->list_studies(ready.observer, asked, taker, &ready.error);
  };
  Probe::studies.clear();
  BOOST_TEST(list(&all, &receiver) == STUDY_NO_CHECKPOINT);
  BOOST_TEST(Probe::studies_query.study_name == "s");
  BOOST_TEST(Probe::studies_query.results_dir == "/results");
  const auto second = [](std::int64_t number) {
    return study::Timestamp(std::chrono::seconds(number));
  };
  study::StoredStudy bare;
  bare.study_name = "s\xff";
  bare.study_dir = "/d";
  study::StoredStudy whole{.study_name = "t",
                           .study_dir = "/e",
                           .study_design_hash = "0123",
                           .status = study::StudyStatus::interrupted,
                           .started_at = second(1),
                           .completed_at = second(2),
                           .counters = {3, 2, 1},
                           .running = 1,
                           .writer = {study::WriterState::gone, study::Writer{7, "node7", "", {}}}};
  Probe::studies = {bare, whole};
  BOOST_TEST(list(&all, &receiver) == STUDY_OK);
  BOOST_REQUIRE(received.size() == 2U);
  BOOST_TEST(received[0] ==
             "{\"study_name\":\"s\uFFFD\",\"study_dir\":\"/d\",\"study_design_hash\":\"\","
             "\"status\":\"running\",\"started_at\":\"1970-01-01T00:00:00Z\",\"completed\":0,"
             "\"failed\":0,\"pending\":0,\"running\":0,\"writer\":\"unknown\"}");
  BOOST_TEST(received[1] ==
             R"({"study_name":"t","study_dir":"/e","study_design_hash":"0123",)"
             R"("status":"interrupted","started_at":"1970-01-01T00:00:01Z",)"
             R"("completed_at":"1970-01-01T00:00:02Z","completed":3,"failed":2,"pending":1,)"
             R"("running":1,"writer":"gone","writer_host":"node7","writer_pid":7,)"
             R"("writer_since":"1970-01-01T00:00:00Z"})");
  Probe::refuses = true;
  BOOST_TEST(list(&all, &receiver) == STUDY_CHECKPOINT_CORRUPT);
  BOOST_TEST(ready.message() == "torn");
  Probe::refuses = false;
  Probe::studies.clear();
  ready.check_refused(list(nullptr, &receiver), "study_checkpoint_query is NULL");
  ready.check_refused(list(&all, nullptr), "study_text_receiver is NULL");
  ready.check_refused(list(&kQuery, &receiver), "list_studies: study_dir must be empty");
}

BOOST_AUTO_TEST_CASE(destroying_nothing_does_nothing) {
  BOOST_CHECK_NO_THROW(study_observer_plugin_v1(1, 0)->destroy(nullptr));
}
