// A plugin is a guest in its host's process: what all parts of that share isn't its to change.
#include "base/format.hpp"
#include "check_plugin/process_state.hpp"
#include "check_plugin/rehearsal.hpp"
#include "run/failure.hpp"

#include <algorithm>

namespace host {
namespace {

using study::ExperimentState;
using study::StudyOutcome;

/// How often a study is observed to see whether each leaves something open.
constexpr int kRounds = 3;
constexpr std::size_t kMostShown = 3;

/// Throws `CaseFailed` where `now` isn't as it was. `when` says since which call.
using Look = void (*)(const ProcessState& before, const ProcessState& now, std::string_view when);

/// A whole study, with a look after each kind of call.
void look_during_a_study(const CaseContext& context, Look look) {
  const auto look_after = [&](std::string_view call) {
    look(context.process_before, process_state(), call);
  };
  look_after("the loading of the library");
  Rehearsal rehearsal(context);
  look_after("create");
  rehearsal.start();
  look_after("on_study_start");
  const study::StudyManifest before = rehearsal.expected();
  for (const study::ManifestEntry& entry : before.experiments) {
    rehearsal.play(entry, ExperimentState::running);
    rehearsal.play(entry, ExperimentState::completed);
  }
  look_after("on_experiment_state");
  rehearsal.end(StudyOutcome::completed);
  look_after("on_study_end");
  rehearsal.observer().destroy();
  look_after("destroy");
}

void print_nothing(const CaseContext& context) {
  look_during_a_study(context, [](const auto&, const auto&, std::string_view) {});
}

void stay_in_the_directory(const CaseContext& context) {
  look_during_a_study(
      context, [](const ProcessState& before, const ProcessState& now, std::string_view when) {
        if (now.directory == before.directory) return;
        throw CaseFailed(study::format("after {} the working directory is {} in the place of {}",
                                       when, now.directory, before.directory));
      });
}

void keep_the_umask(const CaseContext& context) {
  look_during_a_study(
      context, [](const ProcessState& before, const ProcessState& now, std::string_view when) {
        if (now.umask == before.umask) return;
        throw CaseFailed(study::format("after {} the umask is {} in the place of {}", when,
                                       now.umask, before.umask));
      });
}

void leave_signals_alone(const CaseContext& context) {
  look_during_a_study(
      context, [](const ProcessState& before, const ProcessState& now, std::string_view when) {
        for (std::size_t i = 1; i < now.handlers.size(); ++i) {
          const int signal = static_cast<int>(i);
          // Either member of the union: it is the same pointer.
          if (now.handlers[i].sa_handler != before.handlers[i].sa_handler) {
            throw CaseFailed(
                study::format("after {} {} has another handler", when, signal_name(signal)));
          }
          if (::sigismember(&now.blocked, signal) != ::sigismember(&before.blocked, signal)) {
            throw CaseFailed(study::format("after {} {} is {}", when, signal_name(signal),
                                           ::sigismember(&now.blocked, signal) == 1
                                               ? "blocked in the host's thread"
                                               : "not blocked any more in the host's thread"));
          }
        }
      });
}

std::string list_of(const std::vector<OpenDescriptor>& descriptors) {
  std::string text;
  for (std::size_t i = 0; i < std::min(descriptors.size(), kMostShown); ++i) {
    text += (i == 0 ? "" : ", ") + descriptors[i].text();
  }
  return text + (descriptors.size() > kMostShown ? ", …" : "");
}

void observe_once(const CaseContext& context) {
  StartedRehearsal rehearsal(context);
  rehearsal.play_random(10);
  rehearsal.end(StudyOutcome::completed);
  rehearsal.observer().destroy();
}

/// What is opened once and kept for all observers is no leak.
void close_what_it_opens(const CaseContext& context) {
  observe_once(context);
  const ProcessState first = process_state();
  for (int round = 0; round < kRounds; ++round) observe_once(context);
  const auto left = process_state().opened_since(first);
  if (left.size() < kRounds) return;
  throw CaseFailed(
      study::format("{} observers have left open the descriptors {}", kRounds, list_of(left)));
}

/// Also those that it closes in time: a host starts its experiments meanwhile.
void keep_its_descriptors(const CaseContext& context) {
  look_during_a_study(context, [](const ProcessState& before, const ProcessState& now,
                                  std::string_view when) {
    std::vector<OpenDescriptor> inherited = now.opened_since(before);
    std::erase_if(inherited, [](const OpenDescriptor& one) { return one.closes_on_exec; });
    if (inherited.empty()) return;
    throw CaseFailed(study::format(
        "after {} a program that the host starts inherits the descriptors {}; open with O_CLOEXEC",
        when, list_of(inherited)));
  });
}

}  // namespace

std::vector<Case> process_cases() {
  constexpr std::string_view kGroup = "process";
  return {
      {kGroup, "it prints nothing to the host's stdout", &print_nothing, false, ChildEnd::silent},
      {kGroup, "it leaves the working directory as it is", &stay_in_the_directory},
      {kGroup, "it leaves the umask as it is", &keep_the_umask},
      {kGroup, "it leaves signal handlers and masks as they are", &leave_signals_alone},
      {kGroup, "it closes what it opens", &close_what_it_opens},
      {kGroup, "programs that the host starts inherit nothing of it", &keep_its_descriptors}};
}

}  // namespace host
