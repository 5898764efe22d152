#define BOOST_TEST_MODULE postgres_writer
#define BOOST_TEST_NO_MAIN
#include "support/postgres_server.hpp"

#include <iostream>

#include <boost/test/unit_test.hpp>

int main(int argc, char** argv) {
  if (study_test::postgres_programs().empty()) {
    std::cout << "SKIPPED: no PostgreSQL server is installed here" << std::endl;
    return 0;
  }
  return boost::unit_test::unit_test_main(&init_unit_test, argc, argv);
}
