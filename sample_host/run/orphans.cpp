#include "run/orphans.hpp"

#include "run/experiment_process.hpp"

#include <study/error.hpp>
#include <study/posix.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string_view>

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace host {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kStudyMark = "STUDY_DIR=";
constexpr std::string_view kSessionMark = "STUDY_HOST_SESSION=";
/// For the kernel to carry out a SIGKILL.
constexpr milliseconds kKillTime{5000};
/// One that starts others faster than they are ended is given up after this many rounds.
constexpr int kMaxRounds = 5;

/// A process that can't be mistaken for a later one of the same number.
struct Orphan {
  pid_t pid;
  study::UniqueFd handle;  ///< pidfd_open(2)
  std::string name;
};

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The value of a variable in the text of an environment, proc_pid_environ(5); empty: none.
std::string_view value_in(std::string_view environment, std::string_view mark) {
  while (!environment.empty()) {
    const std::string_view variable = environment.substr(0, environment.find('\0'));
    if (variable.starts_with(mark)) return variable.substr(mark.size());
    environment.remove_prefix(std::min(variable.size() + 1, environment.size()));
  }
  return {};
}

bool bears_marks(pid_t pid, const fs::path& study_dir) {
  const std::string environment = read_file("/proc/" + std::to_string(pid) + "/environ");
  return value_in(environment, kStudyMark) == study_dir.native() &&
         value_in(environment, kSessionMark) == std::to_string(::getsid(pid));
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> result;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos) {
      result.push_back(static_cast<pid_t>(std::stol(name)));
    }
  }
  return result;
}

std::string name_of(pid_t pid) {
  std::string name = read_file("/proc/" + std::to_string(pid) + "/comm");
  if (name.ends_with('\n')) name.pop_back();
  return study::visible(name) + " (pid " + std::to_string(pid) + ")";
}

std::vector<Orphan> find_orphans(const fs::path& study_dir) {
  std::vector<Orphan> result;
  for (const pid_t pid : all_processes()) {
    if (pid == ::getpid() || !bears_marks(pid, study_dir)) continue;
    study::UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    // Looked at again, now that the number can't pass to another process.
    if (handle.get() >= 0 && !bears_marks(pid, study_dir)) continue;
    result.push_back({pid, std::move(handle), name_of(pid)});
  }
  return result;
}

void send(const std::vector<Orphan>& orphans, int signal) {
  for (const Orphan& orphan : orphans) {
    if (orphan.handle.get() < 0) continue;
    ::syscall(SYS_pidfd_send_signal, orphan.handle.get(), signal, nullptr, 0);
  }
}

bool has_ended(const Orphan& orphan, milliseconds wait) {
  pollfd end{orphan.handle.get(), POLLIN, 0};
  return orphan.handle.get() >= 0 && ::poll(&end, 1, static_cast<int>(wait.count())) == 1;
}

/// Gives those that are left.
std::vector<Orphan> wait_for(std::vector<Orphan> orphans, milliseconds longest) {
  const auto deadline = Clock::now() + longest;
  std::erase_if(orphans, [&](const Orphan& orphan) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
    return has_ended(orphan, std::max(left, milliseconds(0)));
  });
  return orphans;
}

}  // namespace

std::vector<std::string> study_marks(const fs::path& study_dir) {
  return {std::string(kStudyMark) + fs::weakly_canonical(study_dir).string(),
          std::string(kSessionMark) + std::to_string(::getsid(0))};
}

std::vector<std::string> end_orphans(const fs::path& study_dir) {
  std::vector<std::string> ended;
  std::vector<Orphan> orphans;
  for (int round = 0; round < kMaxRounds; ++round) {
    orphans = find_orphans(fs::weakly_canonical(study_dir));
    if (orphans.empty()) return ended;
    for (const Orphan& orphan : orphans) {
      ended.push_back(
          "an experiment of the host that was killed was still at work and has been "
          "ended: " +
          orphan.name);
    }
    send(orphans, SIGTERM);
    orphans = wait_for(std::move(orphans), kGracePeriod);
    send(orphans, SIGKILL);
    orphans = wait_for(std::move(orphans), kKillTime);
    if (!orphans.empty()) break;
  }
  std::string names;
  for (const Orphan& orphan : orphans) names += (names.empty() ? "" : ", ") + orphan.name;
  throw study::StudyError(
      "experiments of the host that was killed are still at work in " + study_dir.string() +
      " and can't be ended: " + (names.empty() ? "there are always new ones" : names) +
      "; end them, then resume");
}

}  // namespace host
