#include "support/test_data.hpp"

#include <study/error.hpp>
#include <study/identity.hpp>
#include <study/study_config.hpp>
#include <study/study_plan.hpp>

#include <cmath>
#include <string>
#include <utility>

#include <boost/json/serialize.hpp>
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

BOOST_AUTO_TEST_CASE(fields_that_experiments_share_are_there_once) {
  const study::StudyConfig config = parse_study_config(
      R"({"study_name": "s", "framework_version": "1",
          "shared": [{"prompt": "long", "data": {"size": 1, "kind": "a"}, "x": null}],
          "experiments": [{"config": {"x": 1, "data": {"size": 2}, "y": {}}, "shared": 0},
                          {"config": {}, "shared": 0}, {"config": {"x": 3}}]})");
  BOOST_TEST(config.experiments[0].shared == config.experiments[1].shared);
  const auto all = [&](std::size_t i) {
    return boost::json::serialize(*study::AllFields(config.experiments[i]));
  };
  BOOST_TEST(all(0) == R"({"prompt":"long","data":{"size":2,"kind":"a"},"x":1,"y":{}})");
  BOOST_TEST(all(1) == R"({"prompt":"long","data":{"size":1,"kind":"a"},"x":null})");
  BOOST_TEST(all(2) == R"({"x":3})");
  BOOST_TEST(to_json(config) ==
             R"({"study_name":"s","framework_version":"1","n_cycles":1,)"
             R"("shared":[{"prompt":"long","data":{"size":1,"kind":"a"},"x":null}],)"
             R"("experiments":[{"config":{"x":1,"data":{"size":2},"y":{}},"shared":0},)"
             R"({"config":{},"shared":0},{"config":{"x":3}}]})");
}

BOOST_AUTO_TEST_CASE(sharing_changes_no_identity) {
  const study::StudyConfig config = parse_study_config(
      R"({"study_name": "s", "framework_version": "1",
          "shared": [{"model": "gpt2", "b": 1, "a": {"z": 1}}],
          "experiments": [{"config": {"x": 1}, "shared": 0}, {"config": {"b": 2}, "shared": 0},
                          {"config": {"a": {"y": 2}}, "shared": 0}]})");
  const std::string whole = to_json(config, study::SharedFields::with_each);
  BOOST_TEST(whole.find("shared") == std::string::npos);
  const study::StudyPlan plan = study::make_plan(config);
  const study::StudyPlan plan_of_whole = study::make_plan(parse_study_config(whole));
  BOOST_TEST(plan.study_design_hash == plan_of_whole.study_design_hash);
  for (std::size_t i = 0; i < plan.configurations.size(); ++i) {
    BOOST_TEST(plan.configurations[i].config_hash == plan_of_whole.configurations[i].config_hash);
    BOOST_TEST(plan.configurations[i].config_summary ==
               plan_of_whole.configurations[i].config_summary);
  }
}

BOOST_AUTO_TEST_CASE(shared_fields_that_are_none_are_refused) {
  const auto with = [](const std::string& shared, const std::string& number) {
    return R"({"study_name": "s", "framework_version": "1", "shared": )" + shared +
           R"(, "experiments": [{"config": {}, "shared": )" + number + "}]}";
  };
  check_refused(with("{}", "0"), "shared must be an array");
  check_refused(with("[1]", "0"), "shared must have objects");
  for (const std::string number : {"1", "-1"}) {
    check_refused(with("[{}]", number),
                  "experiments[0].shared is not the number of one in the list 'shared'");
  }
  check_refused(with("[{}]", "\"0\""), "experiments[0].shared must be an integer");
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
