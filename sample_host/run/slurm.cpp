#include "run/slurm.hpp"

#include "base/format.hpp"
#include "run/processes.hpp"
#include "run/spawn.hpp"

#include <study/error.hpp>
#include <study/posix.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <sstream>
#include <string_view>
#include <system_error>
#include <thread>

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace host {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// A controller that is started anew, or whose machine is changed, is away for less.
constexpr std::chrono::seconds kSlurmWait{120};
constexpr milliseconds kFirstPause{250};
constexpr milliseconds kLongestPause{5000};
/// For one command of Slurm's. They wait for a controller themselves, but not for ever.
constexpr std::chrono::seconds kCommandTime{60};

struct CommandEnd {
  bool is_good = false;
  std::string out;
  std::string err;
};

/// Reads what is there; false at the end.
bool read_into(int fd, std::string& text) {
  std::array<char, 4096> buffer{};
  const ssize_t size =
      study::retry_if_interrupted([&] { return ::read(fd, buffer.data(), buffer.size()); });
  if (size <= 0) return false;
  text.append(buffer.data(), static_cast<std::size_t>(size));
  return true;
}

CommandEnd run_command(const std::vector<std::string>& command) {
  CommandEnd end;
  SpawnedProcess process = spawn(command, Environment({}));
  const auto deadline = Clock::now() + kCommandTime;
  std::array<pollfd, 2> pipes{pollfd{process.out.get(), POLLIN, 0},
                              pollfd{process.err.get(), POLLIN, 0}};
  while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
    if (left <= milliseconds(0)) {
      ::kill(-process.pid, SIGKILL);
      break;
    }
    if (::poll(pipes.data(), pipes.size(), static_cast<int>(left.count())) <= 0) continue;
    if (pipes[0].revents != 0 && !read_into(pipes[0].fd, end.out)) pipes[0].fd = -1;
    if (pipes[1].revents != 0 && !read_into(pipes[1].fd, end.err)) pipes[1].fd = -1;
  }
  int status = 0;
  study::retry_if_interrupted([&] { return ::waitpid(process.pid, &status, 0); });
  end.is_good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return end;
}

bool parse(std::string_view text, int& number) {
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && parsed == end && number > 0;
}

/// Of the lines `12.4 NAME` those of our name.
std::vector<std::string> steps_of(const std::string& listing, std::string_view name) {
  std::vector<std::string> steps;
  std::istringstream lines(listing);
  for (std::string step, found; lines >> step && std::getline(lines >> std::ws, found);) {
    if (found == name) steps.push_back(step);
  }
  return steps;
}

}  // namespace

/// slurmd gives the script that name in its spool folder.
bool is_below_batch_script() {
  return process_name(::getppid()).starts_with("slurm_script ");
}

int allocated_cpus(std::string_view text) {
  int cpus = 0;
  while (!text.empty()) {
    const std::string_view nodes = text.substr(0, text.find(','));
    int here = 0;
    int times = 1;
    const std::size_t repeated = nodes.find("(x");
    if (!parse(nodes.substr(0, repeated), here)) return 0;
    if (repeated != std::string_view::npos &&
        (!nodes.ends_with(')') ||
         !parse(nodes.substr(repeated + 2, nodes.size() - repeated - 3), times))) {
      return 0;
    }
    if (__builtin_mul_overflow(here, times, &here) || __builtin_add_overflow(cpus, here, &cpus)) {
      return 0;
    }
    text.remove_prefix(std::min(nodes.size() + 1, text.size()));
  }
  return cpus;
}

/// Without the number of its device, which differs from node to node.
std::string slurm_step_name(const fs::path& study_dir) {
  struct statx found {};
  if (::statx(AT_FDCWD, study_dir.c_str(), 0, STATX_INO | STATX_BTIME, &found) != 0) {
    throw study::FileError("stat " + study_dir.string(), errno);
  }
  return study::format("study-{}-{}", found.stx_ino, found.stx_btime.tv_sec);
}

std::vector<std::string> find_slurm_steps(const fs::path& study_dir) {
  const std::string name = slurm_step_name(study_dir);
  const auto deadline = Clock::now() + kSlurmWait;
  milliseconds pause = kFirstPause;
  while (true) {
    std::string problem;
    try {
      const CommandEnd end = run_command({"squeue", "--steps", "--noheader", "--format=%i %j"});
      if (end.is_good) return steps_of(end.out, name);
      problem = end.err.empty() ? "it has failed without a word" : end.err;
    } catch (const SpawnError& error) {
      throw study::StudyError(std::string(error.what()) +
                              "; it tells which steps of the study are still at work");
    }
    if (Clock::now() >= deadline) {
      throw study::StudyError(
          "Slurm doesn't say which steps of the study are still at work: squeue: " + problem);
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, kLongestPause);
  }
}

std::vector<std::string> end_slurm_steps(const fs::path& study_dir) {
  std::vector<std::string> ended;
  const auto deadline = Clock::now() + kSlurmWait;
  milliseconds pause = kFirstPause;
  std::vector<std::string> steps = find_slurm_steps(study_dir);
  ended.reserve(steps.size());
  for (const std::string& step : steps) {
    ended.push_back("a step of the study was still at work and has been ended: " + step);
  }
  while (!steps.empty()) {
    if (Clock::now() >= deadline) {
      throw study::StudyError("steps of the study are still at work and can't be ended: " +
                              joined(steps) + "; cancel them (scancel), then resume");
    }
    std::vector<std::string> command{"scancel"};
    command.insert(command.end(), steps.begin(), steps.end());
    static_cast<void>(run_command(command));  // squeue tells whether it has helped
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, kLongestPause);
    steps = find_slurm_steps(study_dir);
  }
  return ended;
}

}  // namespace host
