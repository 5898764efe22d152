// study-host with postgres_writer alone, on a server of the test's own.
#define BOOST_TEST_MODULE host_postgres
#define BOOST_TEST_NO_MAIN
#include "support/postgres_server.hpp"
#include "support/resumable.hpp"

#include <iostream>
#include <string>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

/// One server for all tests here.
const PostgresServer& server() {
  static const PostgresServer instance;
  return instance;
}

void observe_with_postgres(Resumable& study) {
  study.folder.host({json::object{{"plugin", "postgres_writer"},
                                  {"options", {{"connection", server().connection()}}}}});
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
  study.folder.host({json::object{{"plugin", "postgres_writer"},
                                  {"options", {{"connection", server().connection()}}}},
                     json::object{{"plugin", "manifest_writer"}}});
  BOOST_TEST(study.resume().exit_code == 1);
  observe_with_postgres(study);
  study.repair();
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "12322");
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
