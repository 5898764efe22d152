#define BOOST_TEST_MODULE file_systems
#include "checkpoint/checkpoint_observer.hpp"
#include "manifest/manifest_sink.hpp"
#include "support/history.hpp"
#include "support/mount.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"

#include <study/atomic_file.hpp>

#include <iostream>
#include <memory>

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

struct OwnMounts {
  OwnMounts() : possible(study_test::own_mounts()) {
    if (!possible) skip("mounting needs root");
  }
  bool possible;
};

bool can_mount() {
  static const OwnMounts own;
  return own.possible;
}

}  // namespace

BOOST_DATA_TEST_CASE(a_study_is_kept_on_each_file_system_with_the_engine_that_it_can_do,
                     bdata::make({"tmpfs", "ext4", "xfs", "btrfs", "overlay"}), type) {
  if (!can_mount()) return;
  const study_test::TempDir temporary;
  const auto mounted = mount_of(type, temporary);
  if (!mounted) return skip(std::string("no ") + type + " here");
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
    sink.commit(history.table(), {&transition, 1});
    BOOST_TEST_REQUIRE((*read_manifest_file(path) == history.table().manifest()));
    BOOST_TEST_REQUIRE((opened->unchanged() && (!mapped || mapped->unchanged())));
  }
  sink.close(history.table(), {});
  BOOST_TEST(read_file(dir / "manifest.json") == render_manifest(history.table().manifest()));
  BOOST_TEST(std::distance(fs::directory_iterator(dir), {}) == 1);
}

BOOST_DATA_TEST_CASE(a_full_disk_stops_nothing_and_is_recovered_from,
                     bdata::make({"swap", "replace"}), engine) {
  if (!can_mount()) return;
  const study_test::TempDir temporary;
  const auto mounted = Mount::make("-t tmpfs -o size=256k none", temporary / "mounted");
  if (!mounted) return skip("no tmpfs here");
  const StudyConfig config = study_test::sample_study(100);
  const auto planned = make_plan(config).configurations;
  std::vector<std::string> logged;
  const checkpoint::Log log = [&](LogSeverity, std::string_view text) {
    logged.emplace_back(text);
  };
  checkpoint::CheckpointObserver observer(
      std::make_unique<manifest::ManifestSink>(
          manifest::ManifestOptions{std::string(engine) == "swap" ? manifest::EngineChoice::swap
                                                                  : manifest::EngineChoice::replace,
                                    Durability::process},
          log),
      log, [](std::chrono::milliseconds) {});
  const fs::path dir = mounted->path();
  observer.on_study_start({config, dir, at(0), nullptr});
  logged.clear();
  static_cast<void>(
      study_test::succeeds("dd if=/dev/zero of=" + (dir / "ballast").string() + " bs=4k"));
  const auto fail = [&](std::size_t i) {
    const std::string message(1500,
                              'x');  // makes the slots grow, so that whole files are to be written
    observer.on_experiment_state({.config_hash = planned[i].config_hash,
                                  .state = ExperimentState::failed,
                                  .time = at(1),
                                  .error_type = "E",
                                  .error_message = message});
  };
  fail(0);
  fail(1);
  BOOST_TEST(logged.size() == 1U);
  BOOST_TEST(count_entries(*read_manifest_file(dir / "manifest.json")).failed == 0);
  fs::remove(dir / "ballast");
  observer.on_experiment_state(
      {.config_hash = planned[2].config_hash, .state = ExperimentState::running, .time = at(2)});
  BOOST_TEST(logged.size() == 2U);
  BOOST_TEST(count_entries(*read_manifest_file(dir / "manifest.json")).failed == 2);
}
