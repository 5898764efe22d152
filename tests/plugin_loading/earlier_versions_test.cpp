// Plugins and hosts of earlier minor versions go on working: real ones, built with those headers.
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

BOOST_AUTO_TEST_SUITE(earlier_versions)

BOOST_DATA_TEST_CASE(a_plugin_observes_a_study_as_far_as_it_knows_how, data::make({0, 1}), minor) {
  std::string log;
  const auto library = study::ObserverLibrary::load(
      std::string(STUDY_BUILD_DIR) + "/tests/of_version_1_" + std::to_string(minor) + ".so");
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
  const study::ExperimentsAdded added{config.experiments, study::now()};
  if (minor == 0) {
    BOOST_CHECK_EXCEPTION(observer->on_experiments_added(added), study::PluginError,
                          study_test::says("it is built for version 1.0 of the interface"));
  } else {
    BOOST_CHECK_NO_THROW(observer->on_experiments_added(added));
  }
  BOOST_TEST(!observer->read_attempts({dir.path()}, [](const study::StudyAttempt&) {}));
  BOOST_TEST(!observer->list_studies({}, [](const study::StoredStudy&) {}));
  observer->on_study_end({study::StudyOutcome::completed, study::now()});
  BOOST_TEST(log == "saw two events\n");
}

BOOST_DATA_TEST_CASE(a_host_runs_a_study_with_each_plugin,
                     data::make({"manifest_writer", "journal_writer", "sqlite_writer"}) *
                         data::make({0, 1}),
                     plugin, minor) {
  const study_test::TempDir dir(study_test::memory_directory());
  const std::filesystem::path study_dir = dir / "study";
  std::filesystem::create_directory(study_dir);
  const auto result = study_test::run_program(
      {std::string(STUDY_BUILD_DIR) + "/tests/host_of_version_1_" + std::to_string(minor),
       std::string(STUDY_OBSERVER_DIR) + "/" + plugin + ".so", "", study_dir.string()});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(result.err.find("ignored an event: first cycle 1 is completed") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
