#define BOOST_TEST_MODULE file_systems
#include "checkpoint/checkpoint_observer.hpp"
#include "manifest/manifest_sink.hpp"
#include "support/history.hpp"
#include "support/mount.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"
#include "support/valid_manifest.hpp"

#include <study/atomic_file.hpp>

#include <iostream>
#include <memory>
#include <utility>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <sys/wait.h>
#include <unistd.h>

namespace bdata = boost::unit_test::data;
namespace fs = std::filesystem;
using namespace study;
using study_test::at;
using study_test::Mount;

namespace {

constexpr int kEntries = 30;

/// A file system of that type, or nothing where it can't be had here.
std::optional<Mount> mount_of(const std::string& type, const study_test::TempDir& dir) {
  if (type == "tmpfs") return Mount::make("-t tmpfs none", dir / "mounted");
  if (type == "overlay") {
    for (const char* name : {"lower", "upper", "work"}) fs::create_directory(dir / name);
    return Mount::make("-t overlay -o lowerdir=" + (dir / "lower").string() +
                           ",upperdir=" + (dir / "upper").string() +
                           ",workdir=" + (dir / "work").string() + " overlay",
                       dir / "mounted");
  }
  return Mount::of_image(type, dir / "image", type == "xfs" ? 320 : 128, dir / "mounted");
}

void skip(const std::string& what) {
  std::cout << "SKIPPED: " << what << std::endl;
}

bool can_mount() {
  static const bool possible = study_test::mounts_refused().empty();
  if (!possible) skip(study_test::mounts_refused());
  return possible;
}

}  // namespace

BOOST_DATA_TEST_CASE(a_study_is_kept_on_each_file_system_with_the_engine_that_it_can_do,
                     bdata::make({"tmpfs", "ext4", "xfs", "btrfs", "overlay"}), type) {
  if (!can_mount()) return;
  const study_test::TempDir temporary;
  const auto mounted = mount_of(type, temporary);
  if (!mounted) return skip(std::string("no ") + type + " here: " + Mount::problem());
  const fs::path dir = mounted->path() / "study";
  fs::create_directory(dir);

  std::vector<std::string> logged;
  const StudyConfig config = study_test::sample_study(kEntries);
  study_test::History history(kEntries);
  manifest::ManifestSink sink(
      {}, [&](LogSeverity, std::string_view text) { logged.emplace_back(text); });
  sink.open(history.table(), {config, dir, at(0), nullptr});
  const std::string engine = std::string(type) == "overlay" ? "engine replace" : "engine swap";
  BOOST_TEST_REQUIRE(logged.size() == 1U);
  BOOST_TEST(logged[0].starts_with(engine), logged[0]);
  std::unique_ptr<study_test::Snapshot> opened;
  std::unique_ptr<study_test::Snapshot> mapped;
  for (int i = 0; i < 500; ++i) {
    const fs::path path = dir / "manifest.json";
    if (i % 50 == 0) opened = std::make_unique<study_test::OpenedSnapshot>(path);
    if (i % 50 == 25) mapped = std::make_unique<study_test::MappedSnapshot>(path);
    const auto transition = history.advance().second;
    sink.commit(history.table(), transition);
    BOOST_TEST_REQUIRE((*study_test::read_valid_manifest(path) == history.table().manifest()));
    BOOST_TEST_REQUIRE((opened->unchanged() && (!mapped || mapped->unchanged())));
  }
  sink.close(history.table(), std::chrono::steady_clock::time_point::max());
  BOOST_TEST(read_file(dir / "manifest.json") == render_manifest(history.table().manifest()));
  BOOST_TEST(std::distance(fs::directory_iterator(dir), {}) == 1);
}

namespace {

/// A study on a small disk that can be filled up.
class SmallDisk {
 public:
  static std::optional<Mount> mount(const study_test::TempDir& temporary) {
    return Mount::make("-t tmpfs -o size=256k none", temporary / "mounted");
  }

  SmallDisk(const fs::path& dir, manifest::EngineChoice engine,
            manifest::FileSystem& file_system = manifest::FileSystem::system())
      : dir_(dir),
        observer_(std::make_unique<manifest::ManifestSink>(
                      manifest::ManifestOptions{engine, Durability::process}, log_, file_system),
                  log_, [](std::chrono::milliseconds) {}) {
    observer_.on_study_start({config_, dir_, at(0), nullptr});
    logged.clear();
  }

  void fill() const { fill(dir_); }
  static void fill(const fs::path& dir) {
    static_cast<void>(study_test::succeeds("dd if=/dev/zero bs=4k oflag=append conv=notrunc of=" +
                                           (dir / "ballast").string()));
  }
  void make_room() const { fs::remove(dir_ / "ballast"); }

  void enter(std::size_t i, ExperimentState state, const std::string& message = "") {
    observer_.on_experiment_state({.config_hash = planned_[i].config_hash,
                                   .state = state,
                                   .time = at(1),
                                   .error_type = "E",
                                   .error_message = message});
  }
  void end() { observer_.on_study_end({StudyOutcome::completed, at(2)}); }

  [[nodiscard]] StudyManifest stored() const {
    return *study_test::read_valid_manifest(dir_ / "manifest.json");
  }

  std::vector<std::string> logged;

 private:
  const fs::path dir_;
  const StudyConfig config_ = study_test::sample_study(100);
  const std::vector<PlannedConfiguration> planned_ = make_plan(config_).configurations;
  const checkpoint::Log log_ = [this](LogSeverity, std::string_view text) {
    logged.emplace_back(text);
  };
  checkpoint::CheckpointObserver observer_;
};

}  // namespace

BOOST_DATA_TEST_CASE(a_full_disk_stops_nothing_and_is_recovered_from,
                     bdata::make({"swap", "replace"}), engine) {
  if (!can_mount()) return;
  const study_test::TempDir temporary;
  const auto mounted = SmallDisk::mount(temporary);
  if (!mounted) return skip("no tmpfs here");
  SmallDisk disk(mounted->path(), std::string(engine) == "swap" ? manifest::EngineChoice::swap
                                                                : manifest::EngineChoice::replace);
  disk.fill();
  // Makes the slots grow, so that whole files are to be written.
  const std::string message(1500, 'x');
  disk.enter(0, ExperimentState::failed, message);
  disk.enter(1, ExperimentState::failed, message);
  BOOST_TEST(disk.logged.size() == 1U);
  BOOST_TEST(count_entries(disk.stored()).failed == 0);
  disk.make_room();
  disk.enter(2, ExperimentState::running);
  BOOST_TEST(disk.logged.size() == 2U);
  BOOST_TEST(count_entries(disk.stored()).failed == 2);
}

BOOST_AUTO_TEST_CASE(on_a_disk_that_stays_full_the_swap_engine_still_tells_how_the_study_ended) {
  if (!can_mount()) return;
  const study_test::TempDir temporary;
  const auto mounted = SmallDisk::mount(temporary);
  if (!mounted) return skip("no tmpfs here");
  SmallDisk disk(mounted->path(), manifest::EngineChoice::swap);
  disk.fill();
  disk.enter(0, ExperimentState::running);
  disk.enter(0, ExperimentState::completed);
  BOOST_TEST(disk.logged.empty());  // a transition needs no room
  disk.end();
  BOOST_TEST((disk.stored().head.status == StudyStatus::completed));
  BOOST_TEST(count_entries(disk.stored()).completed == 1);
  // The spare's room was enough for the compact document.
  BOOST_TEST(disk.logged.empty());
  BOOST_TEST(read_file(mounted->path() / "manifest.json") == render_manifest(disk.stored()));
  BOOST_TEST(!fs::exists(mounted->path() / ".manifest.json.spare"));
}

namespace {

/// Somebody else on the disk takes whatever room becomes free.
class GreedyNeighbour final : public manifest::FileSystem {
 public:
  explicit GreedyNeighbour(fs::path dir) : dir_(std::move(dir)) {}
  int unlink(int directory, const char* name) override {
    const int result = FileSystem::unlink(directory, name);
    if (is_greedy) SmallDisk::fill(dir_);
    return result;
  }
  bool is_greedy = false;

 private:
  fs::path dir_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(where_no_whole_file_has_room_the_slots_tell_how_the_study_ended) {
  if (!can_mount()) return;
  const study_test::TempDir temporary;
  const auto mounted = SmallDisk::mount(temporary);
  if (!mounted) return skip("no tmpfs here");
  GreedyNeighbour neighbour(mounted->path());
  SmallDisk disk(mounted->path(), manifest::EngineChoice::swap, neighbour);
  disk.fill();
  neighbour.is_greedy = true;
  disk.enter(0, ExperimentState::running);
  disk.enter(0, ExperimentState::completed);
  BOOST_CHECK_THROW(disk.end(), StudyError);
  BOOST_TEST((disk.stored().head.status == StudyStatus::completed));
  BOOST_TEST(count_entries(disk.stored()).completed == 1);
  BOOST_TEST_REQUIRE(!disk.logged.empty());
  BOOST_TEST(disk.logged.back().find("tells how the study ended, but keeps its padding: ") !=
                 std::string::npos,
             disk.logged.back());
}
