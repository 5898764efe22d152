#define BOOST_TEST_MODULE kill_writer
#include "support/history.hpp"
#include "support/temp_dir.hpp"

#include <study/manifest.hpp>
#include <study/observer_library.hpp>

#include <chrono>
#include <random>
#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace study;

namespace {

constexpr int kEntries = 20;

/// A study_player process and the acknowledgements that it has written.
class Player {
 public:
  Player(const std::string& options, const fs::path& dir, unsigned seed) {
    int ends[2];
    BOOST_TEST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      const std::string program = STUDY_BUILD_DIR "/tests/study_player";
      const std::string plugin = STUDY_OBSERVER_DIR "/manifest_writer.so";
      ::execl(program.c_str(), program.c_str(), plugin.c_str(), options.c_str(), dir.c_str(),
              std::to_string(kEntries).c_str(), std::to_string(seed).c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    pipe_ = ends[0];
    char byte = 0;
    BOOST_TEST_REQUIRE(::read(pipe_, &byte, 1) == 1);  // the study has started
  }
  ~Player() { ::close(pipe_); }

  /// SIGKILL; gives the number of transitions that had been acknowledged.
  int kill() {
    ::kill(child_, SIGKILL);
    int acknowledged = 0;
    char bytes[65536];
    for (ssize_t n; (n = ::read(pipe_, bytes, sizeof bytes)) > 0;)
      acknowledged += static_cast<int>(n);
    int status = 0;
    ::waitpid(child_, &status, 0);
    BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    return acknowledged;
  }

 private:
  pid_t child_ = 0;
  int pipe_ = -1;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_killed_writer_leaves_every_acknowledged_transition_and_at_most_one_more) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const std::string options[] = {R"({"engine": "swap"})", R"({"engine": "replace"})"};
  study_test::TempDir dir;
  std::set<int> seen;
  for (int round = 0; round < 200; ++round) {
    // Every other start is in a directory in which an earlier one was killed, under either engine.
    if (round % 4 == 0) {
      for (const auto& entry : fs::directory_iterator(dir.path())) fs::remove(entry.path());
    }
    const auto play_seed = static_cast<unsigned>(random());
    Player player(options[random() % 2], dir.path(), play_seed & 0x7fffffffU);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    const int acknowledged = player.kill();
    seen.insert(acknowledged);

    const auto found = read_manifest_file(dir / "manifest.json");
    BOOST_TEST_REQUIRE(found.has_value());
    study_test::History history(kEntries, play_seed & 0x7fffffffU);
    while (history.position() < acknowledged) history.advance();
    const bool last_acknowledged = *found == history.table().manifest();
    history.advance();
    BOOST_TEST_REQUIRE((last_acknowledged || *found == history.table().manifest()));
  }
  BOOST_TEST(seen.size() > 50U);  // the kills hit many different moments
}
