/// What is measured in a process of its own, so that its memory is its own, too.
#pragma once

#include <array>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace study_bench {

/// What some work has taken.
struct Cost {
  double us = 0;
  double cpu_us = 0;
  double peak_mib = 0;  ///< of memory, beyond what was there before
};

namespace measured_detail {

[[nodiscard]] inline double cpu_us() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

/// A `Vm…` line of /proc/self/status, in MiB.
[[nodiscard]] inline double memory_mib(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key + ":")) return std::stod(line.substr(key.size() + 1)) / 1024;
  }
  throw std::runtime_error("no " + key + " in /proc/self/status");
}

}  // namespace measured_detail

/// Of this process.
template <class Work>
[[nodiscard]] Cost cost_of(const Work& work) {
  using Clock = std::chrono::steady_clock;
  // Resets the peak (proc(5), clear_refs).
  std::ofstream("/proc/self/clear_refs") << 5;
  const double before_mib = measured_detail::memory_mib("VmRSS");
  const double before_cpu = measured_detail::cpu_us();
  const auto begin = Clock::now();
  work();
  Cost cost;
  cost.us = std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
  cost.cpu_us = measured_detail::cpu_us() - before_cpu;
  cost.peak_mib = measured_detail::memory_mib("VmHWM") - before_mib;
  return cost;
}

/// What `work` gives, a struct of numbers, in a child process.
template <class Figures, class Work>
[[nodiscard]] Figures in_child(const Work& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  const pid_t child = ::fork();
  if (child == 0) {
    const Figures figures = work();
    ::_exit(::write(ends[1], &figures, sizeof figures) == sizeof figures ? 0 : 1);
  }
  ::close(ends[1]);
  Figures figures{};
  const bool received = ::read(ends[0], &figures, sizeof figures) == sizeof figures;
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!received) throw std::runtime_error("a process that was to be measured has failed");
  return figures;
}

}  // namespace study_bench
