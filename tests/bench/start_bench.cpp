#include "bench/start_bench.hpp"

#include <study/observer_library.hpp>

#include <array>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>

#include <boost/json/object.hpp>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace study_bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Figures {
  double start_us;
  double start_cpu_us;
  double final_us;
  double peak_mib;
};

[[nodiscard]] double cpu_us() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

/// A `Vm…` line of /proc/self/status, in MiB.
[[nodiscard]] double memory_mib(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key + ":")) return std::stod(line.substr(key.size() + 1)) / 1024;
  }
  throw std::runtime_error("no " + key + " in /proc/self/status");
}

[[nodiscard]] double us_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

[[nodiscard]] Figures measure(const BenchStudy& study, const std::filesystem::path& dir) {
  const auto observer = study::ObserverLibrary::load(STUDY_OBSERVER_DIR "/manifest_writer.so")
                            .create({"checkpoint_bench", "1",
                                     [](study::LogSeverity, std::string_view, std::string_view) {}},
                                    {});
  const double config_mib =
      static_cast<double>(study::to_json(study.config).size()) / (1024.0 * 1024.0);
  // Resets the peak (proc(5), clear_refs).
  std::ofstream("/proc/self/clear_refs") << 5;
  const double before_mib = memory_mib("VmRSS");
  const double before_cpu = cpu_us();
  Figures figures{};
  auto begin = Clock::now();
  observer->on_study_start({study.config, dir, study::now(), nullptr});
  figures.start_us = us_since(begin);
  figures.start_cpu_us = cpu_us() - before_cpu;
  figures.peak_mib = memory_mib("VmHWM") - before_mib - config_mib;
  begin = Clock::now();
  observer->on_study_end({study::StudyOutcome::completed, study::now()});
  figures.final_us = us_since(begin);
  return figures;
}

}  // namespace

void measure_start(const BenchStudy& study, const std::filesystem::path& dir,
                   std::vector<Result>& results) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  const pid_t child = ::fork();
  if (child == 0) {
    const Figures figures = measure(study, dir);
    ::_exit(::write(ends[1], &figures, sizeof figures) == sizeof figures ? 0 : 1);
  }
  ::close(ends[1]);
  Figures figures{};
  const bool received = ::read(ends[0], &figures, sizeof figures) == sizeof figures;
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!received) throw std::runtime_error("the start of a study could not be measured");
  const std::size_t entries = study.manifest.experiments.size();
  results.push_back(summarize("start", entries, {figures.start_us}));
  results.push_back(summarize("start_cpu", entries, {figures.start_cpu_us}));
  results.push_back(summarize("final", entries, {figures.final_us}));
  results.push_back(summarize("start_peak_mib", entries, {figures.peak_mib}));
}

}  // namespace study_bench
