// Orchestrators in C and in Python, killed and resumed, with each sink.
#define BOOST_TEST_MODULE session_languages
#include "each_sink.hpp"
#include "support/temp_dir.hpp"

#include <study/atomic_file.hpp>
#include <study/manifest.hpp>
#include <study/session.hpp>

#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace data = boost::unit_test::data;
namespace fs = std::filesystem;

namespace {

constexpr int kRuns = 200;

const std::string kLibrary = std::string(STUDY_BUILD_DIR) + "/lib/libstudy_session.so";

std::vector<std::string> player(const std::string& language) {
  if (language == "C") return {std::string(STUDY_BUILD_DIR) + "/tests/session_player"};
  return {"python3", std::string(STUDY_SOURCE_DIR) + "/tests/session/session_player.py", kLibrary};
}

std::string experiments() {
  std::string list = "[";
  for (int x = 0; x < kRuns; ++x) {
    list += (x == 0 ? "" : ",") + std::string("{\"config\":{\"x\":") + std::to_string(x) + "}}";
  }
  return list + "]";
}

pid_t start(std::vector<std::string> command, const fs::path& out) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  const int log = ::open(out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  ::dup2(log, STDOUT_FILENO);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

std::multiset<std::string> lines_that_begin_with(const std::string& word, const fs::path& file) {
  std::multiset<std::string> found;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(word + " ")) found.insert(line.substr(word.size() + 1));
  }
  return found;
}

}  // namespace

BOOST_DATA_TEST_CASE(a_study_that_is_killed_again_and_again_comes_to_its_end,
                     data::make({"C", "Python"}) * data::make(study_test::kEachSink), language,
                     sink) {
  if (!study_test::is_available(sink)) return;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  if (language == "Python") return;  // which can't load a library that has a sanitizer's runtime
#endif
  const study_test::TempDir dir(study_test::memory_directory());
  const std::string options = "{\"study_name\":\"sweep\",\"results_dir\":\"" +
                              (dir / "results").string() + "\",\"observers\":[" +
                              study_test::observer_json(sink) + "],\"plugin_path\":[\"" +
                              STUDY_OBSERVER_DIR + "\"]}";
  std::vector<std::string> command = player(language);
  command.insert(command.end(), {options, experiments()});
  const fs::path out = dir / "out";
  const unsigned seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  int kills = 0;
  for (;;) {
    const pid_t child = start(command, out);
    const auto patience = language == "C" ? std::chrono::microseconds(500 + random() % 10'000)
                                          : std::chrono::microseconds(40'000 + random() % 60'000);
    int status = 0;
    const auto deadline =
        std::chrono::steady_clock::now() + (kills < 20 ? patience : patience * 1000);
    while (::waitpid(child, &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() < deadline) {
        ::usleep(500);
        continue;
      }
      ::kill(child, SIGKILL);
      ++kills;
      ::waitpid(child, &status, 0);
      break;
    }
    if (WIFSIGNALED(status)) continue;
    BOOST_REQUIRE(WIFEXITED(status));
    BOOST_REQUIRE(WEXITSTATUS(status) == 0);
    break;
  }
  BOOST_TEST(kills > 0);
  // Each run has ended once, and was begun again only where it had not ended.
  const auto begun = lines_that_begin_with("begin", out);
  const auto ended = lines_that_begin_with("end", out);
  BOOST_TEST(std::set<std::string>(begun.begin(), begun.end()).size() == kRuns);
  for (const std::string& run : ended) BOOST_TEST(ended.count(run) == 1U, run);
  BOOST_TEST(static_cast<int>(begun.size() - ended.size()) <= kills);

  const fs::path study_dir = study_test::only_study_in(dir / "results");
  const study::StudyManifest manifest = study_test::checkpoint_in(sink, study_dir);
  BOOST_TEST((manifest.head.status == study::StudyStatus::completed));
  BOOST_TEST(study::count_entries(manifest).completed == kRuns);
  for (const study::ManifestEntry& entry : manifest.experiments) {
    BOOST_TEST(fs::exists(study_dir / entry.result_file.value()));
  }
}
