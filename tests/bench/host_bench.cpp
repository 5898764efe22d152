#include "bench/host_bench.hpp"

#include "bench/kept_loop.hpp"
#include "bench/spawned.hpp"

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>

#include <sys/wait.h>

namespace study_bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kRounds = 7;

/// What is run, and what study-host says of a study of it.
struct Program {
  const char* name;
  const char* floor;
  const char* kept;
  std::vector<std::string> command;
  int exit_code;
};

/// The samples of one program with one number of jobs.
struct Samples {
  const Program& program;
  int jobs;
  std::vector<double> host;
  std::vector<double> floor;
  std::vector<double> kept;
};

[[nodiscard]] double us_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

[[nodiscard]] double time_floor(const Program& program, int jobs, int experiments) {
  const auto begin = Clock::now();
  for (int started = 0, ended = 0; ended < experiments; ++ended) {
    while (started < experiments && started - ended < jobs) {
      static_cast<void>(start(program.command));
      ++started;
    }
    ::waitpid(-1, nullptr, 0);
  }
  return us_since(begin);
}

[[nodiscard]] double time_kept(const fs::path& dir, const Program& program, int jobs,
                               int experiments) {
  KeptLoop loop(dir, experiments);
  const auto begin = Clock::now();
  for (int started = 0, ended = 0; ended < experiments; ++ended) {
    while (started < experiments && started - ended < jobs) {
      loop.begin(program.command, static_cast<std::size_t>(started++));
    }
    loop.end_one(program.exit_code == 0);
  }
  return us_since(begin);
}

[[nodiscard]] double time_host(const fs::path& study, const Program& program, int jobs) {
  const auto begin = Clock::now();
  const pid_t child =
      start({STUDY_BIN_DIR "/study-host", "run", study.string(), "--jobs", std::to_string(jobs)});
  int status = 0;
  ::waitpid(child, &status, 0);
  const double us = us_since(begin);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != program.exit_code) {
    throw std::runtime_error("study-host didn't run " + study.string());
  }
  return us;
}

[[nodiscard]] fs::path write_study(const fs::path& dir, const Program& program, int experiments) {
  fs::path study = dir / (std::string(program.name) + "_" + std::to_string(experiments) + ".yaml");
  std::ofstream out(study);
  out << "name: host_bench\nrunners: {default: {command: [";
  const char* separator = "";
  for (const std::string& argument : program.command) {
    out << separator << '"' << argument << '"';
    separator = ", ";
  }
  out << "]}}\nsweep:\n  number: {from: 1, to: " << experiments << ", step: 1}\n";
  return study;
}

}  // namespace

void measure_host(const fs::path& dir, int experiments, std::vector<Result>& results) {
  const std::vector<Program> programs{{"true", "spawn", "kept", {"true"}, 1},
                                      {"line", "line", "kept_line", {"echo", "{}"}, 0}};
  std::ofstream(dir / "study_host.json") << R"({"observers": [{"plugin": "manifest_writer"}]})";
  std::vector<Samples> all;
  for (const Program& program : programs) {
    for (const int jobs : kHostJobs) all.push_back({program, jobs, {}, {}, {}});
  }
  std::vector<double> studies;
  for (int round = 0; round < kRounds; ++round) {
    for (Samples& samples : all) {
      const Program& program = samples.program;
      const double one = time_host(write_study(dir, program, 1), program, samples.jobs);
      const double more =
          time_host(write_study(dir, program, 1 + experiments), program, samples.jobs);
      samples.host.push_back((more - one) / experiments);
      samples.floor.push_back(time_floor(program, samples.jobs, experiments) / experiments);
      samples.kept.push_back(time_kept(dir / "kept", program, samples.jobs, experiments) /
                             experiments);
      if (program.exit_code == 0) studies.push_back(one);
    }
  }
  results.push_back(summarize("host/study", 0, studies));
  for (const Samples& samples : all) {
    const std::string jobs = jobs_suffix(samples.jobs);
    results.push_back(
        summarize(std::string("host/") + samples.program.name + jobs, 0, samples.host));
    results.push_back(
        summarize(std::string("floor/") + samples.program.floor + jobs, 0, samples.floor));
    results.push_back(
        summarize(std::string("floor/") + samples.program.kept + jobs, 0, samples.kept));
  }
}

}  // namespace study_bench
