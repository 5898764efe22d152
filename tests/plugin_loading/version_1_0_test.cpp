// Plugins and hosts of minor version 0 go on working: real ones, built with that header.
#include "support/child.hpp"
#include "support/run_program.hpp"
#include "support/temp_dir.hpp"
#include "support/test_data.hpp"

#include <study/error.hpp>
#include <study/observer_library.hpp>

#include <filesystem>
#include <string>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace data = boost::unit_test::data;
using study::ExperimentState;

BOOST_AUTO_TEST_SUITE(version_1_0)

BOOST_AUTO_TEST_CASE(a_plugin_observes_a_study_and_takes_no_more_experiments) {
  std::string log;
  const auto library =
      study::ObserverLibrary::load(std::string(STUDY_BUILD_DIR) + "/tests/of_version_1_0.so");
  const auto observer = library.create(
      {"host", "1", [&](auto, auto, std::string_view text) { log += std::string(text) + "\n"; }},
      {});
  study::StudyConfig config{.study_name = "s", .framework_version = "1"};
  config.experiments.push_back({.config = {{"x", 1}}});
  const study_test::TempDir dir;
  observer->on_study_start({config, dir.path(), study::now()});
  for (const auto state : {ExperimentState::running, ExperimentState::completed}) {
    observer->on_experiment_state({.config_hash = "h",
                                   .state = state,
                                   .time = study::now(),
                                   .attributes = "{\"worker\": 1}"});
  }
  BOOST_CHECK_EXCEPTION(observer->on_experiments_added({config.experiments, study::now()}),
                        study::PluginError,
                        study_test::says("it is built for version 1.0 of the interface"));
  observer->on_study_end({study::StudyOutcome::completed, study::now()});
  BOOST_TEST(log == "saw two events\n");
}

BOOST_DATA_TEST_CASE(a_host_runs_a_study_with_each_plugin,
                     data::make({"manifest_writer", "journal_writer", "sqlite_writer"}), plugin) {
  const study_test::TempDir dir(study_test::memory_directory());
  const std::filesystem::path study_dir = dir / "study";
  std::filesystem::create_directory(study_dir);
  const auto result = study_test::run_program(
      {std::string(STUDY_BUILD_DIR) + "/tests/host_of_version_1_0",
       std::string(STUDY_OBSERVER_DIR) + "/" + plugin + ".so", "", study_dir.string()});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(result.err.find("ignored an event: first cycle 1 is completed") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
