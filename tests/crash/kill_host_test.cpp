#define BOOST_TEST_MODULE kill_host
#include "support/study_folder.hpp"
#include "support/valid_manifest.hpp"

#include <study/manifest.hpp>

#include <chrono>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <signal.h>

namespace fs = std::filesystem;
using namespace study;

namespace {

/// How many runs study-host has told of as `state`, in the lines that it prints behind the
/// observers' backs.
std::size_t told_of(const std::string& progress, const std::string& state = "completed") {
  const std::string mark = "] " + state + " ";
  std::size_t count = 0;
  for (std::size_t at = 0; (at = progress.find(mark, at)) != std::string::npos; ++at) ++count;
  return count;
}

/// None if there is no study directory, or no manifest in it.
std::optional<StudyManifest> manifest_in(const study_test::StudyFolder& folder) {
  if (!fs::exists(folder.results()) || fs::is_empty(folder.results())) return std::nullopt;
  return study_test::read_valid_manifest(folder.study_dir() / "manifest.json");
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

    const auto manifest = manifest_in(folder);
    if (!manifest) {
      // Killed before it had one, which is before the first run: a manifest never vanishes.
      BOOST_TEST_REQUIRE(told_of(result.err, "running") == 0U);
      BOOST_TEST_REQUIRE(told_of(result.err) == 0U);
      continue;
    }
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
