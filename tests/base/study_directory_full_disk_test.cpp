#define BOOST_TEST_MODULE study_directory_full_disk
#include "support/mount.hpp"
#include "support/temp_dir.hpp"
#include "support/test_data.hpp"

#include <study/error.hpp>
#include <study/study_directory.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using study_test::says;

BOOST_AUTO_TEST_CASE(a_full_disk_is_found_out_before_anything_runs) {
  const study_test::TempDir temporary;
  const auto disk = study_test::Mount::make("-t tmpfs -o size=4k none", temporary / "full");
  if (!disk) {
    std::cout << "SKIPPED: no full disk: " << study_test::Mount::problem() << std::endl;
    return;
  }
  const fs::path results = disk->path();
  std::ofstream(results / "filler") << std::string(4096, 'x');
  constexpr study::Timestamp kStart{std::chrono::seconds(1'772'209'800)};
  BOOST_CHECK_EXCEPTION(static_cast<void>(study::create_study_directory(results, "s", kStart)),
                        study::StudyError, [&](const study::StudyError& error) {
                          return says(results.string())(error) && says("free some space")(error);
                        });
  BOOST_TEST(std::distance(fs::directory_iterator(results), {}) == 1);
}
