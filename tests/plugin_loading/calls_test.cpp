// What a host sees of plugins that fail, throw, or talk nonsense.
#include "support/sample_study.hpp"
#include "support/zoo.hpp"

#include <study/error.hpp>
#include <study/observer_library.hpp>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

#include <boost/json.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using study::CheckpointError;
using study::ObserverLibrary;
using study::PluginError;
using namespace study_test;
namespace data = boost::unit_test::data;

namespace {

const std::filesystem::path kStudyDir = "/nowhere";

void start(study::StudyObserver& observer, const std::string& study_name = "sample") {
  auto config = sample_study(1);
  config.study_name = study_name;
  observer.on_study_start({config, kStudyDir, at(0)});
}

const study::ExperimentEvent kEvent{.config_hash = "0123456789abcdef",
                                    .state = study::ExperimentState::running,
                                    .time = at(1),
                                    .result_file = {},
                                    .error_type = {},
                                    .error_message = {}};

std::string start_failure(const std::string& animal) {
  const auto observer = make_observer(zoo_file(animal));
  return message_of<PluginError>([&] { start(*observer); });
}

template <class Exception>
std::string read_failure(const std::string& animal) {
  const auto observer = make_observer(zoo_file(animal));
  return message_of<Exception>([&] {
    static_cast<void>(observer->read_checkpoint({kStudyDir, {}}));
  });
}

std::string label(const std::string& animal, const std::string& name = "zoo") {
  return "plugin '" + name + "' (" + zoo_file(animal).string() + "): ";
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_plugin_that_refuses_to_make_an_observer_is_named) {
  BOOST_TEST(message_of<PluginError>([] { make_observer(zoo_file("create_refuses")); }) ==
             label("create_refuses") + "create failed: not today");
}

BOOST_AUTO_TEST_CASE(options_that_only_the_plugin_finds_wrong_are_bad_input) {
  BOOST_TEST(
      message_of<study::InputError>([] { make_observer(zoo_file("create_refuses_options")); }) ==
      label("create_refuses_options") + "options refused: these options do not go together");
}

BOOST_AUTO_TEST_CASE(options_are_checked_before_the_plugin_sees_them) {
  const auto library = ObserverLibrary::load(zoo_file("create_refuses"));
  check_contains(message_of<study::InputError>([&] {
                   static_cast<void>(library.create(quiet_services(), {{"colour", 1}}));
                 }),
                 "unknown option 'colour'");
}

BOOST_AUTO_TEST_CASE(success_without_an_observer_is_a_failure) {
  BOOST_TEST(message_of<PluginError>([] { make_observer(zoo_file("create_gives_null")); }) ==
             label("create_gives_null") + "create returned success but no observer");
}

BOOST_AUTO_TEST_CASE(each_callback_that_fails_says_which_it_was_and_why) {
  BOOST_TEST(start_failure("start_fails") ==
             label("start_fails") + "on_study_start failed: no room for a study");

  const auto transition = make_observer(zoo_file("experiment_fails"));
  BOOST_CHECK_NO_THROW(start(*transition));
  BOOST_TEST(message_of<PluginError>([&] { transition->on_experiment_state(kEvent); }) ==
             label("experiment_fails") + "on_experiment_state failed: no room for a transition");
  BOOST_CHECK_NO_THROW(transition->on_study_end({}));

  const auto end = make_observer(zoo_file("end_fails"));
  BOOST_CHECK_NO_THROW(start(*end));
  BOOST_CHECK_NO_THROW(end->on_experiment_state(kEvent));
  BOOST_TEST(message_of<PluginError>([&] { end->on_study_end({}); }) ==
             label("end_fails") + "on_study_end failed: no room for an end");

  BOOST_TEST(read_failure<PluginError>("read_fails") ==
             label("read_fails") + "read_checkpoint failed: no way in");
}

BOOST_AUTO_TEST_CASE(a_failure_without_a_message_has_its_status) {
  BOOST_TEST(start_failure("fails_silently") ==
             label("fails_silently") + "on_study_start failed: status 1, without a message");
}

BOOST_AUTO_TEST_CASE(a_status_that_does_not_exist_is_a_failure) {
  BOOST_TEST(start_failure("unknown_status") ==
             label("unknown_status") + "on_study_start failed: unknown status 1234");
}

BOOST_AUTO_TEST_CASE(a_message_that_claims_to_be_longer_than_the_buffer_is_cut) {
  const std::string message = start_failure("message_beyond_capacity");
  BOOST_TEST(std::count(message.begin(), message.end(), 'x') == 4096);
}

BOOST_AUTO_TEST_CASE(a_message_that_is_not_utf8_is_repaired) {
  check_contains(start_failure("message_not_utf8"), "failed: half a character: \uFFFD");
}

BOOST_DATA_TEST_CASE(whatever_an_observer_throws_comes_out_as_a_plugin_error,
                     data::make({"throws_exception", "throws_int", "throws_bad_alloc"}) ^
                         data::make({"the disk is on fire",
                                     "threw something that is not a std::exception",
                                     "out of memory"}),
                     animal, reason) {
  const auto library = ObserverLibrary::load(zoo_file(animal));
  BOOST_TEST(library.name() == animal);
  const std::string prefix = label(animal, animal);

  const auto refusing = library.create(quiet_services(), {});
  BOOST_TEST(message_of<PluginError>([&] { start(*refusing); }) ==
             prefix + "on_study_start failed: " + reason);

  const auto observer = library.create(quiet_services(), {});
  BOOST_TEST(message_of<PluginError>([&] {
               static_cast<void>(observer->read_checkpoint({kStudyDir, {}}));
             }) == prefix + "read_checkpoint failed: " + reason);
  BOOST_CHECK_NO_THROW(start(*observer, "harmless"));
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST(message_of<PluginError>([&] { observer->on_experiment_state(kEvent); }) ==
               prefix + "on_experiment_state failed: " + reason);
  }
  BOOST_TEST(message_of<PluginError>([&] { observer->on_study_end({}); }) ==
             prefix + "on_study_end failed: " + reason);
}

BOOST_AUTO_TEST_CASE(a_constructor_that_throws_refuses) {
  BOOST_TEST(message_of<PluginError>([] { make_observer(zoo_file("throws_in_constructor")); }) ==
             label("throws_in_constructor", "throws_in_constructor") + "create failed: no licence");
}

BOOST_AUTO_TEST_CASE(a_plugin_without_checkpoints_has_none) {
  for (const char* animal : {"no_read_checkpoint", "healthy", "receive_then_none"}) {
    const auto observer = make_observer(zoo_file(animal));
    BOOST_TEST(!observer->read_checkpoint({kStudyDir, {}}).has_value());
  }
}

BOOST_AUTO_TEST_CASE(corrupt_and_newer_checkpoints_are_told_apart) {
  const auto kind_of = [](const std::string& animal) {
    try {
      static_cast<void>(make_observer(zoo_file(animal))->read_checkpoint({kStudyDir, {}}));
    } catch (const CheckpointError& error) {
      return error.kind();
    }
    throw std::runtime_error("nothing was thrown");
  };
  BOOST_TEST((kind_of("checkpoint_corrupt") == CheckpointError::Kind::corrupt));
  BOOST_TEST((kind_of("checkpoint_newer") == CheckpointError::Kind::newer_version));
  BOOST_TEST((kind_of("receive_no_manifest") == CheckpointError::Kind::corrupt));
  BOOST_TEST(read_failure<CheckpointError>("checkpoint_corrupt") ==
             label("checkpoint_corrupt") + "read_checkpoint failed: page 7 is torn");
}

BOOST_AUTO_TEST_CASE(a_checkpoint_must_be_handed_over_exactly_once) {
  const std::string but = "read_checkpoint returned success but handed over ";
  BOOST_TEST(read_failure<PluginError>("receive_never") ==
             label("receive_never") + but + "nothing");
  BOOST_TEST(read_failure<PluginError>("receive_twice") ==
             label("receive_twice") + but + "more than one text");
  BOOST_TEST(read_failure<PluginError>("receive_no_data") ==
             label("receive_no_data") + but + "a text without data");
}

namespace {

/// How many attempts came, and the failure behind them.
std::pair<int, std::string> read_attempts(const std::string& animal, const std::string& text) {
  const auto observer = make_observer(zoo_file(animal));
  int count = 0;
  const auto take = [&](const study::StudyAttempt&) { ++count; };
  try {
    BOOST_TEST(observer->read_attempts({"/" + text, {}}, take));
  } catch (const study::Error& failure) {
    return {count, failure.what()};
  }
  return {count, {}};
}

const std::string kHead = R"({"config_hash": "h", "cycle": 1, "attempt": 1)";

}  // namespace

BOOST_AUTO_TEST_CASE(a_plugin_of_an_earlier_version_keeps_no_attempts) {
  const auto observer = make_observer(zoo_file("healthy"));
  BOOST_TEST(!observer->read_attempts({kStudyDir, {}}, [](const study::StudyAttempt&) {}));
}

BOOST_DATA_TEST_CASE(
    a_text_that_is_no_attempt_is_named_and_nothing_behind_it_counts,
    data::make({std::string("no data"), std::string(""), std::string("{"), std::string("[]"),
                std::string("\xff"), std::string(1000, '['), kHead + "}",
                kHead + R"(, "state": 3})", kHead + R"(, "state": "pending"})",
                kHead + R"(, "state": "failed", "started_at": "noon"})",
                kHead + R"(, "state": "failed", "attributes": []})",
                kHead + R"(, "state": "failed", "error_type": {}})",
                kHead + R"(, "state": "failed", "state": "failed"})",
                std::string(R"({"config_hash": 1, "cycle": 1, "attempt": 1, "state": "failed"})"),
                std::string(R"({"config_hash": "h", "cycle": 0, "attempt": 1, "state": "failed"})"),
                std::string(R"({"config_hash": "h", "cycle": 1, "attempt": 4294967296,)"
                            R"( "state": "failed"})")}),
    text) {
  const auto [count, failure] = read_attempts("attempts_rubbish", text);
  BOOST_TEST(count == 1);
  check_contains(failure, "an attempt of plugin 'zoo' (" + zoo_file("attempts_rubbish").string());
}

BOOST_AUTO_TEST_CASE(an_attempt_may_be_large_and_have_members_that_nobody_knows) {
  const std::string huge(std::size_t{8} << 20, 'x');
  BOOST_TEST(read_attempts("attempts_rubbish", kHead +
                                                   R"(, "state": "failed", "error_message": ")" +
                                                   huge + R"(", "later": [{"a": null}]})")
                 .first == 3);
}

BOOST_AUTO_TEST_CASE(what_came_before_the_attempts_broke_off_counts) {
  const auto [count, failure] = read_attempts("attempts_break_off", "study");
  BOOST_TEST(count == 1);
  BOOST_TEST(failure == label("attempts_break_off") + "read_attempts failed: page 7 is torn");
}

BOOST_AUTO_TEST_CASE(what_the_host_throws_of_an_attempt_comes_through) {
  const auto observer = make_observer(zoo_file("attempts_rubbish"));
  const auto refuse = [](const study::StudyAttempt&) { throw std::runtime_error("enough"); };
  BOOST_TEST(message_of<std::runtime_error>([&] {
               static_cast<void>(observer->read_attempts({kStudyDir, {}}, refuse));
             }) == "enough");
}

namespace {

/// How many studies came, and the failure behind them.
std::pair<int, std::string> list_studies(const std::string& animal, const std::string& text) {
  const auto observer = make_observer(zoo_file(animal));
  int count = 0;
  const auto take = [&](const study::StoredStudy&) { ++count; };
  try {
    BOOST_TEST(observer->list_studies({text, "/"}, take));
  } catch (const study::Error& failure) {
    return {count, failure.what()};
  }
  return {count, {}};
}

/// A study as text, whose `member` is `value`.
std::string study_with(const std::string& member, const boost::json::value& value) {
  boost::json::object study{{"study_name", "s"},   {"study_dir", "/s"},
                            {"status", "running"}, {"started_at", "2026-02-27T16:30:00Z"},
                            {"completed", 1},      {"failed", 0},
                            {"pending", 2}};
  study[member] = value;
  return boost::json::serialize(study);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_plugin_of_an_earlier_version_knows_no_other_studies) {
  const auto observer = make_observer(zoo_file("attempts_rubbish"));
  BOOST_TEST(!observer->list_studies({}, [](const study::StoredStudy&) {}));
}

BOOST_DATA_TEST_CASE(a_text_that_is_no_study_is_named_and_nothing_behind_it_counts,
                     data::make({std::string("no data"), std::string(""), std::string("{"),
                                 std::string("[]"), std::string("\xff"),
                                 study_with("study_name", nullptr), study_with("study_dir", 1),
                                 study_with("status", "resting"), study_with("started_at", nullptr),
                                 study_with("completed_at", "noon"), study_with("completed", -1),
                                 study_with("failed", "2"), study_with("running", 0.5),
                                 study_with("writer_host", 7), study_with("study_design_hash", 7)}),
                     text) {
  const auto [count, failure] = list_studies("studies_rubbish", text);
  BOOST_TEST(count == 1);
  check_contains(failure, "a study of plugin 'zoo' (" + zoo_file("studies_rubbish").string());
}

BOOST_AUTO_TEST_CASE(of_a_study_that_is_listed_what_nobody_knows_is_left_out) {
  const auto observer = make_observer(zoo_file("studies_rubbish"));
  std::vector<study::StoredStudy> studies;
  const auto take = [&](const study::StoredStudy& study) { studies.push_back(study); };
  BOOST_TEST(observer->list_studies({study_with("writer", "asleep"), {}}, take));
  BOOST_TEST(observer->list_studies({study_with("later", boost::json::object()), {}}, take));
  BOOST_TEST_REQUIRE(studies.size() == 6U);
  for (const study::StoredStudy& study : studies) {
    BOOST_TEST(study.study_name == "s");
    BOOST_TEST(study.counters.pending == 2);
    BOOST_TEST((study.writer.state == study::WriterState::unknown));
    BOOST_TEST(!study.writer.writer);
    BOOST_TEST(!study.completed_at);
  }
}

BOOST_AUTO_TEST_CASE(what_came_before_the_studies_broke_off_counts) {
  const auto [count, failure] = list_studies("studies_break_off", "study");
  BOOST_TEST(count == 1);
  BOOST_TEST(failure == label("studies_break_off") + "list_studies failed: page 7 is torn");
}

BOOST_AUTO_TEST_CASE(rubbish_in_the_log_is_made_presentable) {
  LogBook log;
  const auto observer = ObserverLibrary::load(zoo_file("logs_rubbish")).create(log.services(), {});
  const auto entries = log.entries();
  BOOST_REQUIRE(entries.size() == 2U);
  BOOST_TEST((entries[0].severity == study::LogSeverity::error));
  BOOST_TEST(entries[0].channel == "\uFFFD");
  BOOST_TEST(entries[0].text == "(a message without data)");
  BOOST_TEST((entries[1].severity == study::LogSeverity::trace));
  BOOST_TEST(entries[1].channel == "");
  BOOST_TEST(entries[1].text == "quiet");
}

BOOST_AUTO_TEST_CASE(a_plugin_may_log_from_any_thread) {
  LogBook log;
  const auto observer =
      ObserverLibrary::load(zoo_file("logs_from_a_thread")).create(log.services(), {});
  start(*observer);
  const auto entries = log.entries();
  BOOST_TEST(entries.size() == 400U);
  BOOST_TEST(std::all_of(entries.begin(), entries.end(), [](const LogEntry& entry) {
    return entry.severity == study::LogSeverity::warning && entry.channel == "thread" &&
           entry.text == "hello";
  }));
}

BOOST_AUTO_TEST_CASE(a_log_that_throws_does_not_reach_the_plugin) {
  study::HostServices services{
      "host", "1", [](study::LogSeverity, std::string_view, std::string_view) { throw 1; }};
  const auto library = ObserverLibrary::load(zoo_file("logs_rubbish"));
  BOOST_CHECK_NO_THROW(static_cast<void>(library.create(services, {})));
  services.log = nullptr;
  BOOST_CHECK_NO_THROW(static_cast<void>(library.create(services, {})));
}
