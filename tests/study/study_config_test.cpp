#include "support/test_data.hpp"

#include <study/error.hpp>
#include <study/identity.hpp>
#include <study/study_config.hpp>

#include <cmath>
#include <string>
#include <utility>

#include <boost/test/unit_test.hpp>

namespace {

using study::parse_study_config;
using study_test::says;

void check_refused(std::string_view json, const std::string& message) {
  BOOST_CHECK_EXCEPTION(static_cast<void>(parse_study_config(json)), study::InputError,
                        says("study config: " + message));
}

BOOST_AUTO_TEST_SUITE(study_config)

BOOST_AUTO_TEST_CASE(the_json_form_is_read) {
  const study::StudyConfig config = parse_study_config(
      R"({"study_name": "sweep", "framework_version": "0.8.0", "n_cycles": 3, "later": [1],
          "experiments": [{"config": {"model": "gpt2"}, "config_hash": "d34979b3cbf93e3f"},
                          {"config": {}, "priority": 7}]})");
  BOOST_TEST(config.study_name == "sweep");
  BOOST_TEST(config.framework_version == "0.8.0");
  BOOST_TEST(config.n_cycles == 3);
  BOOST_REQUIRE(config.experiments.size() == 2);
  BOOST_TEST((config.experiments[0].config == boost::json::object{{"model", "gpt2"}}));
  BOOST_TEST(config.experiments[0].config_hash == "d34979b3cbf93e3f");
  BOOST_TEST(config.experiments[1].config.empty());
  BOOST_TEST(config.experiments[1].config_hash.empty());
}

BOOST_AUTO_TEST_CASE(one_cycle_is_the_default) {
  BOOST_TEST(
      parse_study_config(R"({"study_name": "s", "framework_version": "1", "experiments": []})")
          .n_cycles == 1);
}

BOOST_AUTO_TEST_CASE(an_experiment_outlives_the_config_it_was_parsed_with) {
  const auto take_first = [] {
    study::StudyConfig config = parse_study_config(
        R"({"study_name": "s", "framework_version": "1",
            "experiments": [{"config": {"model": "a name that is not stored in place"}}]})");
    return std::move(config.experiments.front());
  };
  BOOST_TEST(std::string(take_first().config.at("model").as_string()) ==
             "a name that is not stored in place");
}

BOOST_AUTO_TEST_CASE(writing_and_reading_changes_no_identity) {
  const boost::json::value vectors = study_test::parse_test_data("config_hash.json");
  study::StudyConfig config{"n\xC3\xA9 \"q\"", "0.8.0", 7, {}};
  for (const boost::json::value& vector : vectors.as_array()) {
    config.experiments.push_back({vector.at("config").as_object(), {}});
  }
  config.experiments.back().config_hash = "own-hash";
  const std::string json = study::to_json(config);
  BOOST_TEST(json.find('\n') == std::string::npos);
  const study::StudyConfig read = parse_study_config(json);
  BOOST_TEST(read.study_name == config.study_name);
  BOOST_TEST(read.framework_version == "0.8.0");
  BOOST_TEST(read.n_cycles == 7);
  BOOST_REQUIRE(read.experiments.size() == config.experiments.size());
  for (std::size_t i = 0; i < read.experiments.size(); ++i) {
    BOOST_TEST(study::canonical_json(read.experiments[i].config) ==
               study::canonical_json(config.experiments[i].config));
    BOOST_TEST(read.experiments[i].config_hash == config.experiments[i].config_hash);
  }
  BOOST_TEST(study::to_json(read) == json);
}

BOOST_AUTO_TEST_CASE(nan_does_not_cross) {
  const study::StudyConfig config{"s", "1", 1, {{{{"a", std::nan("")}}, {}}}};
  BOOST_CHECK_THROW(static_cast<void>(study::to_json(config)), study::InputError);
}

BOOST_AUTO_TEST_CASE(what_is_not_a_study_config_is_refused_with_its_key) {
  const auto with = [](const std::string& rest) {
    return R"({"study_name": "s", "framework_version": "1", )" + rest + "}";
  };
  check_refused("[]", "must be an object");
  check_refused(R"({"framework_version": "1", "experiments": []})", "study_name is missing");
  check_refused(R"({"study_name": "s", "experiments": []})", "framework_version is missing");
  check_refused(R"({"study_name": 1, "framework_version": "1", "experiments": []})",
                "study_name must be a string");
  check_refused(with(R"("n_cycles": 1)"), "experiments is missing");
  check_refused(with(R"("experiments": {})"), "experiments must be an array");
  for (const char* cycles : {"0", "-1", "1.0", "\"3\"", "null", "2147483648"}) {
    check_refused(with(std::string(R"("experiments": [], "n_cycles": )") + cycles),
                  "n_cycles must");
  }
  check_refused(with(R"("experiments": [{"config": {}}, 3])"), "experiments[1] must be an object");
  check_refused(with(R"("experiments": [{}])"), "experiments[0].config is missing");
  check_refused(with(R"("experiments": [{"config": []}])"),
                "experiments[0].config must be an object");
  check_refused(with(R"("experiments": [{"config": {}, "config_hash": 5}])"),
                "experiments[0].config_hash must be a string");
  BOOST_CHECK_EXCEPTION(static_cast<void>(parse_study_config("{")), study::InputError,
                        says("study config:1: not valid JSON"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
