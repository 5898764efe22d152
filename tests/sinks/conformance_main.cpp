#define BOOST_TEST_NO_MAIN
#define BOOST_TEST_ALTERNATIVE_INIT_API
#include "sink_under_test.hpp"

#include <iostream>

#include <boost/test/unit_test.hpp>

namespace {

bool name_the_tests() {
  boost::unit_test::framework::master_test_suite().p_name.value =
      study_test::sink_under_test().name;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const study_test::SinkUnderTest& sink = study_test::sink_under_test();
  if (const std::string reason = sink.set_up(); !reason.empty()) {
    std::cout << "SKIPPED: " << sink.name << ": " << reason << std::endl;
    return 0;
  }
  return boost::unit_test::unit_test_main(&name_the_tests, argc, argv);
}
