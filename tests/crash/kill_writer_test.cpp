#define BOOST_TEST_MODULE kill_writer
#include "crash/player.hpp"
#include "support/history.hpp"
#include "support/temp_dir.hpp"
#include "support/valid_manifest.hpp"

#include <study/manifest.hpp>

#include <atomic>
#include <chrono>
#include <random>
#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace study;

namespace {

constexpr int kEntries = 20;

}  // namespace

BOOST_AUTO_TEST_CASE(a_killed_writer_leaves_every_acknowledged_transition_and_at_most_one_more) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const std::string options[] = {R"({"engine": "swap"})", R"({"engine": "replace"})"};
  study_test::TempDir dir;
  std::set<int> seen;
  // In half of the rounds somebody reads all the time, so that there are several spares.
  std::atomic<bool> is_reading = false;
  const std::jthread reader([&](const std::stop_token& stop) {
    const std::string path = (dir / "manifest.json").string();
    while (!stop.stop_requested()) {
      const int fd = is_reading ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC) : -1;
      std::this_thread::yield();
      if (fd >= 0) ::close(fd);
    }
  });
  for (int round = 0; round < 200; ++round) {
    is_reading = round % 8 < 4;
    // Every other start is in a directory in which an earlier one was killed, under either engine.
    if (round % 4 == 0) {
      for (const auto& entry : fs::directory_iterator(dir.path())) fs::remove(entry.path());
    }
    const auto play_seed = static_cast<unsigned>(random());
    study_test::Player player(options[random() % 2], dir.path(), kEntries, play_seed & 0x7fffffffU);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    const int acknowledged = player.kill();
    seen.insert(acknowledged);

    const auto found = study_test::read_valid_manifest(dir / "manifest.json");
    BOOST_TEST_REQUIRE(found.has_value());
    study_test::History history(kEntries, play_seed & 0x7fffffffU);
    while (history.position() < acknowledged) history.advance();
    const bool last_acknowledged = *found == history.table().manifest();
    history.advance();
    BOOST_TEST_REQUIRE((last_acknowledged || *found == history.table().manifest()));
  }
  BOOST_TEST(seen.size() > 50U);  // the kills hit many different moments
}
