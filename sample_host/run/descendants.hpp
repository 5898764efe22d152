/// Everything that an experiment has started, however it has made itself independent.
///
/// The host is a child subreaper (PR_SET_CHILD_SUBREAPER of prctl(2)): a process whose parent ends
/// falls to it, be it that it has a session and an environment of its own. So nothing gets lost;
/// what is to be found out is only whose it was.
#pragma once

#include "run/processes.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace host {

/// The environment variable that names the run: `{stem}.{attempt}`.
inline constexpr std::string_view kRunVariable = "STUDY_RUN";

/// The processes of the experiments that run at this moment. One object, on the main thread.
///
/// A process that has fallen to the host belongs to the experiment whose mark it bears
/// (`process_mark`). Where marks can't be set, to the one that it was seen to descend from, else to
/// that of its session, else to the one that its environment names. Where nothing tells, it is one
/// of those that ran when it was found, and counts as the last one's that goes on: it is never
/// ended while the experiment that it may belong to still runs. Processes of the host's own session
/// are none of an experiment: those are plugins'.
class Descendants {
 public:
  /// Makes this process the one that orphans fall to.
  Descendants();

  /// An experiment begins: the process that leads its session, the mark of its processes, and the
  /// value of `kRunVariable` in their environment.
  void begin(pid_t leader, std::uint64_t mark, std::string run);
  /// It is over. What is still there can't be ended, and is nobody's from here on.
  void end(pid_t leader);

  /// Reaps those that have fallen to the host and have ended, and finds out whose the new ones are.
  /// One file of /proc is read where there are none. To be called when an experiment exits, each
  /// second, and while `has_adopted` whenever SIGCHLD has arrived.
  void update();

  /// Whether anything that is known of has fallen to the host and is still there.
  [[nodiscard]] bool has_adopted() const { return !adopted_.empty(); }

  /// Notes who descends from whom, for the time when that can't be seen any more.
  void observe();

  /// What lives of the experiment, beside its leader.
  [[nodiscard]] std::vector<ProcessFacts> of(pid_t leader);
  /// The same, but the leader is reaped or a zombie: only what has fallen to the host. Costs
  /// nothing where there is nothing.
  [[nodiscard]] std::vector<ProcessFacts> left_by(pid_t leader);

 private:
  struct Experiment {
    pid_t leader;
    std::uint64_t mark;
    std::string run;
  };
  /// A process that has fallen to the host. It keeps its number until the host reaps it.
  struct Adopted {
    std::vector<pid_t> owners;  ///< leaders of the experiments whose it may be
  };

  /// Looks once at what has fallen to the host; whether any of it was reaped.
  bool adopt_and_reap();
  [[nodiscard]] bool is_leader(pid_t pid) const;
  [[nodiscard]] std::vector<pid_t> find_owners(const ProcessFacts& facts) const;
  void adopt(pid_t pid);
  void note(pid_t leader, const std::vector<ProcessFacts>& processes);
  [[nodiscard]] std::vector<pid_t> adopted_of(pid_t leader) const;

  const pid_t own_session_;
  const OwnChildren own_children_;
  std::vector<Experiment> experiments_;
  std::unordered_map<pid_t, Adopted> adopted_;
  /// Seen below a leader. The start tells it from a later process of that number.
  std::unordered_map<pid_t, std::pair<ProcessId, pid_t>> seen_;
  std::unordered_set<pid_t> not_ours_;  ///< children of this process that are no experiment's
};

}  // namespace host
