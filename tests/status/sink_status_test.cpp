// study-host status of studies whose checkpoint is not a manifest.json.
#include "support/resumable.hpp"

#include <string>
#include <vector>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <signal.h>

namespace data = boost::unit_test::data;
using namespace study_test;

namespace {

constexpr const char* kSinks[] = {"manifest_writer", "journal_writer", "sqlite_writer"};

ProgramResult status(std::vector<std::string> more) {
  more.insert(more.begin(), {kStudyHost, "status"});
  return run_program(std::move(more));
}

/// A study with the given observers that has run, and failed in 2.
struct Ended : Resumable {
  explicit Ended(const std::vector<std::string>& plugins) {
    observe_with(plugins);
    fail(2);
    BOOST_TEST(folder.run().exit_code == 1);
  }

  [[nodiscard]] std::string config() const { return (folder / "study_host.json").string(); }
  [[nodiscard]] std::string study_dir() const { return folder.study_dir().string(); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(sink_status)

BOOST_DATA_TEST_CASE(a_directory_is_asked_of_the_config_s_observers,
                     data::make({"journal_writer", "sqlite_writer"}), sink) {
  const Ended study({sink});
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{study.study_dir(), "--config", study.config()},
        std::vector<std::string>{study.study_dir() + "/", "--config", study.config()},
        // Without --config, the config that the study began with.
        std::vector<std::string>{study.study_dir()}}) {
    const ProgramResult result = status(command);
    BOOST_TEST(result.exit_code == 0, result.err);
    BOOST_TEST(contains(result.out, "test: completed\n"), result.out);
    BOOST_TEST(contains(result.out, "2 completed, 1 failed, 0 pending of 3\n"), result.out);
    BOOST_TEST(contains(result.out, "n=2         ProcessExit: "), result.out);
    BOOST_TEST(result.err == "");
  }
}

BOOST_AUTO_TEST_CASE(a_directory_s_manifest_is_read_unless_there_is_a_config) {
  const Ended study({"manifest_writer", "sqlite_writer"});
  study.put_manifest("{");
  const ProgramResult direct = status({study.study_dir()});
  BOOST_TEST(direct.exit_code == 2);
  BOOST_TEST(contains(direct.err, "manifest.json"), direct.err);
  const ProgramResult asked = status({study.study_dir(), "--config", study.config()});
  BOOST_TEST(asked.exit_code == 0);
  BOOST_TEST(contains(asked.err, "warning: a checkpoint can't be read: plugin 'manifest_writer'"),
             asked.err);
  BOOST_TEST(contains(asked.out, "2 completed, 1 failed"), asked.out);
}

BOOST_DATA_TEST_CASE(a_name_finds_the_latest_study_of_that_name, data::make(kSinks), sink) {
  Ended study({sink});
  study.repair();
  // The second one has another design, so that it can be told apart.
  study.use({{{"n", 1}}});
  const std::string second = last_line(study.folder.run().out);
  const ProgramResult result = status({"--study", "test", "--config", study.config()});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.out, "1 completed, 0 failed, 0 pending of 1\n"), result.out);
  fs::create_directory(study.folder.results() / "test_not-a-study_2999-01-01T00-00-00");
  fs::create_directory(study.folder.results() / "test_2999-01-01");
  BOOST_TEST(status({"--study", "test", "--config", study.config()}).out == result.out);
  BOOST_TEST(contains(status({second, "--config", study.config()}).out, "pending of 1\n"));
}

BOOST_DATA_TEST_CASE(a_running_study_has_its_writer_by_directory_and_by_name,
                     data::make({true, false}), by_name) {
  Resumable study;
  study.observe_with({"sqlite_writer"});
  study.folder.study("exec sleep 1000");  // without a shell before it, it dies with its killed host
  Program host(study.folder.command());
  wait_until("the first line", [&] { return contains(host.out(), "\n"); });
  std::vector<std::string> which{"--config", (study.folder / "study_host.json").string()};
  if (by_name) {
    which.insert(which.end(), {"--study", "test"});
  } else {
    which.push_back(last_line(host.out()));
  }
  auto as_json = which;
  as_json.push_back("--json");
  wait_until("a running experiment", [&] { return contains(status(which).out, "(1 running)"); });
  const json::value shown = json::parse(status(as_json).out);
  BOOST_TEST(shown.at("writer") == "alive");
  BOOST_TEST(shown.at("manifest").at("status") == "running");
  BOOST_TEST(
      contains(status(which).out, "test: running, pid " + std::to_string(host.pid()) + " on "));

  auto watch = which;
  watch.insert(watch.begin(), {kStudyHost, "status", "--watch"});
  Program watcher(watch);
  wait_until("what the watcher sees", [&] { return contains(watcher.out(), "(1 running)"); });
  host.send(SIGKILL);
  host.wait();
  const ProgramResult watched = watcher.wait();
  BOOST_TEST(watched.exit_code == 0, watched.err);
  BOOST_TEST(contains(watched.out, "interrupted without notice"), watched.out);
  BOOST_TEST(contains(watched.out, "study-host run --resume " + last_line(host.out())),
             watched.out);
}

BOOST_AUTO_TEST_CASE(a_study_whose_directory_is_elsewhere_has_an_unknown_writer) {
  Resumable study;
  study.observe_with({"sqlite_writer"});
  study.folder.study("sleep 1000");
  Program host(study.folder.command());
  wait_until("the first line", [&] { return contains(host.out(), "\n"); });
  host.send(SIGTERM);
  BOOST_TEST(host.wait().exit_code == 143);
  const std::string config = (study.folder / "study_host.json").string();
  const std::string study_dir = study.folder.study_dir().string();
  BOOST_TEST(contains(status({study_dir, "--config", config}).out,
                      "test: interrupted; resume with:\n  study-host run --resume " + study_dir));
  fs::remove_all(study_dir);
  for (const std::vector<std::string>& which :
       {std::vector<std::string>{"--study", "test"}, std::vector<std::string>{study_dir}}) {
    auto command = which;
    command.insert(command.end(), {"--config", config, "--json"});
    const ProgramResult result = status(command);
    BOOST_TEST_REQUIRE(result.exit_code == 0, result.err);
    BOOST_TEST(json::parse(result.out).at("writer") == "unknown");
    command.pop_back();
    const std::string text = status(command).out;
    BOOST_TEST(text.starts_with("test: interrupted\n"), text);
    BOOST_TEST(!contains(text, "resume"), text);
  }
}

BOOST_AUTO_TEST_CASE(an_observer_that_fails_is_warned_of_and_the_next_one_asked) {
  Ended study({"sqlite_writer"});
  study.observe_with({std::string(STUDY_BUILD_DIR) + "/tests/zoo/read_fails.so", "sqlite_writer"});
  const ProgramResult result = status({"--study", "test", "--config", study.config()});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.err, "read_checkpoint failed: no way in"), result.err);
  // Asked several times, warned of once.
  BOOST_TEST(result.err.find("no way in") == result.err.rfind("no way in"), result.err);
  BOOST_TEST(contains(result.out, "of 3\n"), result.out);
  study.observe_with({std::string(STUDY_BUILD_DIR) + "/tests/zoo/read_fails.so"});
  const ProgramResult alone = status({"--study", "test", "--config", study.config()});
  BOOST_TEST(alone.exit_code == 2);
  BOOST_TEST(contains(alone.err, "no checkpoint of the study test in "), alone.err);
}

BOOST_AUTO_TEST_CASE(a_study_that_nobody_knows_names_those_who_were_asked) {
  const Ended study({"journal_writer", "sqlite_writer"});
  const ProgramResult name = status({"--study", "tset", "--config", study.config()});
  BOOST_TEST(name.exit_code == 2);
  BOOST_TEST(
      contains(name.err, "no observer has a checkpoint of the study tset in " +
                             study.folder.results().string() +
                             "; asked: journal_writer, sqlite_writer (" + study.config() + ")"),
      name.err);
  const ProgramResult directory = status({"/nowhere/at/all", "--config", study.config()});
  BOOST_TEST(directory.exit_code == 2);
  BOOST_TEST(contains(directory.err, "there is no such directory on this machine"), directory.err);
}

BOOST_AUTO_TEST_CASE(plugins_shows_the_options_of_each_sink) {
  const ProgramResult result = run_program({kStudyHost, "plugins"});
  BOOST_TEST(result.exit_code == 0, result.err);
  for (const char* part :
       {"journal_writer 1.0.0\n  Appends one line to journal.jsonl for every transition",
        "    durability: \"process\" | \"power\", default \"process\"\n        What a transition",
        "sqlite_writer 1.0.0\n  Keeps all studies of a results directory in one SQLite database.\n",
        "    path: string, default \"studies.db\"\n        The database file",
        "    busy_timeout_seconds: number, default 10\n        How long a write waits"}) {
    BOOST_TEST(contains(result.out, part), part << " is missing: " << result.out);
  }
}

BOOST_DATA_TEST_CASE(options_are_checked_before_anything_runs,
                     data::make({"journal_writer", "sqlite_writer"}), sink) {
  Resumable study;
  for (const json::object& options :
       {json::object{{"durabilty", "power"}}, json::object{{"durability", "eternal"}}}) {
    study.folder.host({json::object{{"plugin", sink}, {"options", options}}});
    const ProgramResult result = study.folder.run();
    BOOST_TEST(result.exit_code == 2);
    BOOST_TEST(contains(result.err, sink), result.err);
    BOOST_TEST(contains(result.err, "durability"), result.err);
    BOOST_TEST(!fs::exists(study.folder.results()));
    BOOST_TEST(!fs::exists(study.ledger));
  }
}

BOOST_AUTO_TEST_CASE(what_is_asked_for_is_a_directory_or_a_name) {
  const ProgramResult neither = status({"--json"});
  BOOST_TEST(neither.exit_code == 2);
  BOOST_TEST(contains(neither.err, "DIR or --study NAME is required"), neither.err);
  const ProgramResult both = status({"/tmp", "--study", "test"});
  BOOST_TEST(both.exit_code == 2);
  BOOST_TEST(contains(both.err, "DIR excludes --study"), both.err);
}

BOOST_AUTO_TEST_CASE(a_config_without_observers_and_a_config_that_is_gone_are_said) {
  Ended study({"sqlite_writer"});
  study.folder.host({});
  const ProgramResult none = status({"--study", "test", "--config", study.config()});
  BOOST_TEST(none.exit_code == 2);
  BOOST_TEST(contains(none.err, "no observer is enabled"), none.err);
  fs::remove(study.config());
  const ProgramResult gone = status({study.study_dir()});
  BOOST_TEST(gone.exit_code == 2);
  BOOST_TEST(contains(gone.err, "the host config that the study began with is gone: " +
                                    study.config() + "; give one with --config"),
             gone.err);
}

BOOST_AUTO_TEST_SUITE_END()
