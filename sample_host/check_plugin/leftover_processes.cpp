#include "check_plugin/leftover_processes.hpp"

#include <study/error.hpp>

#include <cerrno>
#include <fstream>
#include <string>
#include <vector>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace plugin_check {
namespace {

/// Ending one leaves its own children over, so that a chain takes a round for each link. One that
/// starts others faster than they are ended is given up.
constexpr int kMaxRounds = 1000;

std::vector<pid_t> children() {
  const std::string self = std::to_string(::getpid());
  std::ifstream file("/proc/" + self + "/task/" + self + "/children");
  std::vector<pid_t> result;
  for (pid_t child = 0; file >> child;) result.push_back(child);
  return result;
}

}  // namespace

LeftoverProcesses::LeftoverProcesses() {
  if (::prctl(PR_GET_CHILD_SUBREAPER, &was_subreaper_) != 0 ||
      ::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    throw study::FileError("prctl PR_SET_CHILD_SUBREAPER", errno);
  }
}

LeftoverProcesses::~LeftoverProcesses() {
  ::prctl(PR_SET_CHILD_SUBREAPER, was_subreaper_);
}

void LeftoverProcesses::end() const {
  bool found = true;
  for (int round = 0; found && round < kMaxRounds; ++round) {
    found = false;
    for (const pid_t child : children()) {
      if (::kill(child, SIGKILL) != 0) continue;
      found = true;
      while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
  }
}

}  // namespace plugin_check
