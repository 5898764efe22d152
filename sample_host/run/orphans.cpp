#include "run/orphans.hpp"

#include "base/format.hpp"
#include "run/experiment_process.hpp"
#include "run/processes.hpp"

#include <study/error.hpp>
#include <study/posix.hpp>

#include <algorithm>
#include <chrono>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace host {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kDirectoryVariable = "STUDY_DIR";
constexpr std::string_view kIdVariable = "STUDY_ID";
/// One that starts others faster than they are ended is given up after this many rounds.
constexpr int kMaxRounds = 5;

struct Orphan {
  ProcessId id;
  study::UniqueFd handle;  ///< pidfd_open(2)
  std::string name;
};

/// Empty where the directory can't be looked at. With its birth: a file system gives the inode of a
/// directory that was removed to the next one.
std::string directory_id(const fs::path& study_dir) {
  struct statx found {};
  if (::statx(AT_FDCWD, study_dir.c_str(), 0, STATX_INO | STATX_BTIME, &found) != 0) return {};
  return study::format("{}:{}:{}:{}.{:09}", found.stx_dev_major, found.stx_dev_minor, found.stx_ino,
                       found.stx_btime.tv_sec, found.stx_btime.tv_nsec);
}

/// This process and those that it descends from: a study may be resumed from a terminal that one of
/// its experiments has opened.
std::vector<pid_t> own_line() {
  std::vector<pid_t> line;
  for (pid_t pid = ::getpid(); pid > 0;) {
    line.push_back(pid);
    const auto facts = read_process(pid);
    pid = facts ? facts->parent : 0;
  }
  return line;
}

class OrphanSearch {
 public:
  explicit OrphanSearch(const fs::path& study_dir)
      : directory_(fs::weakly_canonical(study_dir).string()),
        id_(directory_id(study_dir)),
        first_mark_(first_mark(study_dir)),
        own_line_(own_line()),
        own_session_(::getsid(0)) {}

  [[nodiscard]] std::vector<Orphan> find() const {
    std::vector<pid_t> roots;
    for (const pid_t pid : all_processes()) {
      if (const auto facts = read_process(pid); facts && belongs(*facts)) roots.push_back(pid);
    }
    std::vector<Orphan> orphans;
    for (const ProcessFacts& facts : with_descendants(roots)) {
      if (is_own(facts)) continue;
      study::UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, facts.id.pid, 0)));
      // Looked at again, now that the number can't pass to another process.
      const auto again = read_process(facts.id.pid);
      if (!again || again->id != facts.id) continue;
      orphans.push_back({facts.id, std::move(handle), process_name(facts.id.pid)});
    }
    return orphans;
  }

 private:
  [[nodiscard]] bool is_own(const ProcessFacts& facts) const {
    return facts.session == own_session_ ||
           std::find(own_line_.begin(), own_line_.end(), facts.id.pid) != own_line_.end();
  }

  [[nodiscard]] bool belongs(const ProcessFacts& facts) const {
    if (facts.has_ended || is_own(facts)) return false;
    const std::uint64_t mark = process_mark(facts.id.pid);
    if (mark >= first_mark_ && mark - first_mark_ < kMarksOfStudy) return true;
    const std::string id = environment_value(facts.id.pid, kIdVariable);
    if (!id.empty()) return id == id_;
    return environment_value(facts.id.pid, kDirectoryVariable) == directory_;
  }

  const std::string directory_;
  const std::string id_;
  const std::uint64_t first_mark_;
  const std::vector<pid_t> own_line_;
  const pid_t own_session_;
};

void send(const std::vector<Orphan>& orphans, int signal) {
  for (const Orphan& orphan : orphans) {
    if (!orphan.handle) continue;
    ::syscall(SYS_pidfd_send_signal, orphan.handle.get(), signal, nullptr, 0);
  }
}

bool has_ended(const Orphan& orphan, milliseconds wait) {
  pollfd end{orphan.handle.get(), POLLIN, 0};
  return orphan.handle && ::poll(&end, 1, static_cast<int>(wait.count())) == 1;
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
  return {
      std::string(kDirectoryVariable) + "=" + fs::weakly_canonical(study_dir).string(),
      std::string(kIdVariable) + "=" + directory_id(study_dir),
  };
}

std::uint64_t first_mark(const fs::path& study_dir) {
  // FNV-1a, folded.
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : directory_id(study_dir)) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return kLeastMark | (((hash ^ (hash >> 32)) & 0x3fff'ffff) * kMarksOfStudy);
}

std::vector<std::string> find_orphans(const fs::path& study_dir) {
  std::vector<std::string> names;
  for (const Orphan& orphan : OrphanSearch(study_dir).find()) names.push_back(orphan.name);
  return names;
}

std::vector<std::string> end_orphans(const fs::path& study_dir) {
  std::vector<std::string> ended;
  std::vector<Orphan> orphans;
  const OrphanSearch search(study_dir);
  for (int round = 0; round < kMaxRounds; ++round) {
    orphans = search.find();
    if (orphans.empty()) return ended;
    for (const Orphan& orphan : orphans) {
      ended.push_back(
          "an experiment of the host that was killed was still at work and has been "
          "ended: " +
          orphan.name);
    }
    send(orphans, SIGTERM);
    send(orphans, SIGCONT);
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
