/// A study of which every system call can be made to fail, and what its manifest may then be.
#pragma once

#include "checkpoint/checkpoint_observer.hpp"
#include "faulty_file_system.hpp"
#include "manifest/manifest_sink.hpp"
#include "support/sample_study.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"
#include "support/valid_manifest.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

namespace study_test {

inline constexpr int kTransitions = 24;

/// A study of which every system call can be made to fail, with the table that its manifest should
/// show.
class FaultyStudy {
 public:
  explicit FaultyStudy(study::Durability durability)
      : observer_(
            std::make_unique<study::manifest::ManifestSink>(
                study::manifest::ManifestOptions{study::manifest::EngineChoice::swap, durability},
                log_, files),
            log_, [](std::chrono::milliseconds) {}),
        reference_(study::initial_manifest(config_, study::make_plan(config_), at(0))) {}

  /// `resumed`: as one that goes on, whatever is there.
  void start(bool resumed = false) {
    const study::StudyManifest initial = reference_.manifest();
    observer_.on_study_start({config_, directory_, at(0), resumed ? &initial : nullptr});
    states_ = {reference_.manifest()};
  }

  /// Starts a study that goes on with what another one has left in `dir`.
  static void go_on(const std::filesystem::path& dir) {
    const study::StudyConfig config = sample_study(12);
    const study::StudyManifest found = *read_valid_manifest(dir / "manifest.json");
    study::checkpoint::EntryTable table(found);
    study::manifest::ManifestSink sink({.engine = study::manifest::EngineChoice::swap},
                                       [](study::LogSeverity, std::string_view) {});
    sink.open(table, {config, dir, at(50), &found});
  }

  /// Step `i` of a fixed sequence, in which entries grow over several slot sizes.
  void step(int i) {
    std::mt19937 random(static_cast<unsigned>(i));
    const auto entry = reference_.entry(random() % reference_.size());
    const auto event =
        entry.status == study::ExperimentState::completed
            ? OwnedEvent{.config_hash = std::string(entry.config_hash),
                         .cycle = entry.cycle,
                         .state = study::ExperimentState::running}
            : random_legal_event(random, entry, at(i), i > kTransitions / 2 ? 1500 : 40);
    std::string refusal;
    if (!reference_.apply(event.view(), refusal)) {
      BOOST_CHECK_THROW(observer_.on_experiment_state(event.view()), study::EventIgnored);
      return;
    }
    states_.push_back(reference_.manifest());
    observer_.on_experiment_state(event.view());
  }

  /// Somebody opens the manifest; of those who have it open `at_most` stay.
  void read(std::size_t at_most) {
    readers_.push_back(std::make_unique<OpenedSnapshot>(path()));
    while (readers_.size() > at_most) readers_.pop_front();
  }
  void check_readers() const {
    for (const auto& reader : readers_) BOOST_TEST_REQUIRE(reader->unchanged());
  }

  void end() {
    reference_.end(study::StudyOutcome::completed, at(99));
    try {
      observer_.on_study_end({study::StudyOutcome::completed, at(99)});
    } catch (const study::StudyError&) {
      // The disk is still what it was.
    }
  }

  [[nodiscard]] std::filesystem::path path() const { return directory_ / "manifest.json"; }
  [[nodiscard]] study::StudyManifest newest() const { return reference_.manifest(); }
  [[nodiscard]] study::StudyManifest on_disk() const { return *read_valid_manifest(path()); }

  /// The published file is one of the states that the study has been in, not older than what was
  /// there before.
  void check_published_is_a_true_state() {
    found_ = on_disk();
    const auto state = std::find(states_.begin() + oldest_, states_.end(), found_);
    BOOST_TEST_REQUIRE((state != states_.end()));
    oldest_ = state - states_.begin();
  }

  /// As of the last check.
  [[nodiscard]] bool published_was_newest() const { return found_ == reference_.manifest(); }

  void check_listing(const std::set<std::string>& allowed) const {
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      BOOST_TEST(allowed.contains(entry.path().filename().string()), entry.path().filename());
    }
  }

  FaultyFileSystem files;

 private:
  TempDir temporary_{memory_directory()};
  std::filesystem::path directory_ = temporary_.path();
  study::StudyConfig config_ = sample_study(12);
  study::checkpoint::Log log_ = [](study::LogSeverity, std::string_view) {};
  study::checkpoint::CheckpointObserver observer_;
  study::checkpoint::EntryTable reference_;
  std::vector<study::StudyManifest> states_;
  std::ptrdiff_t oldest_ = 0;
  study::StudyManifest found_;
  std::deque<std::unique_ptr<OpenedSnapshot>> readers_;
};

inline const std::set<std::string> kDuring = {"manifest.json", ".manifest.json.spare",
                                              ".manifest.json.spare2", ".manifest.json.spare3"};
inline const std::set<std::string> kAfter = {"manifest.json"};

}  // namespace study_test
