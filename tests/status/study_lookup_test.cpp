// Studies among the results of a host, found by their directories' names.
#include "resume/study_record.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using host::latest_study_directory;

BOOST_AUTO_TEST_SUITE(study_lookup)

BOOST_AUTO_TEST_CASE(the_latest_directory_of_a_name_is_that_of_the_latest_second_and_number) {
  const study_test::TempDir results;
  std::string latest;
  // Created in an order that is not that of their names, each later than those before.
  for (const char* name :
       {"a_2026-02-27T16-30-00", "a_2026-02-27T16-30-00_2", "a_2026-02-27T16-30-00_10",
        "a_2026-02-28T00-00-00", "a_2026-10-01T09-00-00", "a_2027-01-01T00-00-00_3"}) {
    fs::create_directory(results / name);
    BOOST_TEST(latest_study_directory(results.path(), "a") == results / name);
    latest = name;
  }
  for (const char* name :
       {"a_2026-02-27T16-30-00_11", "a_2025-12-31T23-59-59", "a_2027-01-01T00-00-00_2"}) {
    fs::create_directory(results / name);
    BOOST_TEST(latest_study_directory(results.path(), "a") == results / latest);
  }
}

BOOST_AUTO_TEST_CASE(what_only_begins_like_a_study_of_that_name_is_none) {
  const study_test::TempDir results;
  for (const char* name :
       {"a_b_2026-02-27T16-30-00", "ab_2026-02-27T16-30-00", "a_", "a_2026-02-27",
        "a_2026-02-27T16-30-00-away", "a_2026-02-27T16-30-00_", "a_2026-02-27T16-30-00_1x"}) {
    fs::create_directory(results / name);
  }
  std::ofstream(results / "a_2026-02-27T16-30-00") << "a file";
  BOOST_TEST(latest_study_directory(results.path(), "a") == "");
  BOOST_TEST(latest_study_directory(results.path(), "a_b") == results / "a_b_2026-02-27T16-30-00");
  BOOST_TEST(latest_study_directory(results / "nowhere", "a") == "");
}

BOOST_AUTO_TEST_SUITE_END()
