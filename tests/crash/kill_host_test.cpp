#define BOOST_TEST_MODULE kill_host
#include "host/study_folder.hpp"

#include <study/manifest.hpp>

#include <chrono>
#include <random>
#include <set>
#include <string>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <signal.h>

namespace fs = std::filesystem;
using namespace study;

namespace {

/// How many runs study-host has told of as completed, in the lines that it prints behind the
/// observers' backs.
std::size_t told_of(const std::string& progress) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = progress.find("] completed ", at)) != std::string::npos; ++at) {
    ++count;
  }
  return count;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_killed_host_leaves_a_manifest_that_names_only_results_that_are_there) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  std::set<std::size_t> seen;
  for (int round = 0; round < 100; ++round) {
    study_test::StudyFolder folder;
    folder.use_manifest_writer();
    boost::json::array experiments;
    for (int i = 0; i < 12; ++i) experiments.push_back(boost::json::object{{"n", i}});
    folder.study("echo \"{\\\"n\\\": $1}\"", experiments);
    study_test::Program host(folder.command({"--jobs", round % 2 == 0 ? "1" : "2"}));
    // By progress and not by time alone, so that fast and slow machines are hit in the middle, too.
    const std::size_t completions = random() % 12;
    study_test::wait_until("completions",
                           [&] { return told_of(host.err()) >= completions || host.has_exited(); });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 5'000));
    host.send(SIGKILL);
    const study_test::ProgramResult result = host.wait();

    // It may have been killed before it had a study directory, or a manifest in it.
    if (!fs::exists(folder.results()) || fs::is_empty(folder.results())) continue;
    const auto manifest = read_manifest_file(folder.study_dir() / "manifest.json");
    if (!manifest) continue;
    const ManifestCounters counters = count_entries(*manifest);
    BOOST_TEST(counters.completed + counters.failed + counters.pending == 12);
    const auto completed = static_cast<std::size_t>(counters.completed);
    // Every completion that was told of is there, and at most the one in flight besides.
    BOOST_TEST(completed >= told_of(result.err));
    BOOST_TEST(completed <= told_of(result.err) + 1);
    for (const ManifestEntry& entry : manifest->experiments) {
      if (entry.status != ExperimentState::completed) continue;
      const std::string text =
          study_test::read_text(folder.study_dir() / entry.result_file.value());
      BOOST_TEST(boost::json::parse(text).is_object());
    }
    seen.insert(completed);
  }
  BOOST_TEST(seen.size() > 3U);  // the kills hit different moments
}
