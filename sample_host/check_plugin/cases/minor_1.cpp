// What plugins of minor version 1 have to keep by themselves, whatever host calls them: threads,
// forks, studies that grow, and that a new study replaces none.
#include "base/format.hpp"
#include "boundary/abi_text.hpp"
#include "check_plugin/rehearsal.hpp"

#include <study/posix.hpp>
#include <study/study_plan.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace host {
namespace {

using study::ExperimentState;
using study::StudyOutcome;

constexpr int kThreads = 4;
constexpr unsigned kChildPatienceSeconds = 3;

/// What a forked child finds, as its exit code.
enum ChildVerdict { kRefused = 0, kTaken = 1, kSilent = 2 };

void need_minor_1(const CaseContext& context) {
  if (context.plugin.table().abi_minor >= 1) return;
  throw CaseSkipped("it is of version 1.0 of the interface, which leaves this to the host");
}

/// A call without the care that `PluginObserver` takes, which is for one thread alone.
std::int32_t tell(const CaseContext& context, void* observer, const SampleEvent& event,
                  std::string& message) {
  std::array<char, 512> bytes{};
  study_error error{sizeof error, bytes.data(), bytes.size(), 0};
  study_experiment_event crossing{};
  crossing.struct_size = sizeof crossing;
  crossing.state = static_cast<std::int32_t>(event.state);
  crossing.cycle = event.cycle;
  crossing.time_us = event.time.time_since_epoch().count();
  crossing.config_hash = study::to_abi(event.config_hash);
  crossing.result_file = study::to_abi(event.result_file);
  const std::int32_t status =
      context.plugin.table().on_experiment_state(observer, &crossing, &error);
  message.assign(bytes.data(), std::min(error.size, bytes.size()));
  return status;
}

void take_calls_at_once(const CaseContext& context) {
  need_minor_1(context);
  StartedRehearsal rehearsal(context);
  const auto entries = rehearsal.expected().experiments;
  std::vector<std::vector<SampleEvent>> events(kThreads);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    for (const auto state : {ExperimentState::running, ExperimentState::completed}) {
      events[i % kThreads].push_back(rehearsal.next(entries[i], state));
    }
  }
  context.step("on_experiment_state from several threads at once");
  std::atomic<int> waiting{kThreads};
  std::vector<std::string> failures(kThreads);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      --waiting;
      while (waiting > 0) std::this_thread::yield();
      const auto own = static_cast<std::size_t>(t);
      for (const SampleEvent& event : events[own]) {
        std::string message;
        const std::int32_t status = tell(context, rehearsal.observer().handle(), event, message);
        if (status != STUDY_OK) failures[own] = study::format("status {}: {}", status, message);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  context.step("");
  for (const std::string& failure : failures) {
    if (!failure.empty()) throw CaseFailed("on_experiment_state failed with " + failure);
  }
  for (const auto& own : events) {
    for (const SampleEvent& event : own) rehearsal.note(event);
  }
  rehearsal.check_if_kept("after calls from several threads at once");
  rehearsal.end(StudyOutcome::completed);
  rehearsal.check_if_kept("after calls from several threads at once");
}

/// In the child: the call, and the observer's end.
[[noreturn]] void try_in_child(const CaseContext& context, void* observer,
                               const SampleEvent& event) {
  ::signal(SIGALRM, SIG_DFL);
  ::alarm(kChildPatienceSeconds);
  std::string message;
  const std::int32_t status = tell(context, observer, event, message);
  context.plugin.table().destroy(observer);
  ::_exit(status == STUDY_OK ? kTaken : message.empty() ? kSilent : kRefused);
}

void refuse_in_children(const CaseContext& context) {
  need_minor_1(context);
  StartedRehearsal rehearsal(context);
  rehearsal.play_random(10);
  const SampleEvent event =
      random_event(rehearsal.random(), rehearsal.expected(), rehearsal.next_moment());
  context.step("a call in a forked child");
  const pid_t child = ::fork();
  if (child < 0) throw CaseSkipped("no process can be forked here");
  if (child == 0) try_in_child(context, rehearsal.observer().handle(), event);
  int status = 0;
  study::retry_if_interrupted([&] { return ::waitpid(child, &status, 0); });
  context.step("");
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
    throw CaseFailed("it hangs in a forked child");
  }
  if (WIFSIGNALED(status)) {
    throw CaseFailed(study::format("a forked child died of signal {}", WTERMSIG(status)));
  }
  if (WEXITSTATUS(status) == kTaken) {
    throw CaseFailed("it takes events in a forked child, where its files are the parent's");
  }
  if (WEXITSTATUS(status) == kSilent)
    throw CaseFailed("it fails in a forked child without a message");
  rehearsal.check_if_kept("after a forked child's end");
  rehearsal.play_random(10);
  rehearsal.check_if_kept("after a forked child's end");
  rehearsal.end(StudyOutcome::completed);
  rehearsal.check_if_kept("after a forked child's end");
}

study::Experiment new_experiment(int number) {
  study::Experiment experiment;
  experiment.config["model"] = "added";
  experiment.config["number"] = number;
  return experiment;
}

void take_more_experiments(const CaseContext& context) {
  need_minor_1(context);
  const study_observer_plugin& table = context.plugin.table();
  if (!study::covers(table, &study_observer_plugin::on_experiments_added) ||
      table.on_experiments_added == nullptr) {
    throw CaseSkipped("it takes no experiments after the start");
  }
  StartedRehearsal rehearsal(context);
  rehearsal.play_random(5);
  for (int number = 0; number < 3; ++number) {
    rehearsal.add(new_experiment(number));
    rehearsal.check_if_kept("after an experiment was added");
    rehearsal.play_random(4);
    rehearsal.check_if_kept("with added experiments");
  }
  rehearsal.add(new_experiment(0));  // which it has
  rehearsal.check_if_kept("after an experiment came that it has");
  rehearsal.end(StudyOutcome::completed);
  rehearsal.check_if_kept("after a study that has grown");
}

void replace_no_study(const CaseContext& context) {
  need_minor_1(context);
  Rehearsal rehearsal(context);
  rehearsal.start();
  rehearsal.play_random(10);
  rehearsal.check("before another study in its directory");
  rehearsal.stop(StudyOutcome::interrupted);
  PluginObserver other(context);
  other.create();
  const StudyOnDisk& study = rehearsal.study();
  if (other.start(study.config, study.study_dir, rehearsal.next_moment()).ok()) {
    throw CaseFailed("it begins a new study over the one that it keeps in the same directory");
  }
  rehearsal.check_if_kept("after a new study in its directory was refused");
}

}  // namespace

std::vector<Case> minor_1_cases() {
  return {{"threads", "several threads may call it at once", &take_calls_at_once},
          {"forks", "in a forked child it refuses, and harms nothing", &refuse_in_children},
          {"growth", "experiments may be added", &take_more_experiments},
          {"growth", "a new study replaces none", &replace_no_study}};
}

}  // namespace host
