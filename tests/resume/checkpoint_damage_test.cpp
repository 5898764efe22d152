// manifest.json in every state of ruin: an error or the previous generation, never "nothing there".
#include "manifest/manifest_sink.hpp"
#include "manifest/swap_file.hpp"
#include "support/child.hpp"
#include "support/sample_study.hpp"
#include "support/temp_dir.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>

#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using study::CheckpointError;
using study::manifest::ManifestSink;

namespace {

struct Damaged {
  study_test::TempDir dir{study_test::memory_directory()};
  fs::path path = dir / "manifest.json";
  fs::path spare = study::manifest::spare_paths(path).front();
  std::string whole = study::render_manifest(study_test::sample_manifest(2));
  std::vector<std::string> logged;
  ManifestSink sink{{}, [this](auto, std::string_view text) { logged.emplace_back(text); }};

  void put(const std::string& text) const { study::replace_file(path, text); }
  auto read() { return sink.read_checkpoint({dir.path(), {}}); }

  /// `-1` if it was read, else the error's kind.
  int kind() {
    try {
      static_cast<void>(read());
    } catch (const CheckpointError& error) {
      BOOST_TEST(std::string(error.what()).find(path.string()) != std::string::npos, error.what());
      return static_cast<int>(error.kind());
    }
    return -1;
  }
  /// A study is resumed here, from what another sink has kept.
  void open() {
    const fs::path folder = dir.path();
    const auto config = study_test::sample_study(2);
    const study::StudyManifest kept = study_test::sample_manifest(2);
    study::checkpoint::EntryTable table(kept);
    sink.open(table, {config, folder, study_test::at(0), &kept});
    sink.close(table, std::chrono::steady_clock::time_point::max());
  }
  [[nodiscard]] fs::path aside(const std::string& more = "") const {
    return dir / ("manifest.json.unreadable-2026-02-27T16-30-00" + more);
  }
};

constexpr int kCorrupt = static_cast<int>(CheckpointError::Kind::corrupt);
constexpr int kNewer = static_cast<int>(CheckpointError::Kind::newer_version);

std::string with_version(std::string text, const std::string& version) {
  return text.replace(text.find("\"2.0\""), 5, "\"" + version + "\"");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(checkpoint_damage)

BOOST_AUTO_TEST_CASE(truncated_at_every_length_it_is_an_error_or_the_previous_generation) {
  Damaged damaged;
  for (std::size_t size = 0; size < damaged.whole.size(); ++size) {
    damaged.put(damaged.whole.substr(0, size));
    fs::remove(damaged.spare);
    BOOST_TEST_REQUIRE(damaged.kind() == kCorrupt, "at " << size);
    study::replace_file(damaged.spare, damaged.whole.substr(0, size));
    BOOST_TEST_REQUIRE(damaged.kind() == kCorrupt, "at " << size);
    study::replace_file(damaged.spare, damaged.whole);
    BOOST_TEST_REQUIRE((damaged.read() == study_test::sample_manifest(2)), "at " << size);
    BOOST_TEST_REQUIRE(damaged.logged.size() == size + 1);
  }
}

BOOST_AUTO_TEST_CASE(nothing_there_is_no_error_and_a_spare_alone_is_read) {
  Damaged damaged;
  BOOST_TEST(!damaged.read().has_value());
  study::replace_file(damaged.spare, damaged.whole);
  BOOST_TEST(damaged.read().has_value());
  BOOST_TEST(damaged.logged.at(0).find("is missing; the previous generation") != std::string::npos);
  // Killed while it was written, before there was any manifest.
  study::replace_file(damaged.spare, damaged.whole.substr(0, 300));
  BOOST_TEST(!damaged.read().has_value());
}

BOOST_AUTO_TEST_CASE(garbage_is_corrupt_and_kept_when_a_study_is_resumed) {
  Damaged damaged;
  for (const std::string more : {"", "_1", "_2"}) {
    const std::string garbage = "garbage" + more + std::string("\0\xff", 2);
    damaged.put(garbage);
    BOOST_TEST(damaged.kind() == kCorrupt);
    damaged.open();
    BOOST_TEST(study::read_file(damaged.aside(more)) == garbage);
    BOOST_TEST(damaged.read().has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_newer_version_is_told_apart_and_no_older_state_is_taken_for_it) {
  Damaged damaged;
  damaged.put(with_version(damaged.whole, "3.0"));
  study::replace_file(damaged.spare, damaged.whole);
  BOOST_TEST(damaged.kind() == kNewer);
  damaged.open();
  BOOST_TEST(study::read_file(damaged.aside()) == with_version(damaged.whole, "3.0"));
}

BOOST_AUTO_TEST_CASE(an_older_version_is_corrupt) {
  Damaged damaged;
  damaged.put(with_version(damaged.whole, "1.0"));
  BOOST_TEST(damaged.kind() == kCorrupt);
}

BOOST_AUTO_TEST_CASE(a_directory_in_its_place_is_an_error_and_kept_when_a_study_is_resumed) {
  Damaged damaged;
  fs::create_directories(damaged.path / "inside");
  BOOST_TEST(damaged.kind() == kCorrupt);
  damaged.open();
  BOOST_TEST(fs::is_directory(damaged.aside() / "inside"));
  BOOST_TEST(damaged.read().has_value());
}

BOOST_AUTO_TEST_CASE(a_file_without_permission_is_an_error) {
  Damaged damaged;
  damaged.put(damaged.whole);
  fs::permissions(damaged.dir.path(), fs::perms::all);
  fs::permissions(damaged.path, fs::perms::none);
  BOOST_TEST(study_test::run_unprivileged([&] { return damaged.kind(); }) == kCorrupt);
}

BOOST_AUTO_TEST_CASE(a_readable_manifest_is_replaced_and_not_kept) {
  Damaged damaged;
  damaged.put(damaged.whole);
  damaged.open();
  BOOST_TEST(!fs::exists(damaged.aside()));
}

BOOST_AUTO_TEST_SUITE_END()
