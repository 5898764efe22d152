// What `study-host check-plugin` asks of every plugin, with a server to answer.
#define BOOST_TEST_MODULE postgres_check_plugin
#define BOOST_TEST_NO_MAIN
#include "support/postgres_server.hpp"
#include "support/run_program.hpp"

#include <iostream>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_CASE(postgres_writer_passes_the_check_of_plugins) {
  const study_test::PostgresServer server;
  const auto checked = study_test::run_program(
      {STUDY_BIN_DIR "/study-host", "check-plugin", STUDY_OBSERVER_DIR "/postgres_writer.so"},
      {"PGHOST=" + server.socket_dir().string(), "PGUSER=study", "PGDATABASE=postgres"});
  BOOST_TEST(checked.exit_code == 0, checked.out << checked.err);
  BOOST_TEST(checked.out.find(" 0 failed, 0 skipped") != std::string::npos, checked.out);
}

int main(int argc, char** argv) {
  if (study_test::postgres_programs().empty()) {
    std::cout << "SKIPPED: no PostgreSQL server is installed here" << std::endl;
    return 0;
  }
  return boost::unit_test::unit_test_main(&init_unit_test, argc, argv);
}
