// Loads plugins that were built elsewhere, named by their folder in STUDY_FOREIGN_PLUGINS, into a
// host of this build.
#include "support/sample_study.hpp"
#include "support/temp_dir.hpp"
#include "support/valid_manifest.hpp"
#include "support/zoo.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>
#include <study/observer_library.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using namespace study_test;

namespace {

fs::path plugin_file(const std::string& name) {
  const char* folder = std::getenv("STUDY_FOREIGN_PLUGINS");
  BOOST_REQUIRE_MESSAGE(folder != nullptr, "STUDY_FOREIGN_PLUGINS is not set");
  return fs::path(folder) / (name + ".so");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(printer)

BOOST_AUTO_TEST_CASE(a_printer_prints_each_transition_of_a_study) {
  LogBook log;
  const auto library = study::ObserverLibrary::load(plugin_file("printer"));
  BOOST_TEST(library.name() == "printer");
  const auto observer = library.create(log.services(), {{"prefix", "> "}});
  const TempDir directory;
  const auto config = sample_study(1);
  observer->on_study_start({config, directory.path(), at(0)});
  observer->on_experiment_state({"abc", 2, study::ExperimentState::running, at(1), "", "", ""});
  observer->on_study_end({});
  std::string printed;
  for (const LogEntry& entry : log.entries()) printed += entry.text + "\n";
  BOOST_TEST(printed == "> start of sample\n> abc cycle 2 is running\n> end\n");
}

BOOST_AUTO_TEST_CASE(bad_options_and_bad_events_are_reported_across_the_boundary) {
  const auto library = study::ObserverLibrary::load(plugin_file("printer"));
  BOOST_CHECK_THROW(static_cast<void>(library.create(quiet_services(), {{"prefix", 1}})),
                    study::InputError);
  const auto observer = library.create(quiet_services(), {});
  check_contains(message_of<study::PluginError>([&] { observer->on_study_end({}); }),
                 "on_study_end failed: on_study_end before on_study_start");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(manifest_writer)

BOOST_AUTO_TEST_CASE(a_manifest_writer_keeps_the_manifest_of_a_study) {
  const auto library = study::ObserverLibrary::load(plugin_file("manifest_writer"));
  const TempDir directory;
  const auto config = sample_study(2);
  const auto initial = sample_manifest(2);
  const std::string& hash = initial.experiments[0].config_hash;
  {
    const auto observer = library.create(quiet_services(), {});
    observer->on_study_start({config, directory.path(), at(0)});
    observer->on_experiment_state({hash, 1, study::ExperimentState::running, at(1), "", "", ""});
    observer->on_experiment_state(
        {hash, 1, study::ExperimentState::completed, at(2), "r.json", "", ""});
    observer->on_study_end({study::StudyOutcome::interrupted, at(3)});
  }
  auto expected = initial;
  expected.head.status = study::StudyStatus::interrupted;
  expected.head.completed_at = at(3);
  expected.experiments[0].status = study::ExperimentState::completed;
  expected.experiments[0].started_at = at(1);
  expected.experiments[0].completed_at = at(2);
  expected.experiments[0].result_file = "r.json";

  const auto stored = study_test::read_valid_manifest(directory / "manifest.json");
  BOOST_REQUIRE(stored.has_value());
  BOOST_TEST(study::render_manifest(*stored) == study::render_manifest(expected));
  const auto read = library.create(quiet_services(), {})->read_checkpoint({directory.path(), {}});
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST((*read == *stored));
}

BOOST_AUTO_TEST_SUITE_END()
