#define BOOST_TEST_MODULE kill_addition
#include "crash/player.hpp"
#include "support/growth.hpp"
#include "support/temp_dir.hpp"
#include "support/valid_manifest.hpp"

#include <study/manifest.hpp>

#include <chrono>
#include <random>
#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using namespace study;

BOOST_AUTO_TEST_CASE(a_writer_killed_at_any_moment_of_an_addition_leaves_a_whole_manifest) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const fs::path plugin = STUDY_OBSERVER_DIR "/manifest_writer.so";
  const std::string options[] = {R"({"engine": "swap"})", R"({"engine": "replace"})"};
  std::set<int> seen;
  for (int round = 0; round < 500; ++round) {
    const study_test::TempDir dir(study_test::memory_directory());
    const auto entries = static_cast<int>(random() % 9);
    study_test::Player player(options[round % 8 == 0 ? 1 : 0], dir.path(), entries, "grow", plugin);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 10'000));
    const int acknowledged = player.kill();
    seen.insert(acknowledged);

    const auto found = study_test::read_valid_manifest(dir / "manifest.json");
    BOOST_TEST_REQUIRE(found.has_value());
    study_test::Growth growth(entries);
    while (growth.position() < acknowledged) growth.advance();
    const bool last_acknowledged = *found == growth.manifest();
    growth.advance();
    BOOST_TEST_REQUIRE((last_acknowledged || *found == growth.manifest()),
                       "round " << round << ", seed " << seed);
  }
  BOOST_TEST(seen.size() > 50U);  // the kills hit many different moments
}
