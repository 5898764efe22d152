#define BOOST_TEST_MODULE sqlite_full_disk
#include "observed_study.hpp"
#include "support/mount.hpp"

#include <fstream>
#include <iostream>

#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using enum study::ExperimentState;
using study_test::Observed;
using study_test::query;

namespace {

using Rows = std::vector<std::string>;
constexpr auto kPerElement = boost::test_tools::per_element();

}  // namespace

BOOST_AUTO_TEST_CASE(a_full_disk_stops_nothing_and_gets_everything_when_there_is_room) {
  study_test::TempDir outer;
  const auto disk = study_test::Mount::make("-t tmpfs -o size=1m none", outer / "disk");
  if (!disk) {
    std::cout << "SKIPPED: no full disk: " << study_test::Mount::problem() << std::endl;
    return;
  }
  Observed study(disk->path());
  study.enter(0, running, 1);
  {
    std::ofstream filler(disk->path() / "filler");
    while (filler << std::string(4096, 'x') << std::flush) {
    }
  }
  const std::string message(1900, 'm');
  double seconds = 2;
  for (; study.logged.empty(); ++seconds) {  // until the room that the log has is used up
    study.enter(0, failed, seconds, message);
    study.enter(0, running, seconds);
  }
  BOOST_TEST(study.has_logged(0, "studies.db can't grow, the disk is full: make room on it"));
  study.enter(1, running, seconds);
  fs::remove(disk->path() / "filler");
  study.enter(0, completed, seconds);
  BOOST_TEST(study.has_logged(1, "failed writes"));
  BOOST_TEST(study.count(running) == 1U);
  BOOST_TEST(study.count(completed) == 1U);
  BOOST_TEST(query(study.database, "SELECT max(attempt) FROM attempts") ==
                 Rows{std::to_string(static_cast<int>(seconds) - 1)},
             kPerElement);
}
