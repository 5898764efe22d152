#define BOOST_TEST_MODULE power_loss
#include "crash/player.hpp"
#include "support/history.hpp"
#include "support/lossy_disk.hpp"
#include "support/temp_dir.hpp"

#include <study/manifest.hpp>
#include <study/observer_library.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <random>
#include <thread>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fcntl.h>

namespace bdata = boost::unit_test::data;
namespace fs = std::filesystem;
using namespace study;

namespace {

constexpr int kEntries = 40;
constexpr int kSnapshots = 8;

void skip(const std::string& what) {
  std::cout << "SKIPPED: " << what << std::endl;
}

std::optional<StudyManifest> read_checkpoint(const fs::path& plugin, const fs::path& study_dir) {
  const LogFunction no_log = [](LogSeverity, std::string_view, std::string_view) {};
  return ObserverLibrary::load(plugin)
      .create({"power_loss_test", "1", no_log}, {})
      ->read_checkpoint({.study_dir = study_dir, .results_dir = study_dir.parent_path()});
}

/// Every state that each entry has been in, and since which transition.
class PastStates {
 public:
  explicit PastStates(unsigned seed) : history_(kEntries, seed), states_(kEntries) { note(); }

  void advance_to(int position) {
    while (history_.position() < position) {
      const auto entry = history_.advance().second.entry;
      states_[entry].push_back({history_.position(), history_.table().entry(entry).copy()});
    }
  }

  /// Whether entry `index` was like `found` at some moment not before `position`.
  [[nodiscard]] bool was(std::size_t index, const ManifestEntry& found, int position) const {
    const auto& states = states_[index];
    // The state that was current at `position` is the last one that is not younger.
    auto current =
        std::upper_bound(states.begin(), states.end(), position,
                         [](int value, const State& state) { return value < state.since; });
    for (auto state = std::prev(current); state != states.end(); ++state) {
      if (state->entry == found) return true;
    }
    return false;
  }

 private:
  struct State {
    int since;
    ManifestEntry entry;
  };
  void note() {
    for (std::size_t i = 0; i < kEntries; ++i)
      states_[i].push_back({0, history_.table().entry(i).copy()});
  }
  study_test::History history_;
  std::vector<std::vector<State>> states_;
};

}  // namespace

BOOST_DATA_TEST_CASE(the_disk_of_a_lost_machine_has_a_checkpoint_of_true_past_states,
                     bdata::make({"manifest_writer", "journal_writer"}) *
                         bdata::make({"ext4", "xfs"}) * bdata::make({"process", "power"}),
                     sink, type, durability) {
  const std::string file_system = type;
  const study_test::TempDir temporary;
  const auto disk = study_test::LossyDisk::make(file_system, temporary.path());
  if (!disk) return skip("no disk: " + study_test::Mount::problem());

  const unsigned seed = std::random_device{}() & 0x7fffffffU;
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const std::string engine = std::string(sink) == "manifest_writer" ? R"("engine": "swap", )" : "";
  const std::string options = "{" + engine + R"("durability": ")" + durability + "\"}";
  const fs::path plugin = STUDY_OBSERVER_DIR + std::string("/") + sink + ".so";
  study_test::Player player(options, disk->path(), kEntries, seed, plugin);
  PastStates past(seed);
  if (std::string(durability) == "process")
    static_cast<void>(study_test::succeeds("sync -f " + disk->path().string()));
  for (int i = 0; i < kSnapshots; ++i) {
    player.go_on();
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 150));
    const int before = player.acknowledged();
    BOOST_TEST_REQUIRE(disk->snapshot());
    const int after = player.acknowledged();
    player.pause();
    const auto lost = disk->mount_snapshot();
    BOOST_TEST_REQUIRE(lost.has_value());
    const auto found = read_checkpoint(plugin, lost->path());
    BOOST_TEST_REQUIRE(found.has_value());
    past.advance_to(after + 1);
    for (std::size_t entry = 0; entry < kEntries; ++entry) {
      BOOST_TEST_REQUIRE(past.was(entry, found->experiments[entry],
                                  std::string(durability) == "power" ? before : 0));
    }
  }
  BOOST_TEST(player.kill() > kSnapshots);
}
