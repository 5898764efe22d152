// Hosts that mount one share at different places.
#define BOOST_TEST_MODULE postgres_mounts
#define BOOST_TEST_NO_MAIN
#include "other_host.hpp"
#include "support/mount.hpp"

#include <study/error.hpp>

#include <iostream>

#include <boost/test/unit_test.hpp>

using namespace study;
using namespace study_test;

BOOST_AUTO_TEST_CASE(a_second_writer_is_refused_wherever_it_has_mounted_the_share) {
  const auto options = fresh_options();
  const TempDir dir;
  const TempDir elsewhere;
  const OtherHost other(options, dir);
  const auto mounted = Mount::make("--bind " + dir.path().string(), elsewhere / "mounted");
  BOOST_TEST_REQUIRE(mounted.has_value());
  BOOST_TEST(read(options, mounted->path()) == read(options, dir.path()));
  BOOST_CHECK_EXCEPTION(
      WrittenStudy(options, mounted->path()), StudyError, [&](const StudyError& error) {
        const std::string text = error.what();
        return text.find("process " + std::to_string(other.pid()) + ", since") != std::string::npos;
      });
}

int main(int argc, char** argv) {
  if (postgres_programs().empty()) {
    std::cout << "SKIPPED: no PostgreSQL server is installed here" << std::endl;
    return 0;
  }
  static_cast<void>(server());  // as it was before the mounts, which it does not have
  if (!mounts_refused().empty()) {
    std::cout << "SKIPPED: " << mounts_refused() << std::endl;
    return 0;
  }
  return boost::unit_test::unit_test_main(&init_unit_test, argc, argv);
}
