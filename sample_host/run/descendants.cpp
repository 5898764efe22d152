#include "run/descendants.hpp"

#include <algorithm>
#include <utility>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace host {

Descendants::Descendants() : own_session_(::getsid(0)) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  // A shell that becomes the host with exec leaves it the children that it had.
  for (const pid_t pid : own_children_.list()) not_ours_.insert(pid);
}

void Descendants::begin(pid_t leader, std::uint64_t mark, std::string run) {
  experiments_.push_back({leader, mark, std::move(run)});
}

void Descendants::end(pid_t leader) {
  std::erase_if(experiments_, [leader](const Experiment& one) { return one.leader == leader; });
  std::erase_if(seen_, [leader](const auto& entry) { return entry.second.second == leader; });
  for (auto& [pid, adopted] : adopted_) std::erase(adopted.owners, leader);
}

bool Descendants::is_leader(pid_t pid) const {
  return std::any_of(experiments_.begin(), experiments_.end(),
                     [pid](const Experiment& one) { return one.leader == pid; });
}

/// What one that is listed has started falls to the host when that ends, behind the list's end if
/// it ends meanwhile: whenever one was reaped, there may be more than was seen.
void Descendants::update() {
  while (adopt_and_reap()) {
  }
}

bool Descendants::adopt_and_reap() {
  bool is_any_reaped = false;
  const std::vector<pid_t> children = own_children_.list();
  for (const pid_t pid : children) {
    if (is_leader(pid) || not_ours_.contains(pid)) continue;
    if (!adopted_.contains(pid)) adopt(pid);
    // Only those that are known to have fallen to the host: a plugin waits for its own.
    if (adopted_.contains(pid) && ::waitpid(pid, nullptr, WNOHANG) == pid) {
      adopted_.erase(pid);
      is_any_reaped = true;
    }
  }
  std::erase_if(not_ours_, [&](pid_t pid) {
    return std::find(children.begin(), children.end(), pid) == children.end();
  });
  return is_any_reaped;
}

void Descendants::adopt(pid_t pid) {
  const auto facts = read_process(pid);
  // As the first process of a container the host is what everybody's orphans fall to.
  if (facts && facts->session == own_session_ && ::getpid() != 1) return;
  std::vector<pid_t> owners;
  if (facts) {
    owners = find_owners(*facts);
  } else {
    // Hidden (hidepid of proc(5)): may be anyone's.
    for (const Experiment& one : experiments_) owners.push_back(one.leader);
  }
  adopted_.emplace(pid, Adopted{std::move(owners)});
}

std::vector<pid_t> Descendants::find_owners(const ProcessFacts& facts) const {
  const std::uint64_t mark = process_mark(facts.id.pid);
  for (const Experiment& one : experiments_) {
    if (mark != 0 && one.mark == mark) return {one.leader};
  }
  const auto seen = seen_.find(facts.id.pid);
  if (seen != seen_.end() && seen->second.first == facts.id) return {seen->second.second};
  if (is_leader(facts.session)) return {facts.session};
  const std::string run = environment_value(facts.id.pid, kRunVariable);
  std::vector<pid_t> owners;
  for (const Experiment& one : experiments_) {
    if (one.run == run) return {one.leader};
    owners.push_back(one.leader);
  }
  return owners;
}

/// Those that have ended since are forgotten: a long experiment may start millions.
void Descendants::note(pid_t leader, const std::vector<ProcessFacts>& processes) {
  std::erase_if(seen_, [leader](const auto& entry) { return entry.second.second == leader; });
  for (const ProcessFacts& facts : processes) {
    seen_.insert_or_assign(facts.id.pid, std::pair(facts.id, leader));
  }
}

std::vector<pid_t> Descendants::adopted_of(pid_t leader) const {
  std::vector<pid_t> result;
  for (const auto& [pid, adopted] : adopted_) {
    if (adopted.owners == std::vector<pid_t>{leader}) result.push_back(pid);
  }
  return result;
}

std::vector<ProcessFacts> Descendants::left_by(pid_t leader) {
  while (true) {
    const std::vector<pid_t> roots = adopted_of(leader);
    if (roots.empty()) return {};
    std::vector<ProcessFacts> processes = with_descendants(roots);
    const bool are_all_there = std::all_of(roots.begin(), roots.end(), [&](pid_t root) {
      return std::any_of(processes.begin(), processes.end(),
                         [root](const ProcessFacts& facts) { return facts.id.pid == root; });
    });
    // Of one that has ended since it was adopted, the children have fallen to the host, too.
    if (!are_all_there && adopt_and_reap()) continue;
    note(leader, processes);
    return processes;
  }
}

std::vector<ProcessFacts> Descendants::of(pid_t leader) {
  std::vector<pid_t> roots = adopted_of(leader);
  roots.push_back(leader);
  std::vector<ProcessFacts> processes = with_descendants(roots);
  note(leader, processes);
  std::erase_if(processes, [leader](const auto& facts) { return facts.id.pid == leader; });
  return processes;
}

void Descendants::observe() {
  update();
  for (const Experiment& one : experiments_) static_cast<void>(of(one.leader));
}

}  // namespace host
