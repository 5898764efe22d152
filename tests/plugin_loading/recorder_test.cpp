// Every byte crosses, in both directions: a plugin in plain C writes down what it gets.
#include "support/sample_study.hpp"
#include "support/temp_dir.hpp"
#include "support/zoo.hpp"

#include <study/atomic_file.hpp>
#include <study/observer_library.hpp>

#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

using namespace study_test;
using namespace std::string_view_literals;

namespace {

std::string text(std::string_view name, std::string_view bytes) {
  return std::string(name) + " " + std::to_string(bytes.size()) + ":" + std::string(bytes) + "\n";
}

std::string number(std::string_view name, long long value) {
  return std::string(name) + " " + std::to_string(value) + "\n";
}

long long us(study::Timestamp time) {
  return time.time_since_epoch().count();
}

}  // namespace

BOOST_AUTO_TEST_CASE(all_bytes_of_a_study_reach_a_plugin_in_c) {
  const TempDir directory;
  LogBook log;
  const auto observer = study::ObserverLibrary::load(zoo_file("recorder"))
                            .create(log.services(), {{"colour", "grün"}});
  auto config = sample_study(2, 3);
  config.study_name = "naïve \"study\"";
  const auto manifest = sample_manifest(2, 3);
  const study::Timestamp before_1970{std::chrono::microseconds(-1)};

  observer->on_study_start({config, directory.path(), at(0.000003), &manifest});
  observer->on_experiment_state({"abc", 2, study::ExperimentState::failed, at(1), ""sv, "Oh"sv,
                                 "nul \0 inside, newline\n, \xF0\x9F\x98\x80"sv});
  observer->on_experiment_state({"abc\0def"sv, 3, study::ExperimentState::completed, before_1970,
                                 "a/b.json"sv, std::string_view(), std::string_view()});
  observer->on_study_end({study::StudyOutcome::interrupted, at(9)});

  const std::string expected =
      text("host.name", "test host") + text("host.version", "1.2.3") +
      text("options", R"({"colour":"grün"})") + number("start.time_us", us(at(0.000003))) +
      text("study_dir", directory.path().string()) + text("study_config", study::to_json(config)) +
      text("resume_from", study::render_manifest(manifest)) +  //
      number("state", 3) + number("cycle", 2) + number("time_us", us(at(1))) +
      text("config_hash", "abc") + text("result_file", "") + text("error_type", "Oh") +
      text("error_message", "nul \0 inside, newline\n, \xF0\x9F\x98\x80"sv) +  //
      number("state", 2) + number("cycle", 3) + number("time_us", -1) +
      text("config_hash", "abc\0def"sv) + text("result_file", "a/b.json") + text("error_type", "") +
      text("error_message", "") +  //
      number("outcome", 1) + number("end.time_us", us(at(9)));
  BOOST_TEST(study::read_file(directory / "recorded.txt") == expected);

  const auto entries = log.entries();
  BOOST_REQUIRE(entries.size() == 1U);
  BOOST_TEST((entries[0].severity == study::LogSeverity::info));
  BOOST_TEST(entries[0].channel == "tape");
  BOOST_TEST(entries[0].text == "rec\0ording"sv);
}

BOOST_AUTO_TEST_CASE(a_new_study_has_an_empty_text_to_resume_from) {
  const TempDir directory;
  const auto observer = make_observer(zoo_file("recorder"));
  const auto config = sample_study(1);
  observer->on_study_start({config, directory.path(), at(0)});
  observer->on_study_end({});
  check_contains(study::read_file(directory / "recorded.txt"), "\nresume_from 0:\n");
  check_contains(study::read_file(directory / "recorded.txt"), "\noptions 2:{}\n");
}

BOOST_AUTO_TEST_CASE(a_checkpoint_comes_back_as_it_was) {
  const TempDir directory;
  auto manifest = sample_manifest(3, 2);
  manifest.head.study_name = "quotes \" and \xC3\xA4";
  manifest.experiments[1].status = study::ExperimentState::failed;
  manifest.experiments[1].error_type = "Oh";
  manifest.experiments[1].error_message = std::string("nul \0 inside"sv);
  manifest.experiments[1].started_at = at(1);
  manifest.experiments[1].completed_at = at(2);
  study::replace_file(directory / "manifest.json", study::render_manifest(manifest));

  const auto observer = make_observer(zoo_file("recorder"));
  const auto read = observer->read_checkpoint({directory.path(), {}});
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST((*read == manifest));
}

BOOST_AUTO_TEST_CASE(where_there_is_no_checkpoint_none_comes_back) {
  const TempDir directory;
  const auto observer = make_observer(zoo_file("recorder"));
  BOOST_TEST(!observer->read_checkpoint({directory.path(), {}}).has_value());
}
