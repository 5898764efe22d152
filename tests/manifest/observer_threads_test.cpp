#define BOOST_TEST_MODULE observer_threads
#include "support/history.hpp"
#include "support/temp_dir.hpp"
#include "support/valid_manifest.hpp"

#include <study/manifest.hpp>
#include <study/observer_library.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace bdata = boost::unit_test::data;
using namespace study;
using study_test::at;

namespace {

constexpr int kEntries = 40;
constexpr int kThreads = 4;
constexpr int kTransitions = 400;

/// Lets threads do something one after the other, in a circle.
class Turns {
 public:
  template <typename Action>
  void take(int thread, Action action) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return next_ == thread; });
    action();
    next_ = (next_ + 1) % kThreads;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int next_ = 0;
};

/// Plays transitions from threads in turn, while another reads. Gives how often that one has.
int play(StudyObserver& observer, study_test::History& history,
         const std::filesystem::path& manifest) {
  Turns turns;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kTransitions / kThreads; ++i) {
        turns.take(thread, [&] { observer.on_experiment_state(history.advance().first.view()); });
      }
    });
  }
  std::atomic<bool> over = false;
  int snapshots = 0;
  std::thread reader([&] {
    do {
      if (study_test::read_valid_manifest(manifest)) ++snapshots;
    } while (!over);
  });
  for (std::thread& thread : threads) thread.join();
  over = true;
  reader.join();
  return snapshots;
}

}  // namespace

// The order of the calls is all that [serial] promises; the thread sanitizer sees what relies on
// more.
BOOST_DATA_TEST_CASE(an_observer_may_be_called_from_changing_threads,
                     bdata::make({"swap", "replace"}), engine) {
  const study_test::TempDir dir;
  std::atomic<int> warnings = 0;
  const auto observer = ObserverLibrary::load(STUDY_OBSERVER_DIR "/manifest_writer.so")
                            .create({"test", "1",
                                     [&](LogSeverity severity, std::string_view, std::string_view) {
                                       if (severity >= LogSeverity::warning) ++warnings;
                                     }},
                                    {{"engine", engine}});
  const StudyConfig config = study_test::sample_study(kEntries, 1);
  std::thread([&] { observer->on_study_start({config, dir.path(), at(0), nullptr}); }).join();

  study_test::History history(kEntries);
  const int snapshots = play(*observer, history, dir / "manifest.json");
  std::thread([&] { observer->on_study_end({StudyOutcome::interrupted, at(9999)}); }).join();

  const auto manifest = study_test::read_valid_manifest(dir / "manifest.json");
  BOOST_TEST_REQUIRE(manifest.has_value());
  BOOST_TEST((manifest->experiments == history.table().manifest().experiments));
  BOOST_TEST(snapshots > 0);
  BOOST_TEST(warnings == 0);
}
