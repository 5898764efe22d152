#include "bench/readers_bench.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace study_bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::array kReaders = {0, 1, 4, 16};
constexpr int kBatch = 200;
/// A contestant that has used it up sits out the rest.
constexpr double kBudgetSeconds = 10;

/// Processes that read `path` all the time, as long as this lives.
class Readers {
 public:
  Readers(const fs::path& path, int count) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    for (int i = 0; i < count; ++i) {
      const pid_t child = ::fork();
      if (child == 0) read_for_ever(path.c_str(), ends[1]);
      if (child > 0) children_.push_back(child);
    }
    ::close(ends[1]);
    // Each has read it once when nobody has the other end any more.
    char byte = 0;
    while (::read(ends[0], &byte, 1) > 0) {
    }
    ::close(ends[0]);
  }
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;
  ~Readers() {
    for (const pid_t child : children_) ::kill(child, SIGKILL);
    for (const pid_t child : children_) ::waitpid(child, nullptr, 0);
  }

 private:
  [[noreturn]] static void read_for_ever(const char* path, int ready_fd) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    static char buffer[128 * 1024];  // as cat(1) reads
    for (;;) {
      const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
      while (fd >= 0 && ::read(fd, buffer, sizeof buffer) > 0) {
      }
      if (fd >= 0) ::close(fd);
      if (ready_fd >= 0) ::close(std::exchange(ready_fd, -1));
    }
  }

  std::vector<pid_t> children_;
};

struct Runner {
  int readers;
  fs::path dir;
  std::unique_ptr<Contestant> contestant;
  std::vector<double> samples_us;
  double seconds = 0;
};

void store(Runner& runner, const std::vector<BenchTransition>& batch) {
  const Readers readers(runner.dir / "manifest.json", runner.readers);
  for (const BenchTransition& transition : batch) {
    const auto begin = Clock::now();
    runner.contestant->store(transition);
    const std::chrono::duration<double> elapsed = Clock::now() - begin;
    runner.seconds += elapsed.count();
    runner.samples_us.push_back(elapsed.count() * 1e6);
    if (runner.seconds > kBudgetSeconds) return;
  }
}

}  // namespace

void measure_readers(const BenchStudy& study, const fs::path& dir, int transitions,
                     const std::function<BenchTransition()>& next, std::vector<Result>& results) {
  std::vector<Runner> runners;
  for (const int readers : kReaders) {
    const std::string name = "readers/" + std::to_string(readers);
    Runner& runner = runners.emplace_back(
        Runner{.readers = readers,
               .dir = dir / std::to_string(readers),
               .contestant = observer_contestant(name, STUDY_OBSERVER_DIR "/manifest_writer.so",
                                                 R"({"engine": "swap"})"),
               .samples_us = {}});
    fs::create_directory(runner.dir);
    runner.contestant->start(study, runner.dir);
  }
  for (int done = 0; done < transitions; done += kBatch) {
    std::vector<BenchTransition> batch(
        static_cast<std::size_t>(std::min(kBatch, transitions - done)));
    std::generate(batch.begin(), batch.end(), next);
    for (Runner& runner : runners) {
      if (runner.seconds <= kBudgetSeconds) store(runner, batch);
    }
  }
  for (Runner& runner : runners) {
    results.push_back(summarize(runner.contestant->name(), study.manifest.experiments.size(),
                                std::move(runner.samples_us)));
  }
}

}  // namespace study_bench
