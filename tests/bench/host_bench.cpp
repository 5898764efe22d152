#include "bench/host_bench.hpp"

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

extern char** environ;

namespace study_bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 5;

[[nodiscard]] int run(std::vector<std::string> arguments, bool quiet) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (quiet) {
    ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  }
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, argv[0], quiet ? &actions : nullptr, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("can't start " + arguments[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

[[nodiscard]] double us_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

}  // namespace

void measure_host(const std::filesystem::path& dir, int experiments, std::vector<Result>& results) {
  const std::filesystem::path study = dir / "true.yaml";
  {
    std::ofstream out(study);
    out << "name: host_bench\nbackend: shell\nrunners: {shell: {command: [\"true\"]}}\nsweep:\n  "
           "number: [0";
    for (int i = 1; i < experiments; ++i) out << ", " << i;
    out << "]\n";
    std::ofstream(dir / "study_host.json") << R"({"observers": [{"plugin": "manifest_writer"}]})";
  }
  std::vector<double> host;
  std::vector<double> floor;
  for (int round = 0; round < kRounds; ++round) {
    auto begin = Clock::now();
    // `true` leaves no result, so each experiment fails, and study-host says so with 1.
    if (run({STUDY_BIN_DIR "/study-host", "run", study.string(), "--jobs", "1"}, true) != 1) {
      throw std::runtime_error("study-host didn't run " + study.string());
    }
    host.push_back(us_since(begin) / experiments);
    begin = Clock::now();
    for (int i = 0; i < experiments; ++i) static_cast<void>(run({"true"}, false));
    floor.push_back(us_since(begin) / experiments);
  }
  results.push_back(summarize("host/true", 0, host));
  results.push_back(summarize("floor/spawn", 0, floor));
}

}  // namespace study_bench
