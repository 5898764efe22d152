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
using study_test::experiments;
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

/// A session that a killed host had open: `before` has told it what it did.
fs::path killed_host(StudyOnDisk& study, const std::function<void(Session&)>& before) {
  const int status = run_in_child([&] {
    Session session = study.open();
    before(session);
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  BOOST_TEST(status == 102);
  return fs::directory_iterator(study / "results")->path();
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

BOOST_AUTO_TEST_CASE(a_completed_run_counts_while_its_result_is_there_and_whole) {
  StudyOnDisk study(4);
  fs::path directory;
  std::vector<std::string> stems;
  {
    Session session = study.open();
    directory = session.directory();
    for (const RunNumber run : session.pending()) {
      stems.push_back(session.run(run).result_stem);
      StudyOnDisk::complete(session, run);
    }
  }
  fs::remove(directory / (stems[0] + ".json"));
  std::ofstream(directory / (stems[1] + ".json")) << "{\"loss\": 0.";
  fs::remove(directory / (stems[2] + ".json"));
  fs::create_directory(directory / (stems[2] + ".json"));
  study.log();
  const Session session = study.open();
  BOOST_TEST((session.pending() == std::vector<RunNumber>{0, 1, 2}));
  const std::string log = study.log();
  BOOST_TEST(log.find("is not there") != std::string::npos);
  BOOST_TEST(log.find("is no JSON: syntax error at byte 12") != std::string::npos);
  BOOST_TEST(log.find("is no file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_result_in_a_folder_of_the_study_counts_and_none_elsewhere) {
  StudyOnDisk study(4);
  fs::path directory;
  std::vector<std::string> stems;
  {
    Session session = study.open();
    directory = session.directory();
    for (const RunNumber run : session.pending()) {
      stems.push_back(session.run(run).result_stem + ".json");
      StudyOnDisk::complete(session, run);
    }
  }
  // As the manifests of LLenergyMeasure's later releases name them.
  std::string manifest = study::read_file(directory / "manifest.json");
  const auto rename = [&](int run, const std::string& name) {
    const std::string quoted = '"' + stems[static_cast<std::size_t>(run)] + '"';
    manifest.replace(manifest.find(quoted), quoted.size(), '"' + name + '"');
    fs::create_directories((directory / name).parent_path());
    fs::copy_file(directory / stems[static_cast<std::size_t>(run)], directory / name);
    fs::remove(directory / stems[static_cast<std::size_t>(run)]);
  };
  rename(0, "001_c1_x/result.json");
  rename(1, "../result.json");
  rename(2, "a/.b/result.json");
  study::replace_file(directory / "manifest.json", manifest);
  study.log();
  const Session session = study.open();
  BOOST_TEST((session.pending() == std::vector<RunNumber>{1, 2}));
  BOOST_TEST(study.log().find("../result.json as its result, which is no result of this study") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_run_that_was_under_way_and_whose_result_is_whole_has_completed) {
  StudyOnDisk study;
  const fs::path directory = killed_host(study, [](Session& session) {
    session.running(0);
    session.running(1);
    const auto place = [&](RunNumber run) {
      return session.directory() / (session.run(run).result_stem + ".json");
    };
    std::ofstream(place(0)) << kJson;
    std::ofstream(place(1)) << "{\"loss\":";
    std::ofstream(place(2)) << kJson;  // nobody has started it
  });
  const Session session = study.open();
  BOOST_TEST((session.pending() == std::vector<RunNumber>{1, 2}));
  const ManifestEntry entry = StudyOnDisk::manifest_in(directory).experiments[0];
  BOOST_TEST((entry.status == ExperimentState::completed));
  BOOST_TEST(fs::exists(directory / entry.result_file.value()));
  BOOST_TEST((entry.completed_at.value() >= entry.started_at.value()));
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

BOOST_AUTO_TEST_CASE(a_result_is_put_in_place_as_bytes_or_as_a_file) {
  StudyOnDisk study(4);
  SessionOptions options = study.options();
  options.result_form = ResultForm::any;
  Session session = Session::open(std::move(options));
  const fs::path& directory = session.directory();
  for (const RunNumber run : session.pending()) session.running(run);
  session.completed(0, {.bytes = "plain text", .extension = ".txt"});
  BOOST_TEST(read_file(directory / (session.run(0).result_stem + ".txt")) == "plain text");

  std::ofstream(study / "here.json") << kJson;
  session.completed(1, {.file = study / "here.json"});
  BOOST_TEST(read_file(directory / (session.run(1).result_stem + ".json")) == kJson);
  BOOST_TEST(!fs::exists(study / "here.json"));

  const study_test::TempDir elsewhere("/var/tmp");  // another file system than the study's
  std::ofstream(elsewhere / "there.bin") << "bytes";
  session.completed(2, {.file = elsewhere / "there.bin", .extension = ".bin"});
  BOOST_TEST(read_file(directory / (session.run(2).result_stem + ".bin")) == "bytes");
  BOOST_TEST(!fs::exists(elsewhere / "there.bin"));

  BOOST_CHECK_EXCEPTION(session.completed(3, {.file = study / "nowhere"}), FileError,
                        says("No such file"));
  fs::create_directory(study / "folder");
  BOOST_CHECK_EXCEPTION(session.completed(3, {.file = study / "folder"}), InputError,
                        says("is no file"));
  BOOST_TEST((session.state(3) == ExperimentState::running));
  for (const char* const extension : {"json", "/../x", ".log", ""}) {
    BOOST_CHECK_EXCEPTION(session.completed(3, {.bytes = "x", .extension = extension}), InputError,
                          says("give another extension"));
  }
}

BOOST_AUTO_TEST_CASE(results_count_with_whatever_extension_they_have) {
  StudyOnDisk study;
  {
    Session session = study.open();
    session.running(0);
    session.completed(0, {.bytes = "plain text", .extension = ".txt"});
    session.running(1);
    session.completed(1, {.bytes = "gone", .extension = ".bin"});
    fs::remove(session.directory() / (session.run(1).result_stem + ".bin"));
  }
  BOOST_TEST((study.open().pending() == std::vector<RunNumber>{1, 2}));
}

BOOST_AUTO_TEST_CASE(what_is_no_result_completes_no_run) {
  StudyOnDisk study;
  Session session = study.open();
  session.running(0);
  BOOST_CHECK_EXCEPTION(session.completed(0, {.bytes = "{\"loss\": NaN}"}), InputError,
                        says("the result is no JSON"));
  BOOST_CHECK_EXCEPTION(session.completed(0), InputError, says("needs a result"));
  BOOST_TEST((session.state(0) == ExperimentState::running));
  session.completed(0, {.bytes = kJson});
}

BOOST_AUTO_TEST_CASE(where_no_result_is_needed_a_completed_run_counts_without) {
  StudyOnDisk study;
  const auto without = [&] {
    SessionOptions options = study.options();
    options.result_form = ResultForm::none;
    return Session::open(std::move(options));
  };
  {
    Session session = without();
    session.running(0);
    session.completed(0);
  }
  BOOST_TEST((without().pending() == std::vector<RunNumber>{1, 2}));
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

BOOST_AUTO_TEST_CASE(a_result_that_its_host_has_put_into_a_folder_of_the_study_counts) {
  StudyOnDisk study;
  {
    Session session = study.open();
    fs::create_directory(session.directory() / "001_c1");
    std::ofstream(session.directory() / "001_c1/result.json") << kJson;
    session.completed(0, {.file = "001_c1/result.json", .is_in_place = true});
    BOOST_TEST(session.manifest().experiments[0].result_file.value() == "001_c1/result.json");
    for (const char* path : {"../result.json", "/tmp/result.json", "a/../result.json", "a/"}) {
      BOOST_CHECK_EXCEPTION(session.completed(1, {.file = path, .is_in_place = true}), InputError,
                            says("relative to the study's directory"));
    }
  }
  BOOST_TEST((study.open().pending() == std::vector<RunNumber>{1, 2}));
}

BOOST_AUTO_TEST_CASE(attributes_that_are_none_are_refused_before_the_result_is_in_place) {
  StudyOnDisk study;
  Session session = study.open();
  const fs::path result = session.directory() / (session.run(0).result_stem + ".json");
  const std::string much = "{\"a\": \"" + std::string(study::kMaxAttributesBytes, 'x') + "\"}";
  for (const std::string& attributes : {std::string("[1]"), std::string("{"), much}) {
    BOOST_CHECK_EXCEPTION(session.completed(0, {.bytes = "{}"}, {.attributes = attributes}),
                          InputError, says("attributes"));
  }
  BOOST_TEST(!fs::exists(result));
  BOOST_TEST((session.state(0) == study::ExperimentState::pending));
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
