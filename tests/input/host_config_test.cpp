#include "input/host_config.hpp"

#include "input_support.hpp"

#include <chrono>
#include <string>

#include <boost/test/unit_test.hpp>

using host::HostConfig;
using host::load_host_config;

namespace {

struct Fixture {
  HostConfig load(const std::string& text) const {
    return load_host_config(folder.write("host.json", text), folder / "study.yaml");
  }
  std::string error(const std::string& text) const {
    return folder.error_of([&] { (void)load(text); });
  }

  study_test::InputFolder folder;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(host_config, Fixture)

BOOST_AUTO_TEST_CASE(every_key_is_read_and_paths_are_relative_to_the_file) {
  const HostConfig config = load(R"({
    // comments are allowed, and trailing commas
    "results_dir": "../out",
    "plugin_path": ["plugins", "/opt/observers"],
    "observers": [
      {"plugin": "manifest_writer", "options": {"durability": "power"}},
      {"plugin": "journal_writer", "enabled": false},
    ],
    "jobs": 4,
    "durability": "power",
    "runners": {
      "local": {"command": ["python3", "bench.py"], "timeout_seconds": 1.5}
    },
  })");
  BOOST_TEST(config.file == folder / "host.json");
  BOOST_TEST(config.results_dir == folder.path().parent_path() / "out");
  BOOST_TEST(config.search.config_dir == folder.path());
  BOOST_REQUIRE(config.search.plugin_path.size() == 2U);
  BOOST_TEST(config.search.plugin_path[0] == folder / "plugins");
  BOOST_TEST(config.search.plugin_path[1] == "/opt/observers");
  BOOST_REQUIRE(config.observers.size() == 2U);
  BOOST_TEST(config.observers[0].plugin == "manifest_writer");
  BOOST_TEST(config.observers[0].options.at("durability") == "power");
  BOOST_TEST(config.observers[0].enabled);
  BOOST_TEST(folder.without_folder(config.observers[0].where) == "host.json:6");
  BOOST_TEST(!config.observers[1].enabled);
  BOOST_TEST(config.jobs == 4);
  BOOST_TEST((config.durability == study::Durability::power));
  const auto& runner = config.runners.at("local");
  BOOST_TEST(runner.command.back() == "bench.py");
  BOOST_TEST((runner.timeout == std::chrono::milliseconds(1500)));
  BOOST_TEST(folder.without_folder(runner.where) == "host.json:12");
}

BOOST_AUTO_TEST_CASE(what_is_left_out_has_its_default) {
  const HostConfig config = load("{}");
  BOOST_TEST(config.results_dir == folder / "results");
  BOOST_REQUIRE(config.observers.size() == 1U);
  BOOST_TEST(config.observers[0].plugin == "manifest_writer");
  BOOST_TEST(config.jobs == 1);
  BOOST_TEST((config.durability == study::Durability::process));
  BOOST_TEST(load(R"({"observers": []})").observers.empty());
}

BOOST_AUTO_TEST_CASE(without_config_the_file_beside_the_study_is_read_else_the_built_in_default) {
  const HostConfig built_in = load_host_config({}, folder / "study.yaml");
  BOOST_TEST(built_in.file.empty());
  BOOST_TEST(built_in.results_dir == std::filesystem::current_path() / "results");
  BOOST_REQUIRE(built_in.observers.size() == 1U);
  BOOST_TEST(built_in.observers[0].plugin == "manifest_writer");
  folder.write("study_host.json", R"({"jobs": 3})");
  const HostConfig beside = load_host_config({}, folder / "study.yaml");
  BOOST_TEST(beside.file == folder / "study_host.json");
  BOOST_TEST(beside.jobs == 3);
}

BOOST_AUTO_TEST_CASE(a_given_file_that_is_absent_is_an_error) {
  folder.write("study_host.json", "{}");
  BOOST_TEST(folder.error_of([&] {
    (void)load_host_config(folder / "absent.json", folder / "study.yaml");
  }) == "absent.json: there is no such file");
}

BOOST_AUTO_TEST_CASE(each_mistake_has_its_message) {
  BOOST_TEST(error("results_dir: x\n") == "host.json:1: not valid JSON: syntax error at column 1");
  BOOST_TEST(error("[]") == "host.json:1: must be a mapping, but is a list");
  BOOST_TEST(error("{\n\"observer\": []}") ==
             "host.json:2: unknown key 'observer'; did you mean 'observers'?");
  BOOST_TEST(
      error("{\"zzz\": 1}") ==
      "host.json:1: unknown key 'zzz'; known are results_dir, plugin_path, observers, durability, "
      "jobs, log_times, runners");
  BOOST_TEST(error("{\"observers\": [\n{\"plugins\": \"x\"}]}") ==
             "host.json:2: unknown key 'plugins' in observers[0]; did you mean 'plugin'?");
  BOOST_TEST(error("{\"observers\": [{}]}") == "host.json:1: observers[0]: 'plugin' is missing");
  BOOST_TEST(error("{\"observers\": [{\"plugin\": 5}]}") ==
             "host.json:1: observers[0].plugin: must be text (put it in quotes), but is 5");
  BOOST_TEST(error("{\"observers\": [{\"plugin\": \"x\",\n\"options\": []}]}") ==
             "host.json:2: observers[0].options: must be an object, but is a list");
  BOOST_TEST(error("{\"observers\": [{\"plugin\": \"x\", \"enabled\": \"no\"}]}") ==
             "host.json:1: observers[0].enabled: must be true or false, but is the text 'no'");
  BOOST_TEST(error("{\"jobs\": 0}") ==
             "host.json:1: jobs: must be a whole number from 1 to 4096, but is 0");
  BOOST_TEST(error("{\"jobs\": 2.0}") ==
             "host.json:1: jobs: must be a whole number from 1 to 4096, but is 2.0");
  BOOST_TEST(error("{\"durability\": \"disk\"}") ==
             "host.json:1: durability: must be \"process\" or \"power\", but is the text 'disk'");
  BOOST_TEST(error("{\"plugin_path\": \"x\"}") ==
             "host.json:1: plugin_path: must be a list, but is the text 'x'");
  BOOST_TEST(error("{\"results_dir\": \"\"}") == "host.json:1: results_dir: must not be empty");
  BOOST_TEST(error("{\"results_dir\": \"out\\u0000\"}") ==
             "host.json:1: results_dir: must not contain a null character");
  BOOST_TEST(error("{\"plugin_path\": [\"a\\u0000b\"]}") ==
             "host.json:1: plugin_path[0]: must not contain a null character");
  BOOST_TEST(error("{\"observers\": [{\"plugin\": \"\\u0000\"}]}") ==
             "host.json:1: observers[0].plugin: must not contain a null character");
  BOOST_TEST(error("{\"jobs\": 1,\n\"jobs\": 2}") ==
             "host.json:2: the key 'jobs' is there twice, first on line 1");
  BOOST_TEST(error("{\"runners\": {\"local\": \"other\"}}") ==
             "host.json:1: runners.local: must be a mapping, but is the text 'other'");
}

BOOST_AUTO_TEST_CASE(the_same_observer_twice_is_an_error_unless_its_options_differ) {
  BOOST_TEST(error(R"({"observers": [{"plugin": "x", "options": {"a": 1, "b": 2}},
                                     {"plugin": "x", "options": {"b": 2, "a": 1}}]})") ==
             "host.json:2: observers[1]: the observer 'x' is there twice with the same options, "
             "first at host.json:1");
  BOOST_TEST(load(R"({"observers": [{"plugin": "x", "options": {"a": 1}},
                                    {"plugin": "x", "options": {"a": 2}},
                                    {"plugin": "x", "options": {"a": 2}, "enabled": false}]})")
                 .observers.size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
