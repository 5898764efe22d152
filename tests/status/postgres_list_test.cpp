// study-host list and status of studies that many hosts keep in one PostgreSQL, on a server of the
// test's own.
#define BOOST_TEST_MODULE list_of_hosts
#define BOOST_TEST_NO_MAIN
#include "support/postgres_server.hpp"
#include "support/resumable.hpp"

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

/// One server for all tests here.
PostgresServer& server() {
  static PostgresServer instance;
  return instance;
}

/// Several hosts, each with a folder and a study of its own, and a laptop that has neither.
struct Hosts {
  Hosts() {
    static int number = 0;
    schema = "hosts_" + std::to_string(++number);
    for (Resumable* host : {&first, &second}) host->folder.host({postgres_writer()});
    laptop.host({postgres_writer()});
  }

  [[nodiscard]] json::object postgres_writer() const {
    return {{"plugin", "postgres_writer"},
            {"options", {{"connection", server().connection()}, {"schema", schema}}}};
  }
  /// As if it had run on a host of that name.
  void move(const Resumable& study, const std::string& host) const {
    server().query("UPDATE " + schema + ".studies SET writer_host = '" + host +
                   "' WHERE study_dir = '" + directory_of(study) + "'");
  }
  [[nodiscard]] static std::string directory_of(const Resumable& study) {
    return study.folder.study_dir().string();
  }

  std::string schema;
  Resumable first;
  Resumable second;
  StudyFolder laptop;
};

ProgramResult ask(const std::string& command, const StudyFolder& folder,
                  std::vector<std::string> more = {}) {
  more.insert(more.begin(),
              {kStudyHost, command, "--config", (folder / "study_host.json").string()});
  return run_program(std::move(more));
}

json::array list_json(const StudyFolder& folder) {
  const ProgramResult result = ask("list", folder, {"--json"});
  BOOST_TEST(result.exit_code == 0, result.err);
  return json::parse(result.out).as_array();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(list_of_hosts)

BOOST_FIXTURE_TEST_CASE(who_has_no_results_sees_the_studies_of_all_hosts, Hosts) {
  first.fail(2);
  BOOST_TEST(first.folder.run().exit_code == 1);
  BOOST_TEST(second.folder.run().exit_code == 0);
  const ProgramResult here = ask("list", laptop);
  BOOST_TEST(!contains(here.out, "host"), here.out);
  move(first, "node7");
  const ProgramResult result = ask("list", laptop);
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(result.err == "");
  BOOST_TEST(contains(result.out, "  pending  study         host"), result.out);
  BOOST_TEST(contains(result.out, "  completed            2       1        0  test          node7"),
             result.out);
  BOOST_TEST(contains(result.out, "  " + directory_of(first) + "\n"), result.out);
  BOOST_TEST(contains(result.out, "  completed            3       0        0  test          "),
             result.out);
  BOOST_TEST(contains(result.out, "  " + directory_of(second) + "\n"), result.out);
  const json::array studies = list_json(laptop);
  BOOST_TEST_REQUIRE(studies.size() == 2U);
  const auto of_first = std::find_if(studies.begin(), studies.end(), [](const json::value& study) {
    return study.at("host") == "node7";
  });
  BOOST_TEST_REQUIRE((of_first != studies.end()));
  BOOST_TEST(of_first->at("study_dir") == directory_of(first).c_str());
  BOOST_TEST(of_first->at("failed") == 1);
  BOOST_TEST(of_first->at("writer") == "gone");
}

BOOST_FIXTURE_TEST_CASE(what_is_in_the_folder_too_is_listed_once, Hosts) {
  BOOST_TEST(first.folder.run().exit_code == 0);
  BOOST_TEST(second.folder.run().exit_code == 0);
  BOOST_TEST(list_json(first.folder).size() == 2U);
  // Its folder alone, as ever.
  const ProgramResult folder = ask("list", first.folder, {first.folder.results().string()});
  BOOST_TEST(contains(folder.out, directory_of(first)), folder.out);
  BOOST_TEST(!contains(folder.out, directory_of(second)), folder.out);
  // The database has the name that it had.
  fs::rename(first.folder.study_dir(), first.folder.results() / "moved");
  const json::array studies = list_json(first.folder);
  BOOST_TEST_REQUIRE(studies.size() == 2U);
  BOOST_TEST(std::count_if(studies.begin(), studies.end(), [](const json::value& study) {
               return study.at("study_dir").as_string().ends_with("/moved");
             }) == 1);
}

BOOST_FIXTURE_TEST_CASE(whether_another_host_still_runs_its_study_is_told, Hosts) {
  first.folder.study(": > " + (first.folder / "up").string() + "; sleep 1000");
  Program host(first.folder.command());
  wait_for_file(first.folder / "up");
  move(first, "node7");
  BOOST_TEST(list_json(laptop)[0].at("status") == "running");
  BOOST_TEST(list_json(laptop)[0].at("writer") == "alive");
  const ProgramResult running = ask("status", laptop, {"--study", "test"});
  BOOST_TEST(contains(running.out,
                      "test: running, pid " + std::to_string(host.pid()) + " on node7 since "),
             running.out << running.err);
  BOOST_TEST(contains(running.out, "\n  on node7 in " + directory_of(first) + "\n"), running.out);
  host.send(SIGKILL);
  host.wait();
  wait_until("the server has noticed",
             [&] { return list_json(laptop)[0].at("status") == "interrupted"; });
  const ProgramResult killed = ask("status", laptop, {"--study", "test"});
  BOOST_TEST(contains(killed.out, "test: interrupted without notice, 1 was running\n"),
             killed.out << killed.err);
}

BOOST_FIXTURE_TEST_CASE(status_by_name_shows_the_latest_and_says_that_there_are_others, Hosts) {
  BOOST_TEST(first.folder.run().exit_code == 0);
  const std::string alone = ask("status", laptop, {"--study", "test"}).out;
  BOOST_TEST(!contains(alone, "of this name"), alone);
  second.fail(1);
  BOOST_TEST(second.folder.run().exit_code == 1);
  move(second, "node8");
  const ProgramResult result = ask("status", laptop, {"--study", "test"});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.out, "\n  on node8 in " + directory_of(second) + "\n"), result.out);
  BOOST_TEST(contains(result.out, "2 completed, 1 failed, 0 pending of 3\n"), result.out);
  BOOST_TEST(contains(result.out, "\n1 earlier study of this name: study-host list --config"),
             result.out);
  const json::value told = json::parse(ask("status", laptop, {"--study", "test", "--json"}).out);
  BOOST_TEST(told.at("host") == "node8");
  BOOST_TEST(told.at("study_dir") == directory_of(second).c_str());
  BOOST_TEST(told.at("namesakes") == 1);
}

BOOST_FIXTURE_TEST_CASE(a_study_of_this_machine_outside_the_results_can_be_resumed_by_its_name,
                        Hosts) {
  first.folder.study("kill -9 $PPID; sleep 1000");
  static_cast<void>(first.folder.run());
  const ProgramResult result = ask("status", laptop, {"--study", "test"});
  BOOST_TEST(contains(result.out, "\n  study-host run --resume " + directory_of(first) + "\n"),
             result.out << result.err);
}

BOOST_FIXTURE_TEST_CASE(without_the_server_the_folder_is_listed_with_a_warning, Hosts) {
  first.folder.host({json::object{{"plugin", "manifest_writer"}}, postgres_writer()});
  BOOST_TEST(first.folder.run().exit_code == 0);
  server().kill();
  const ProgramResult folder = ask("list", first.folder);
  const ProgramResult nothing = ask("list", laptop);
  server().start();
  BOOST_TEST(folder.exit_code == 0, folder.err);
  BOOST_TEST(contains(folder.out, "  completed            3       0        0  test "), folder.out);
  BOOST_TEST(contains(folder.err,
                      "study-host: warning: not all studies that postgres_writer keeps can be "
                      "told: "),
             folder.err);
  BOOST_TEST(std::count(folder.err.begin(), folder.err.end(), '\n') == 1, folder.err);
  BOOST_TEST(nothing.exit_code == 2);
  BOOST_TEST(nothing.out == "");
  BOOST_TEST(contains(nothing.err,
                      "/results: no such directory, and no observer could tell which studies it "
                      "keeps\n"),
             nothing.err);
}

BOOST_FIXTURE_TEST_CASE(a_database_that_has_no_study_yet_is_no_error, Hosts) {
  BOOST_TEST(first.folder.run().exit_code == 0);
  server().query("DELETE FROM " + schema + ".studies");
  const ProgramResult result = ask("list", laptop);
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.out, "/results, and the observers know none\n"), result.out);
  BOOST_TEST(ask("list", laptop, {"--json"}).out == "[]\n");
}

BOOST_AUTO_TEST_SUITE_END()

int main(int argc, char* argv[]) {
  if (study_test::postgres_programs().empty()) {
    std::cout << "SKIPPED: no PostgreSQL server is installed here\n";
    return 0;
  }
  return boost::unit_test::unit_test_main(&init_unit_test, argc, argv);
}
