#include "stem_of.hpp"
#include "support/test_data.hpp"

#include <study/error.hpp>
#include <study/identity.hpp>
#include <study/manifest.hpp>
#include <study/study_plan.hpp>

#include <chrono>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace {

using study::make_plan;
using study_test::says;

study::StudyConfig study_of(std::vector<boost::json::object> configs, int n_cycles = 1) {
  study::StudyConfig config{"s", "0.8.0", n_cycles, {}};
  for (auto& fields : configs) config.experiments.push_back({std::move(fields), {}});
  return config;
}

/// Two values of `i` that give hashes with the same first eight digits.
std::pair<int, int> colliding_values() {
  return {17734, 111047};  // the first two such numbers
}

BOOST_AUTO_TEST_SUITE(study_plan)

BOOST_AUTO_TEST_CASE(unique_configurations_stay_in_order_of_first_appearance) {
  const study::StudyConfig config =
      study_of({{{"a", 2}, {"b", 1}}, {{"a", 1}}, {{"b", 1}, {"a", 2}}, {{"a", 1.0}}, {{"a", 1}}});
  const study::StudyPlan plan = make_plan(config);
  BOOST_REQUIRE(plan.configurations.size() == 3);
  BOOST_TEST(plan.configurations[0].experiment_index == 0);
  BOOST_TEST(plan.configurations[1].experiment_index == 1);
  BOOST_TEST(plan.configurations[2].experiment_index == 3);
  BOOST_TEST(plan.configurations[0].config_hash ==
             study::config_hash(config.experiments[0].config));
  BOOST_TEST(plan.total_runs() == 3);
}

BOOST_AUTO_TEST_CASE(the_design_hash_is_that_of_the_unique_configurations) {
  const boost::json::value vector = study_test::parse_test_data("study_design_hash.json");
  study::StudyConfig config = study_of({});
  for (int repetition = 0; repetition < 2; ++repetition) {
    for (const auto& fields : vector.at("experiments").as_array()) {
      config.experiments.push_back({fields.as_object(), {}});
    }
  }
  BOOST_TEST(make_plan(config).study_design_hash ==
             std::string_view(vector.at("study_design_hash").as_string()));
}

BOOST_AUTO_TEST_CASE(a_hosts_own_hash_is_the_identity) {
  study::StudyConfig config = study_of({{{"a", 1}}, {{"a", 2}}, {{"a", 1}}});
  config.experiments[0].config_hash = "own-1";
  config.experiments[2].config_hash = "own-1";
  const study::StudyPlan plan = make_plan(config);
  BOOST_REQUIRE(plan.configurations.size() == 2);
  BOOST_TEST(plan.configurations[0].config_hash == "own-1");
  BOOST_TEST(plan.configurations[1].config_hash ==
             study::config_hash(config.experiments[1].config));
  BOOST_TEST(stem_of(config, plan.configurations[0], 1) == "experiment_own-1");
}

BOOST_AUTO_TEST_CASE(a_hosts_hash_of_two_different_configurations_is_refused) {
  study::StudyConfig config = study_of({{{"a", 1}}, {{"a", 2}}});
  config.experiments[0].config_hash = config.experiments[1].config_hash = "same";
  BOOST_CHECK_EXCEPTION(static_cast<void>(make_plan(config)), study::InputError,
                        says("config_hash same stands for two different configurations, "
                             "experiment 1 and experiment 2"));
}

BOOST_AUTO_TEST_CASE(a_malformed_hash_is_refused) {
  for (const std::string& hash :
       {std::string("a/b"), std::string("a+b"), std::string("a b"), std::string("a,b"),
        std::string("\xC3\xA9"), std::string("a\0", 2), std::string(129, 'a')}) {
    study::StudyConfig config = study_of({{{"a", 1}}});
    config.experiments[0].config_hash = hash;
    BOOST_CHECK_EXCEPTION(static_cast<void>(make_plan(config)), study::InputError,
                          says("experiment 1: its config_hash must be"));
  }
  study::StudyConfig config = study_of({{{"a", 1}}});
  for (const std::string& hash : {std::string(128, '-'), std::string("12345_0"),
                                  std::string("a1b2c_00000"), std::string("x:1.5")}) {
    config.experiments[0].config_hash = hash;
    BOOST_TEST(make_plan(config).configurations[0].config_hash == hash);
  }
  config.experiments[0].config_hash = std::string(128, '-');
  BOOST_CHECK_NO_THROW(static_cast<void>(make_plan(config)));
}

BOOST_AUTO_TEST_CASE(a_study_that_cannot_be_run_is_refused) {
  BOOST_TEST(make_plan(study_of({})).total_runs() == 0U);  // they may be added later
  for (const int cycles : {0, -1}) {
    BOOST_CHECK_EXCEPTION(static_cast<void>(make_plan(study_of({{{"a", 1}}}, cycles))),
                          study::InputError, says("n_cycles"));
  }
  const double nan = std::numeric_limits<double>::quiet_NaN();
  BOOST_CHECK_EXCEPTION(static_cast<void>(make_plan(study_of({{{"a", 1}}, {{"a", nan}}}))),
                        study::InputError, says("experiment 2: a: NaN"));
  const int most = std::numeric_limits<int>::max();
  BOOST_CHECK_EXCEPTION(
      static_cast<void>(make_plan(study_of({{{"a", 1}}, {{"a", 2}}, {{"a", 3}}}, most))),
      study::InputError, says("6442450941 runs"));
}

BOOST_AUTO_TEST_CASE(files_are_named_after_eight_digits_and_the_cycle) {
  const boost::json::object fields = {{"model", "A/B"}, {"backend", "x"}, {"precision", "p"}};
  const std::string digits = study::config_hash(fields).substr(0, 8);
  const study::StudyConfig once = study_of({fields});
  const study::StudyPlan once_plan = make_plan(once);
  BOOST_TEST(stem_of(once, once_plan.configurations[0], 1) == "a-b_x_p_" + digits);
  const study::StudyConfig thrice = study_of({fields}, 3);
  const study::StudyPlan plan = make_plan(thrice);
  BOOST_TEST(stem_of(thrice, plan.configurations[0], 1) == "a-b_x_p_" + digits + "_c1");
  BOOST_TEST(stem_of(thrice, plan.configurations[0], 3) == "a-b_x_p_" + digits + "_c3");
}

BOOST_AUTO_TEST_CASE(configurations_that_share_eight_digits_use_all_sixteen) {
  const auto [a, b] = colliding_values();
  const study::StudyConfig config = study_of({{{"i", a}}, {{"i", -1}}, {{"i", b}}});
  const study::StudyPlan plan = make_plan(config);
  const auto& all = plan.configurations;
  BOOST_REQUIRE(all[0].config_hash.substr(0, 8) == all[2].config_hash.substr(0, 8));
  BOOST_REQUIRE(all[0].config_hash != all[2].config_hash);
  BOOST_TEST(all[0].full_hash_in_file_name);
  BOOST_TEST(!all[1].full_hash_in_file_name);
  BOOST_TEST(all[2].full_hash_in_file_name);
  BOOST_TEST(stem_of(config, all[0], 1) == "experiment_" + all[0].config_hash);
  BOOST_TEST(stem_of(config, all[1], 1) == "experiment_" + all[1].config_hash.substr(0, 8));
  BOOST_TEST(stem_of(config, all[2], 1) == "experiment_" + all[2].config_hash);
}

BOOST_AUTO_TEST_CASE(no_two_runs_share_a_file) {
  std::vector<boost::json::object> configs;
  for (int i = 0; i < 300; ++i) configs.push_back({{"i", i}});
  configs.push_back({{"i", colliding_values().first}});
  configs.push_back({{"i", colliding_values().second}});
  study::StudyConfig config = study_of(std::move(configs), 4);
  config.experiments[0].config_hash = "h";
  config.experiments[1].config_hash = "h-c1";
  config.experiments[2].config_hash = "abcdefgh";
  config.experiments[3].config_hash = "abcdefghi";
  const study::StudyPlan plan = make_plan(config);
  std::set<std::string> stems;
  for (const auto& configuration : plan.configurations) {
    for (int cycle = 1; cycle <= 4; ++cycle) {
      stems.insert(stem_of(config, configuration, cycle));
    }
  }
  BOOST_TEST(stems.size() == plan.total_runs());
}

BOOST_AUTO_TEST_CASE(the_initial_manifest_has_the_cycles_of_a_configuration_together) {
  const study::StudyConfig config = study_of({{{"a", 1}}, {{"a", 2}}, {{"a", 1}}}, 3);
  const study::StudyPlan plan = make_plan(config);
  const study::Timestamp start{std::chrono::seconds(1'772'209'800)};
  const study::StudyManifest manifest = study::initial_manifest(config, plan, start);
  BOOST_TEST(manifest.head.study_name == "s");
  BOOST_TEST(manifest.head.study_design_hash == plan.study_design_hash);
  BOOST_TEST(manifest.head.framework_version == "0.8.0");
  BOOST_TEST((manifest.head.started_at == start));
  BOOST_TEST(!manifest.head.completed_at.has_value());
  BOOST_TEST((manifest.head.status == study::StudyStatus::running));
  BOOST_REQUIRE(manifest.experiments.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    study::ManifestEntry expected;
    expected.config_hash = plan.configurations[i / 3].config_hash;
    expected.config_summary = i < 3 ? "a=1" : "a=2";
    expected.cycle = static_cast<int>(i % 3) + 1;
    BOOST_TEST((manifest.experiments[i] == expected));
  }
}

BOOST_AUTO_TEST_CASE(a_parsed_config_has_the_plan_of_the_one_that_was_written) {
  study::StudyConfig config = study_of({}, 2);
  const boost::json::value vectors = study_test::parse_test_data("config_hash.json");
  for (const auto& vector : vectors.as_array()) {
    config.experiments.push_back({vector.at("config").as_object(), {}});
  }
  const study::StudyConfig crossed = study::parse_study_config(study::to_json(config));
  BOOST_TEST((study::initial_manifest(config, make_plan(config), {}) ==
              study::initial_manifest(crossed, make_plan(crossed), {})));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
