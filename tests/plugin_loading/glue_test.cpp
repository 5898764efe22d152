// What a plugin that is made with STUDY_EXPORT_OBSERVER says to a host that breaks the contract.
#include "support/sample_study.hpp"

#include <study/export_observer.hpp>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace std::string_view_literals;

namespace {

/// Remembers what got through to it.
class Probe final : public study::StudyObserver {
 public:
  static inline std::vector<std::string> calls;
  static inline std::optional<study::StudyManifest> checkpoint;
  static inline bool refuses = false;

  Probe(study::PluginHost host, const boost::json::object& options) {
    calls.push_back("create");
    host.log(study::LogSeverity::info, std::string(host.name()) + "/" + std::string(host.version()),
             options.contains("channel") ? options.at("channel").as_string().c_str() : "");
    if (options.contains("channel") && options.at("channel") == "wrong") {
      throw study::InputError("no such channel");
    }
  }
  ~Probe() override { calls.push_back("destroy"); }

  void on_study_start(const study::StudyStart& event) override {
    calls.push_back("start " + event.config.study_name +
                    (event.resume_from == nullptr ? "" : " resumed"));
    if (refuses) throw std::runtime_error("refused");
  }
  void on_experiment_state(const study::ExperimentEvent& event) override {
    calls.push_back("state " + std::string(event.config_hash) + " " +
                    std::string(event.error_message));
  }
  void on_study_end(const study::StudyEnd&) override { calls.push_back("end"); }
  std::optional<study::StudyManifest> read_checkpoint(const study::CheckpointQuery&) override {
    return checkpoint;
  }
};

}  // namespace

STUDY_EXPORT_OBSERVER(Probe, .name = "probe", .version = "0.1", .description = "Remembers.",
                      .options_schema = R"({"properties": {"channel": {"type": "string"}}})")

namespace {

study_string abi_text(std::string_view text) {
  return {text.data(), text.size()};
}

constexpr study_string kNoData{nullptr, 3};

std::vector<std::string> host_log;

void take_log(void*, std::int32_t severity, study_string channel, study_string text) {
  host_log.push_back(std::to_string(severity) + " " + std::string(channel.data, channel.size) +
                     " " + std::string(text.data, text.size));
}

study_host test_host() {
  return {sizeof(study_host), 1, 0, abi_text("host"), abi_text("9"), nullptr, &take_log};
}

/// A host in C: calls the table's functions and keeps status and message of the last call.
struct Caller {
  const study_observer_plugin* table = study_observer_plugin_v1(1, 0);
  study_host host = test_host();
  void* observer = nullptr;
  std::array<char, 512> buffer{};
  study_error error{sizeof(study_error), buffer.data(), buffer.size(), 0};

  Caller() { Probe::calls.clear(); }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  ~Caller() { table->destroy(observer); }

  [[nodiscard]] std::string message() const { return {error.data, error.size}; }
  std::int32_t create(std::string_view options = "") {
    return table->create(&host, abi_text(options), &observer, &error);
  }
  std::int32_t start(const study_start_event& event) {
    return table->on_study_start(observer, &event, &error);
  }
  std::int32_t state(const study_experiment_event& event) {
    return table->on_experiment_state(observer, &event, &error);
  }
  std::int32_t end(const study_end_event& event) {
    return table->on_study_end(observer, &event, &error);
  }
};

constexpr std::string_view kConfig =
    R"({"study_name": "s", "framework_version": "1", "experiments": [{"config": {"model": "m"}}]})";

study_start_event start_event() {
  return {sizeof(study_start_event), 5, abi_text("/dir"), abi_text(kConfig), abi_text("")};
}

study_experiment_event experiment_event() {
  return {sizeof(study_experiment_event),
          STUDY_RUNNING,
          1,
          6,
          abi_text("abc"),
          abi_text(""),
          abi_text(""),
          abi_text("")};
}

study_end_event end_event() {
  return {sizeof(study_end_event), STUDY_OUTCOME_COMPLETED, 7};
}

/// A caller whose observer is made, and started if wanted.
struct Ready : Caller {
  explicit Ready(bool started = false) {
    BOOST_REQUIRE(create() == STUDY_OK);
    if (started) BOOST_REQUIRE(start(start_event()) == STUDY_OK);
    Probe::calls.clear();
  }
  /// The call was refused with a message, and the observer saw nothing of it.
  void check_refused(std::int32_t status, std::string_view part) {
    BOOST_TEST(status == STUDY_BAD_EVENT);
    BOOST_CHECK_MESSAGE(message().find(part) != std::string::npos,
                        "\"" << message() << "\" does not contain \"" << part << "\"");
    BOOST_TEST(Probe::calls.empty());
    error.size = 0;
  }
};

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
  study_checkpoint_query query{sizeof query - 1, abi_text("/dir"), abi_text("")};
  study_text_receiver receiver{sizeof receiver - 1, nullptr, [](void*, study_string) {}};
  const auto read = [&] {
    return ready.table->read_checkpoint(ready.observer, &query, &receiver, &ready.error);
  };
  ready.check_refused(read(), "study_checkpoint_query: struct_size 39");
  query.struct_size = sizeof query;
  ready.check_refused(read(), "study_text_receiver: struct_size 23");

  Ready started(true);
  auto state = experiment_event();
  --state.struct_size;
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
  const study_checkpoint_query query{sizeof query, abi_text("/dir"), abi_text("")};
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
  const study_checkpoint_query query{sizeof query, abi_text("/dir"), abi_text("")};
  const study_text_receiver receiver{
      sizeof receiver, &received, [](void* context, study_string text) {
        static_cast<std::vector<std::string>*>(context)->emplace_back(text.data, text.size);
      }};
  const auto read = [&] {
    return ready.table->read_checkpoint(ready.observer, &query, &receiver, &ready.error);
  };
  Probe::checkpoint.reset();
  BOOST_TEST(read() == STUDY_NO_CHECKPOINT);
  BOOST_TEST(received.empty());
  Probe::checkpoint = study_test::sample_manifest(2);
  BOOST_TEST(read() == STUDY_OK);
  BOOST_REQUIRE(received.size() == 1U);
  BOOST_TEST(received[0] == study::render_manifest(study_test::sample_manifest(2)));

  const study_checkpoint_query nothing{sizeof nothing, abi_text(""), abi_text("")};
  ready.check_refused(
      ready.table->read_checkpoint(ready.observer, &nothing, &receiver, &ready.error),
      "neither study_dir nor study_name");
}

BOOST_AUTO_TEST_CASE(destroying_nothing_does_nothing) {
  BOOST_CHECK_NO_THROW(study_observer_plugin_v1(1, 0)->destroy(nullptr));
}
