// study-host with postgres_writer alone, on a server of the test's own.
#define BOOST_TEST_MODULE host_postgres
#define BOOST_TEST_NO_MAIN
#include "support/postgres_server.hpp"
#include "support/resumable.hpp"

#include <iostream>
#include <string>
#include <utility>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

/// An observer that keeps no checkpoint.
const std::string kNoSink = STUDY_BUILD_DIR "/tests/zoo/no_read_checkpoint.so";

/// One server for all tests here.
PostgresServer& server() {
  static PostgresServer instance;
  return instance;
}

json::object postgres_writer(json::object options = {}) {
  options["connection"] = server().connection();
  return {{"plugin", "postgres_writer"}, {"options", std::move(options)}};
}

void observe_with_postgres(Resumable& study) {
  study.folder.host({postgres_writer()});
}

/// Runs the study, during whose second experiment the server goes away and doesn't come back.
ProgramResult run_into_outage(Resumable& study) {
  study.folder.study("if test $1 = 2; then touch " + (study.folder / "second").string() +
                         "; until test -e " + (study.folder / "go").string() +
                         "; do sleep 0.01; done; fi; echo $1 >> " + study.ledger.string() +
                         "; test $1 != 3 && echo '{}'",
                     {{{"n", 1}}, {{"n", 2}}, {{"n", 3}}, {{"n", 4}}});
  Program host(study.folder.command());
  wait_until("the second runs", [&] { return fs::exists(study.folder / "second"); });
  server().kill();
  study.folder.write("go", "");
  return host.wait();
}

ProgramResult status(const Resumable& study, std::vector<std::string> more) {
  more.insert(more.begin(),
              {kStudyHost, "status", "--config", (study.folder / "study_host.json").string()});
  return run_program(std::move(more));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(postgres_host)

BOOST_AUTO_TEST_CASE(a_study_goes_on_from_the_database_alone) {
  Resumable study;
  observe_with_postgres(study);
  study.fail(2);
  BOOST_TEST(study.folder.run().exit_code == 1);
  const ProgramResult by_directory = status(study, {study.folder.study_dir().string()});
  BOOST_TEST(contains(by_directory.out, "2 completed, 1 failed, 0 pending of 3\n"),
             by_directory.out << by_directory.err);
  BOOST_TEST(status(study, {"--study", "test"}).out == by_directory.out);
  study.repair();
  const ProgramResult result = study.resume_alone();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "1232");
  BOOST_TEST(contains(status(study, {"--study", "test"}).out, "3 completed, 0 failed"));
}

BOOST_AUTO_TEST_CASE(a_study_moves_between_the_database_and_a_file) {
  Resumable study;
  study.fail(2);
  BOOST_TEST(study.folder.run().exit_code == 1);
  study.folder.host({postgres_writer(), json::object{{"plugin", "manifest_writer"}}});
  BOOST_TEST(study.resume().exit_code == 1);
  observe_with_postgres(study);
  study.repair();
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "12322");
}

BOOST_AUTO_TEST_CASE(a_server_that_is_away_over_the_end_is_no_success_and_its_results_count) {
  Resumable study;
  study.folder.host({postgres_writer({{"end_wait_seconds", 1}})});
  const ProgramResult result = run_into_outage(study);
  server().start();
  BOOST_TEST(result.exit_code == 3, result.err);
  BOOST_TEST(contains(result.err, "3 transitions of 3 experiments could not be sent: "),
             result.err);
  BOOST_TEST(contains(result.err, "error: no checkpoint has the study as it ended. The results "),
             result.err);
  BOOST_TEST(contains(result.err, "to go on with it: "), result.err);
  BOOST_TEST(study.folder.has(".study_end_lost"));
  const ProgramResult resumed = study.resume_alone();
  BOOST_TEST(resumed.exit_code == 1, resumed.err);
  BOOST_TEST(!study.folder.has(".study_end_lost"));
  BOOST_TEST(study.ran() == "12343");
  BOOST_TEST(contains(status(study, {study.folder.study_dir().string()}).out,
                      "3 completed, 1 failed, 0 pending of 4\n"));
}

BOOST_AUTO_TEST_CASE(a_server_that_is_away_over_the_end_is_a_warning_where_another_sink_has_all) {
  Resumable study;
  study.folder.host(
      {postgres_writer({{"end_wait_seconds", 1}}), json::object{{"plugin", "manifest_writer"}}});
  const ProgramResult result = run_into_outage(study);
  server().start();
  BOOST_TEST(result.exit_code == 1, result.err);
  BOOST_TEST(contains(result.err, "could not be sent: "), result.err);
  BOOST_TEST(contains(result.err, "manifest_writer has the study as it ended"), result.err);
  BOOST_TEST(!contains(result.err, "to go on with it: "), result.err);
  BOOST_TEST(study.resume_alone({"--skip-failed"}).exit_code == 1);
  BOOST_TEST(study.ran() == "1234");
  BOOST_TEST(contains(status(study, {"--study", "test"}).out, "3 completed, 1 failed, 0 pending"));
}

BOOST_AUTO_TEST_CASE(without_the_server_a_study_does_not_begin_where_no_other_sink_keeps_it) {
  for (const bool has_another : {false, true}) {
    Resumable study;
    json::array observers{postgres_writer({{"start_wait_seconds", 0}})};
    if (has_another) observers.push_back(json::object{{"plugin", kNoSink}});
    study.folder.host(observers);
    server().kill();
    const ProgramResult result = study.folder.run();
    server().start();
    BOOST_TEST(result.exit_code == 3, result.err);
    BOOST_TEST(contains(result.err,
                        "the study cannot start: postgres_writer: the PostgreSQL server can't be "
                        "used: "),
               result.err);
    BOOST_TEST(study.ran() == "");
    BOOST_TEST(server().query("SELECT count(*) FROM study_checkpoint.studies WHERE study_dir = '" +
                              study.folder.study_dir().string() + "'") == "0");
  }
}

BOOST_AUTO_TEST_CASE(where_another_sink_keeps_it_a_study_begins_and_is_told_to_the_server_later) {
  Resumable study;
  study.folder.host(
      {postgres_writer({{"start_wait_seconds", 0}}), json::object{{"plugin", "manifest_writer"}}});
  const std::string script = "echo $1 >> " + study.ledger.string() +
                             "; if test $1 = 2; then touch " + (study.folder / "second").string() +
                             "; until test -e " + (study.folder / "go").string() +
                             "; do sleep 0.01; done; fi; ";
  const json::array runs{{{"n", 1}}, {{"n", 2}}, {{"n", 3}}};
  const auto run_without_server = [&](const std::vector<std::string>& more) {
    for (const char* file : {"second", "go"}) fs::remove(study.folder / file);
    server().kill();
    Program host(study.folder.command(more));
    wait_until("the second runs", [&] { return fs::exists(study.folder / "second"); });
    server().start();
    study.folder.write("go", "");
    return host.wait();
  };
  const auto in_database = [&] { return status(study, {study.folder.study_dir().string()}).out; };
  study.folder.study(script + "test $1 != 2 && echo '{}'", runs);
  const ProgramResult first = run_without_server({});
  BOOST_TEST(first.exit_code == 1, first.err);
  BOOST_TEST(contains(first.err, "The study begins all the same, since manifest_writer keeps it"),
             first.err);
  fs::remove(study.manifest_path());
  BOOST_TEST(contains(in_database(), "2 completed, 1 failed, 0 pending of 3\n"), in_database());
  // Once more, with attempts that the server knows of.
  study.folder.study(script + "echo '{}'", runs);
  const ProgramResult only_database = study.resume({"--skip-failed"});
  BOOST_TEST(only_database.exit_code == 1, only_database.err);
  const ProgramResult second =
      run_without_server({"--resume", study.folder.study_dir().string(), "--force"});
  BOOST_TEST(second.exit_code == 0, second.err);
  fs::remove(study.manifest_path());
  BOOST_TEST(contains(in_database(), "3 completed, 0 failed, 0 pending of 3\n"), in_database());
  BOOST_TEST(
      server().query("SELECT string_agg(attempt || attempts.status, ' ' ORDER BY attempt) FROM "
                     "study_checkpoint.attempts JOIN study_checkpoint.studies USING "
                     "(study_id) WHERE position = 1 AND study_dir = '" +
                     study.folder.study_dir().string() + "'") == "1failed 2completed");
}

BOOST_AUTO_TEST_CASE(where_no_file_lock_is_shared_a_second_host_ends_nothing_of_the_first) {
  Resumable study;
  observe_with_postgres(study);
  study.folder.study("touch " + (study.folder / "begun").string() + "; until test -e " +
                     (study.folder / "go").string() + "; do sleep 0.01; done; echo '{}'");
  const std::vector<std::string> unshared = {"LD_PRELOAD=" STUDY_BUILD_DIR
                                             "/tests/preload/libdisk_without_locks.so",
                                             "ASAN_OPTIONS=verify_asan_link_order=0"};
  Program first(study.folder.command(), unshared);
  wait_until("the experiment runs", [&] { return fs::exists(study.folder / "begun"); });
  const ProgramResult second =
      run_program({kStudyHost, "run", "--resume", study.folder.study_dir().string()}, unshared);
  BOOST_TEST(second.exit_code == 3, second.err);
  BOOST_TEST(contains(second.err, " is being written to database "), second.err);
  BOOST_TEST(!contains(second.err, "has been ended"), second.err);
  study.folder.write("go", "");
  const ProgramResult result = first.wait();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(status(study, {study.folder.study_dir().string()}).out,
                      "1 completed, 0 failed, 0 pending of 1\n"));
}

BOOST_AUTO_TEST_CASE(postgres_writer_keeps_the_contract) {
  const json::object options{{"connection", server().connection()}};
  const ProgramResult result = run_program({kStudyHost, "check-plugin",
                                            std::string(STUDY_OBSERVER_DIR) + "/postgres_writer.so",
                                            "--options", json::serialize(options)});
  BOOST_TEST(result.exit_code == 0, result.out << result.err);
  BOOST_TEST(contains(result.out, " passed, 0 failed, 0 skipped in "), result.out);
}

BOOST_AUTO_TEST_SUITE_END()

int main(int argc, char** argv) {
  if (postgres_programs().empty()) {
    std::cout << "SKIPPED: no PostgreSQL server is installed here" << std::endl;
    return 0;
  }
  return boost::unit_test::unit_test_main(&init_unit_test, argc, argv);
}
