#define BOOST_TEST_MODULE power_cut
#include "support/power_cut.hpp"

#include "support/study_folder.hpp"

#include <study/manifest.hpp>
#include <study/observer_library.hpp>
#include <study/posix.hpp>

#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <signal.h>

namespace bdata = boost::unit_test::data;
namespace fs = std::filesystem;
using namespace study;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kExperiments = 400;
/// What the tests hold the sinks to.
constexpr std::chrono::seconds kPromise{1};

/// How many runs had been told of as begun and as completed at a moment.
struct Told {
  Clock::time_point time;
  int running = 0;
  int completed = 0;
};

int count(const std::string& text, const std::string& mark) {
  int found = 0;
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; ++at) ++found;
  return found;
}

/// A study on a disk that can be cut.
class CutStudy {
 public:
  CutStudy(const std::string& type, const std::string& sink, std::string jobs)
      : sink_(sink),
        jobs_(std::move(jobs)),
        dir_(study_test::memory_directory()),
        disk_(study_test::CuttableDisk::make(type, dir_.path())) {
    if (!disk_) {
      std::cout << "SKIPPED: no disk: " << study_test::Mount::problem() << std::endl;
      return;
    }
    folder_.host({{{"plugin", sink}}});
    // Not the disk itself, where ext4 has a `lost+found`.
    fs::create_directory(disk_->path() / "results");
    fs::create_directory_symlink(disk_->path() / "results", folder_.results());
    BOOST_TEST(study_test::succeeds("sync -f " + disk_->path().string()));
    boost::json::array fields;
    for (int n = 0; n < kExperiments; ++n) fields.push_back(boost::json::object{{"n", n}});
    folder_.study("sleep $(cat " + (folder_ / "seconds").string() + "); echo \"{\\\"n\\\": $1}\"",
                  fields, {}, {{"max_failures", 1}});
  }

  [[nodiscard]] bool has_disk() const { return disk_.has_value(); }

  void start(const std::string& seconds) {
    folder_.write("seconds", seconds);
    host_.emplace(folder_.command({"--jobs", jobs_}));
  }

  /// From now on until the cut `count` readers have the manifest open nearly all the time, each
  /// generation for up to 600 ms.
  void have_it_read(unsigned count) {
    const fs::path path = folder_.study_dir() / "manifest.json";
    for (unsigned i = 0; i < count; ++i) {
      readers_.emplace_back([path, i](const std::stop_token& stop) {
        std::mt19937 random(i);
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any wake;
        while (!stop.stop_requested()) {
          const UniqueFd held(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
          wake.wait_for(lock, stop, milliseconds(random() % 600), [] { return false; });
        }
      });
    }
  }

  /// Looks what the host tells until `condition` holds.
  template <class Condition>
  void watch_until(const Condition& condition) {
    study_test::wait_until("the study", [&] {
      // The moment before: what is told has happened by then or, at the latest, when it is looked
      // at.
      const std::string err = host_->err();
      told_.push_back({Clock::now(), count(err, "] running "), count(err, "] completed ")});
      return condition(told_.back()) || host_->has_exited();
    });
  }

  void watch_for(milliseconds duration) {
    const auto end = Clock::now() + duration;
    watch_until([&](const Told&) { return Clock::now() >= end; });
  }

  /// Cuts the power and mounts what is left.
  void cut() {
    BOOST_TEST_REQUIRE(!host_->has_exited(), host_->err());
    cut_at_ = Clock::now();
    cut_at_by_host_ = now();
    BOOST_TEST_REQUIRE(disk_->cut());
    host_->send(SIGKILL);
    static_cast<void>(host_->wait());
    readers_.clear();
    BOOST_TEST_REQUIRE(disk_->mount_again());
  }

  /// What had been told a second before the cut.
  [[nodiscard]] Told promised() const {
    Told result;
    for (const Told& told : told_) {
      if (told.time <= cut_at_ - kPromise) result = told;
    }
    return result;
  }

  /// What was told of by then is on the disk, of what is completed also the result.
  void check_what_was_promised() const {
    const Told told = promised();
    BOOST_TEST(told.completed > 0);
    int completed = 0;
    int begun = 0;
    for (const ManifestEntry& entry : checkpoint().experiments) {
      if (entry.status != ExperimentState::pending) ++begun;
      if (entry.status != ExperimentState::completed) continue;
      ++completed;
      if (entry.completed_at.value() <= promised_until()) check_result(entry);
    }
    BOOST_TEST(completed >= told.completed);
    BOOST_TEST(begun >= told.running);
  }

  /// The same as the study's own clock tells it.
  [[nodiscard]] Timestamp promised_until() const { return cut_at_by_host_ - kPromise; }

  /// A completed run has its whole result.
  void check_result(const ManifestEntry& entry) const {
    const fs::path file = folder_.study_dir() / entry.result_file.value();
    boost::system::error_code error;
    BOOST_TEST(boost::json::parse(study_test::read_text(file), error).is_object(), file);
  }

  /// What the checkpoint on the disk tells.
  [[nodiscard]] StudyManifest checkpoint() const {
    const fs::path study_dir = folder_.study_dir();
    const LogFunction no_log = [](LogSeverity, std::string_view, std::string_view) {};
    return ObserverLibrary::load(STUDY_OBSERVER_DIR "/" + sink_ + ".so")
        .create({"power_cut_test", "1", no_log}, {})
        ->read_checkpoint({study_dir, {}, study_dir.parent_path()})
        .value();
  }

  /// Goes on with what there is: the study ends, and each completed run has its whole result.
  void resume_to_the_end() {
    folder_.write("seconds", "0");
    const auto result =
        study_test::run_program(folder_.command({"--resume", "latest", "--jobs", "4"}));
    BOOST_TEST_REQUIRE(result.exit_code == 0, result.err);
    const StudyManifest manifest = checkpoint();
    BOOST_TEST(count_entries(manifest).completed == kExperiments);
    for (const ManifestEntry& entry : manifest.experiments) check_result(entry);
  }

 private:
  std::string sink_;
  std::string jobs_;
  study_test::TempDir dir_;
  study_test::StudyFolder folder_;
  std::optional<study_test::CuttableDisk> disk_;
  std::optional<study_test::Program> host_;
  std::vector<Told> told_;
  std::vector<std::jthread> readers_;
  Clock::time_point cut_at_;
  Timestamp cut_at_by_host_;
};

unsigned new_seed() {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  return seed;
}

const auto kSinks = bdata::make({"manifest_writer", "journal_writer"});
const auto kTypes = bdata::make({"ext4", "xfs"});

}  // namespace

BOOST_DATA_TEST_CASE(a_power_cut_takes_no_transition_that_is_a_second_old,
                     kSinks* kTypes* bdata::make({"1", "4"}) * bdata::make({"0.05", "1.7"}), sink,
                     type, jobs, seconds) {
  CutStudy study(type, sink, jobs);
  if (!study.has_disk()) return;
  std::mt19937 random(new_seed());
  study.start(seconds);
  study.watch_until([](const Told& told) { return told.completed >= 2; });
  // Long ones pause for longer than what is promised.
  study.watch_for(milliseconds(1100 + random() % 1600));
  study.cut();
  study.check_what_was_promised();
}

BOOST_DATA_TEST_CASE(nor_does_one_while_others_have_several_generations_open,
                     kTypes* bdata::make({1, 5}) * bdata::make({"0.05", "0.4"}), type, readers,
                     seconds) {
  CutStudy study(type, "manifest_writer", "4");
  if (!study.has_disk()) return;
  std::mt19937 random(new_seed());
  study.start(seconds);
  study.watch_until([](const Told& told) { return told.completed >= 2; });
  study.have_it_read(static_cast<unsigned>(readers));
  study.watch_for(milliseconds(1500 + random() % 1600));
  study.cut();
  study.check_what_was_promised();
}

BOOST_DATA_TEST_CASE(a_study_can_be_resumed_whenever_the_power_was_cut,
                     kSinks* kTypes* bdata::make({0, 1, 2}), sink, type, round) {
  CutStudy study(type, sink, round % 2 == 0 ? "4" : "1");
  if (!study.has_disk()) return;
  std::mt19937 random(new_seed());
  study.start("0.02");
  // From the first moment on: the record and the copy of the study file are synced before it.
  if (round > 0) study.watch_until([](const Told& told) { return told.running > 0; });
  study.watch_for(milliseconds(random() % (round == 2 ? 1500 : 150)));
  study.cut();
  study.resume_to_the_end();
}
