// A study as an orchestrator of one's own sees it.
#include "opened_study.hpp"
#include "support/child.hpp"
#include "support/snapshot.hpp"
#include "support/test_data.hpp"

#include <study/error.hpp>
#include <study/study_lock.hpp>

#include <fstream>
#include <limits>
#include <optional>

#include <boost/test/unit_test.hpp>

using namespace study;
using study_test::killed_host;
using study_test::run_in_child;
using study_test::says;
using study_test::StudyOnDisk;

namespace {

namespace fs = std::filesystem;

const std::string kJson = "{\"loss\": 0.5}";

std::vector<ExperimentState> states(const StudyManifest& manifest) {
  std::vector<ExperimentState> states;
  for (const ManifestEntry& entry : manifest.experiments) states.push_back(entry.status);
  return states;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sessions)

BOOST_AUTO_TEST_CASE(a_new_study_has_a_directory_and_its_runs) {
  StudyOnDisk study(2);
  SessionOptions options = study.options();
  options.n_cycles = 2;
  options.framework_version = "7";
  Session session = Session::open(std::move(options));
  BOOST_TEST(!session.is_resumed());
  BOOST_TEST(session.directory().parent_path() == study / "results");
  BOOST_TEST((session.pending() == std::vector<RunNumber>{0, 1, 2, 3}));
  const SessionRun run = session.run(3);
  BOOST_TEST(run.cycle == 2);
  BOOST_TEST(run.config_summary == "x=1");
  BOOST_TEST(run.experiment.value() == 1U);
  BOOST_TEST(run.config.at("x").as_int64() == 1);
  BOOST_TEST(run.result_stem == "experiment_" + run.config_hash.substr(0, 8) + "_c2");
  BOOST_TEST(session.find(run.config_hash, 2).value() == 3U);
  BOOST_TEST(!session.find(run.config_hash, 3));
  BOOST_TEST(StudyOnDisk::manifest_in(session.directory()).head.framework_version == "7");
}

BOOST_AUTO_TEST_CASE(what_is_told_is_in_the_manifest_and_the_result_beside_it) {
  StudyOnDisk study;
  Session session = study.open();
  session.running(0);
  session.completed(0, {.bytes = kJson});
  session.running(1);
  session.failed(1, "ValueError", "no");
  session.running(2);
  session.interrupted(2);
  const StudyManifest manifest = StudyOnDisk::manifest_in(session.directory());
  using enum ExperimentState;
  BOOST_TEST((states(manifest) == std::vector{completed, failed, pending}));
  BOOST_TEST(read_file(session.directory() / *manifest.experiments[0].result_file) == kJson);
  BOOST_TEST(*manifest.experiments[1].error_type == "ValueError");
  BOOST_TEST((session.pending() == std::vector<RunNumber>{2}));
  BOOST_TEST((states(session.manifest()) == states(manifest)));
}

BOOST_AUTO_TEST_CASE(the_latest_study_of_the_name_goes_on) {
  StudyOnDisk study;
  fs::path directory;
  {
    Session session = study.open();
    directory = session.directory();
    StudyOnDisk::complete(session, 1);
  }
  BOOST_TEST((StudyOnDisk::manifest_in(directory).head.status == StudyStatus::interrupted));
  Session session = study.open();
  BOOST_TEST(session.is_resumed());
  BOOST_TEST(session.directory() == directory);
  BOOST_TEST((session.pending() == std::vector<RunNumber>{0, 2}));
}

BOOST_AUTO_TEST_CASE(never_begins_a_new_one) {
  StudyOnDisk study;
  const fs::path first = study.open().directory();
  SessionOptions options = study.options();
  options.resume = Resume::never;
  const Session session = Session::open(std::move(options));
  BOOST_TEST(session.directory() != first);
  BOOST_TEST(session.pending().size() == 3U);
}

BOOST_AUTO_TEST_CASE(of_a_completed_study_nothing_is_left_and_nothing_is_changed) {
  StudyOnDisk study(2);
  fs::path directory;
  {
    Session session = study.open();
    directory = session.directory();
    for (const RunNumber run : session.pending()) StudyOnDisk::complete(session, run);
    session.end();
  }
  const std::string before = read_file(directory / "manifest.json");
  BOOST_TEST(before.find("\"status\": \"completed\"") != std::string::npos);
  study.log();
  Session session = study.open();
  BOOST_TEST(session.directory() == directory);
  BOOST_TEST(session.pending().empty());
  BOOST_TEST(session.has_ended());
  BOOST_CHECK_EXCEPTION(session.running(0), StudyError, says("nothing is left of it"));
  session.end();
  BOOST_TEST(read_file(directory / "manifest.json") == before);
  BOOST_TEST(study.log().find("nothing is left") != std::string::npos);
  BOOST_CHECK_NO_THROW(study.open());  // its end is the end of its lock, too
}

BOOST_AUTO_TEST_CASE(what_has_failed_is_run_again_or_kept) {
  StudyOnDisk study;
  {
    Session session = study.open();
    session.running(0);
    session.failed(0, "E", "m");
  }
  {
    SessionOptions options = study.options();
    options.failed_runs = FailedRuns::stay_failed;
    BOOST_TEST((Session::open(std::move(options)).pending() == std::vector<RunNumber>{1, 2}));
  }
  BOOST_TEST(study.open().pending().size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_host_that_died_before_the_first_checkpoint_has_lost_nothing) {
  StudyOnDisk study;
  const fs::path directory = killed_host(
      study, [](Session& session) { fs::remove(session.directory() / "manifest.json"); });
  std::ofstream(directory / ".manifest.json.spare") << "{\"schema_version\": \"2.0\", \"study_na";
  Session session = study.open();
  BOOST_TEST(session.directory() == directory);
  BOOST_TEST(session.pending().size() == 3U);
  StudyOnDisk::complete(session, 0);
  BOOST_TEST(StudyOnDisk::manifest_in(directory).experiments.size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_that_is_lost_while_results_are_there_is_not_begun_anew) {
  StudyOnDisk study;
  const fs::path directory = killed_host(study, [](Session& session) {
    StudyOnDisk::complete(session, 0);
    fs::remove(session.directory() / "manifest.json");
    fs::remove(session.directory() / ".manifest.json.spare");
  });
  BOOST_CHECK_EXCEPTION(study.open(), StudyError, says("but there are result files"));
  SessionOptions options = study.options();
  options.rebuild = true;
  BOOST_TEST((Session::open(std::move(options)).pending() == std::vector<RunNumber>{1, 2}));
}

BOOST_AUTO_TEST_CASE(a_study_is_not_begun_anew_because_its_observer_is_not_asked) {
  StudyOnDisk study;
  const auto without_results = [&] {
    SessionOptions options = study.options();
    options.result_form = ResultForm::none;
    return options;
  };
  {
    Session session = Session::open(without_results());
    session.running(0);
    session.completed(0);
  }
  SessionOptions options = without_results();
  options.observers = {{.plugin = "journal_writer"}};
  BOOST_CHECK_EXCEPTION(static_cast<void>(Session::open(std::move(options))), StudyError,
                        says("the latest run was observed by manifest_writer: add it"));
  BOOST_TEST((Session::open(without_results()).pending() == std::vector<RunNumber>{1, 2}));
}

BOOST_AUTO_TEST_CASE(events_that_can_not_be_are_refused_with_a_text) {
  StudyOnDisk study;
  Session session = study.open();
  BOOST_CHECK_EXCEPTION(session.running(3), StudyError, says("there is no run 3"));
  BOOST_CHECK_EXCEPTION(static_cast<void>(session.run(99)), StudyError, says("no run 99"));
  StudyOnDisk::complete(session, 0);
  BOOST_CHECK_EXCEPTION(session.running(0), EventIgnored, says("is completed and can't become"));
  const fs::path result = session.directory() / (session.run(0).result_stem + ".json");
  BOOST_CHECK_THROW(session.completed(0, {.bytes = "[]"}), EventIgnored);
  BOOST_TEST(read_file(result) == kJson);  // a late event never touches a result
  session.end();
  BOOST_CHECK_EXCEPTION(session.running(1), StudyError, says("the study has ended"));
  session.end();  // once; that is no error
}

BOOST_AUTO_TEST_CASE(a_study_ends_once_on_every_way_out) {
  const auto outcome_after = [](const std::function<void(StudyOnDisk&)>& host) {
    StudyOnDisk study(1);
    const int status = run_in_child([&] {
      try {
        host(study);
      } catch (const std::exception&) {
      }
      return 0;
    });
    BOOST_TEST(status == 0);
    const fs::path directory = fs::directory_iterator(study / "results")->path();
    const StudyManifest manifest = StudyOnDisk::manifest_in(directory);
    BOOST_TEST((manifest.experiments[0].status != ExperimentState::running));
    return manifest.head.status;
  };
  using enum StudyStatus;
  BOOST_TEST((outcome_after([](StudyOnDisk& study) { study.open().running(0); }) == interrupted));
  BOOST_TEST((outcome_after([](StudyOnDisk& study) {
                Session session = study.open();
                throw std::runtime_error("the host's own");
              }) == failed));
  BOOST_TEST((outcome_after([](StudyOnDisk& study) {
                Session session = study.open();
                StudyOnDisk::complete(session, 0);
                session.end();
              }) == completed));
  BOOST_TEST((outcome_after([](StudyOnDisk& study) {
                static std::optional<Session> kept;  // its destructor runs after the handler
                kept.emplace(study.open());
                kept->running(0);
                std::exit(0);
              }) == interrupted));
}

BOOST_AUTO_TEST_CASE(what_is_said_to_be_completed_while_runs_are_left_is_interrupted) {
  StudyOnDisk study;
  Session session = study.open();
  StudyOnDisk::complete(session, 0);
  session.end(StudyOutcome::completed);
  BOOST_TEST(
      (StudyOnDisk::manifest_in(session.directory()).head.status == StudyStatus::interrupted));
  BOOST_TEST(study.log().find("2 of its runs are left") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(each_event_may_bring_its_own_time) {
  StudyOnDisk study;
  Session session = study.open();
  const Timestamp began(std::chrono::microseconds(1'700'000'000'000'000));
  const Timestamp ended = began + std::chrono::seconds(5);
  session.running(0, {.time = began});
  session.completed(0, {.bytes = kJson}, {.time = ended});
  const ManifestEntry entry = StudyOnDisk::manifest_in(session.directory()).experiments[0];
  BOOST_TEST((entry.started_at == began));
  BOOST_TEST((entry.completed_at == ended));
}

BOOST_AUTO_TEST_CASE(errors_of_the_options_name_what_is_wrong) {
  StudyOnDisk study;
  const auto with = [&](const std::function<void(SessionOptions&)>& change) {
    SessionOptions options = study.options();
    change(options);
    return [options = std::make_shared<SessionOptions>(std::move(options))] {
      static_cast<void>(Session::open(std::move(*options)));
    };
  };
  BOOST_CHECK_EXCEPTION(with([](auto& options) { options.study_name = "a/b"; })(), InputError,
                        says("a/b"));
  BOOST_CHECK_EXCEPTION(
      with([](auto& options) { options.observers = {{.plugin = "manifest_writr"}}; })(),
      PluginError, says("did you mean 'manifest_writer'?"));
  BOOST_CHECK_EXCEPTION(
      with([](auto& options) {
        options.experiments = {
            {.config = {{"a", {{"b", std::numeric_limits<double>::quiet_NaN()}}}}}};
      })(),
      InputError, says("experiment 1: a.b: NaN"));
  BOOST_CHECK_EXCEPTION(with([](auto& options) {
                          options.resume = Resume::directory;
                          options.study_dir = "/nowhere";
                        })(),
                        StudyError, says("there is no study directory /nowhere"));
  BOOST_TEST(!fs::exists(study / "results"));
}

BOOST_AUTO_TEST_CASE(options_come_from_a_hosts_config) {
  StudyOnDisk study;
  study::replace_file(study / "host.json", R"({"results_dir": "elsewhere", "durability": "power",
    "observers": [{"plugin": "journal_writer"}, {"plugin": "sqlite_writer", "enabled": false}]})");
  const SessionOptions options = study::options_of_host_config(study / "host.json");
  BOOST_TEST(options.results_dir == study / "elsewhere");
  BOOST_TEST((options.durability == study::Durability::power));
  BOOST_TEST(options.search.config_dir == (study / "host.json").parent_path());
  BOOST_TEST(options.observers.size() == 2U);
  BOOST_TEST(options.observers.at(0).plugin == "journal_writer");
  BOOST_TEST(!options.observers.at(1).enabled);
}

BOOST_AUTO_TEST_CASE(who_only_looks_is_told_what_the_observers_know_together) {
  StudyOnDisk study;
  Session session = study.open();
  StudyOnDisk::complete(session, 1);
  const auto found = study::read_study(session.directory(), study.options());
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(study::count_entries(*found).completed == 1);
  BOOST_TEST(!study::read_study(study / "nowhere", study.options()).has_value());
}

BOOST_AUTO_TEST_CASE(sessions_of_two_studies_are_open_at_once) {
  StudyOnDisk study;
  Session one = study.open();
  SessionOptions options = study.options();
  options.study_name = "other";
  Session other = Session::open(std::move(options));
  StudyOnDisk::complete(one, 0);
  StudyOnDisk::complete(other, 1);
  BOOST_TEST((one.pending() == std::vector<RunNumber>{1, 2}));
  BOOST_TEST((other.pending() == std::vector<RunNumber>{0, 2}));
}

BOOST_AUTO_TEST_SUITE_END()
