// Observers from create to destroy, as a host leads them: in the order of things, from several
// threads, and in which time.
#include "base/format.hpp"
#include "check_plugin/rehearsal.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <thread>
#include <vector>

namespace host {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;
using study::ExperimentState;
using study::StudyOutcome;

constexpr int kTimedTransitions = 200;
constexpr std::chrono::seconds kLongEnough{1};

void run_a_whole_study(const CaseContext& context) {
  StartedRehearsal rehearsal(context);
  const study::StudyManifest before = rehearsal.expected();
  for (const study::ManifestEntry& entry : before.experiments) {
    rehearsal.play(entry, ExperimentState::running);
    rehearsal.play(entry, ExperimentState::completed);
  }
  rehearsal.end(StudyOutcome::completed);
  rehearsal.observer().destroy();
}

/// Whether it is the right one is for others to find out, which rely on this.
void give_a_manifest_or_none(const CaseContext& context) {
  if (context.plugin.table().read_checkpoint == nullptr) return;
  StartedRehearsal rehearsal(context);
  const study::ManifestEntry entry = rehearsal.expected().experiments.front();
  rehearsal.play(entry, ExperimentState::running);
  PluginObserver reader(context);
  reader.create();
  const study::CheckpointQuery query{rehearsal.study().study_dir, {}, context.results_dir};
  static_cast<void>(reader.read(query));
  rehearsal.end(StudyOutcome::completed);
}

void run_an_interrupted_study(const CaseContext& context) {
  StartedRehearsal rehearsal(context);
  const study::StudyManifest before = rehearsal.expected();
  for (std::size_t i = 0; i < 3; ++i) {
    rehearsal.play(before.experiments[i], ExperimentState::running);
  }
  rehearsal.stop(StudyOutcome::interrupted);
  rehearsal.observer().destroy();
}

void run_a_study_with_failures(const CaseContext& context) {
  StartedRehearsal rehearsal(context);
  const study::StudyManifest before = rehearsal.expected();
  for (const ExperimentState state :
       {ExperimentState::failed, ExperimentState::running, ExperimentState::failed,
        ExperimentState::running, ExperimentState::completed}) {
    rehearsal.play(before.experiments.front(), state);
  }
  rehearsal.end(StudyOutcome::failed);
  rehearsal.observer().destroy();
}

void resume_a_study(const CaseContext& context) {
  StudyOnDisk study = make_study(context);
  ReferenceTable table(sample_manifest(study.config, moment(0)));
  const study::ManifestEntry first = table.manifest().experiments.front();
  table.apply(sample_event(first, ExperimentState::running, moment(1)).view());
  table.apply(sample_event(first, ExperimentState::completed, moment(2)).view());
  const study::StudyManifest resume_from = state_to_resume(table.manifest());
  Rehearsal rehearsal(context, std::move(study));
  rehearsal.start(&resume_from);
  rehearsal.play_random(20);
  rehearsal.end(StudyOutcome::completed);
}

void destroy_before_the_end(const CaseContext& context) {
  StartedRehearsal started(context);
  started.observer().destroy();
  StartedRehearsal running(context);
  running.play_random(10);
  running.observer().destroy();
}

/// Their studies go on in turn; they end and are destroyed in another order than they began.
void keep_observers_apart(const CaseContext& context) {
  std::vector<std::unique_ptr<Rehearsal>> rehearsals(3);
  for (auto& rehearsal : rehearsals) rehearsal = std::make_unique<Rehearsal>(context);
  for (const auto& rehearsal : rehearsals) rehearsal->start();
  for (int i = 0; i < 8; ++i) {
    for (const auto& rehearsal : rehearsals) rehearsal->play_random(1 + i % 2);
  }
  for (const std::size_t i : {1U, 2U, 0U}) {
    rehearsals[i]->check_if_kept("with three studies at once");
    rehearsals[i]->end(StudyOutcome::completed);
    rehearsals[i]->observer().destroy();
  }
  for (const auto& rehearsal : rehearsals) {
    rehearsal->check_if_kept("after three studies at once");
  }
}

void take_calls_from_any_thread(const CaseContext& context) {
  StartedRehearsal rehearsal(context, {.other_threads = true});
  rehearsal.play_random(40);
  rehearsal.check_if_kept("after calls from changing threads");
  rehearsal.end(StudyOutcome::completed);
  rehearsal.check_if_kept("after calls from changing threads");
  rehearsal.observer().destroy();
}

void play_alone(const CaseContext& context, StudyOnDisk study) {
  Rehearsal rehearsal(context, std::move(study));
  rehearsal.start();
  rehearsal.play_random(40);
  rehearsal.end(StudyOutcome::completed);
  rehearsal.check_if_kept("beside another study in another thread");
}

/// [serial] is said of one observer: two have nothing to do with each other.
void work_at_the_same_time(const CaseContext& context) {
  // Their calls overlap, so that no single one is the present step.
  CaseContext quiet = context;
  quiet.step = [](std::string_view) {};
  context.step("two observers at once");
  std::vector<StudyOnDisk> studies{make_study(context), make_study(context)};
  std::vector<std::exception_ptr> failures(studies.size());
  std::vector<std::thread> threads;
  threads.reserve(studies.size());
  for (std::size_t i = 0; i < studies.size(); ++i) {
    threads.emplace_back([&, i] {
      try {
        play_alone(quiet, std::move(studies[i]));
      } catch (...) {
        failures[i] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

std::string text_of(nanoseconds duration) {
  const auto whole = std::chrono::duration_cast<microseconds>(duration).count();
  if (whole < 10'000) return std::to_string(whole) + " us";
  return std::to_string(whole / 1000) + " ms";
}

/// Judged by the median, which one hiccup of the machine doesn't move.
void be_quick(const CaseContext& context) {
  StartedRehearsal rehearsal(context);
  const study::ManifestEntry entry = rehearsal.expected().experiments.front();
  std::vector<nanoseconds> durations;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kTimedTransitions && std::chrono::steady_clock::now() - begin < kLongEnough;
       ++i) {
    const auto state = i % 2 == 0 ? ExperimentState::running : ExperimentState::failed;
    const Answer answer = rehearsal.offer(entry, state);
    answer.expect_ok();
    durations.push_back(answer.duration);
  }
  rehearsal.end(StudyOutcome::completed);
  std::sort(durations.begin(), durations.end());
  const nanoseconds median = durations[durations.size() / 2];
  if (median > context.slow_limit) {
    throw CaseFailed(
        study::format("a transition takes {}, more than {}, and the study waits for it",
                      text_of(median), text_of(context.slow_limit)));
  }
  context.remark(study::format("a transition takes {}, the longest took {}", text_of(median),
                               text_of(durations.back())));
}

}  // namespace

std::vector<Case> lifecycle_cases() {
  constexpr std::string_view kGroup = "lifecycle";
  return {{kGroup, "it observes a whole study", &run_a_whole_study, true},
          {kGroup, "asked for its checkpoint, it gives one manifest or none",
           &give_a_manifest_or_none, true},
          {kGroup, "it observes an interrupted study", &run_an_interrupted_study},
          {kGroup, "it observes a study with failures", &run_a_study_with_failures},
          {kGroup, "it observes a resumed study", &resume_a_study},
          {kGroup, "it can be destroyed before the end", &destroy_before_the_end},
          {kGroup, "several of its observers live side by side", &keep_observers_apart},
          {kGroup, "the host ends normally after it", &run_a_whole_study, false, ChildEnd::normal}};
}

std::vector<Case> thread_cases() {
  constexpr std::string_view kGroup = "threads";
  return {{kGroup, "each call may come from another thread", &take_calls_from_any_thread},
          {kGroup, "two observers may work at the same time", &work_at_the_same_time}};
}

std::vector<Case> speed_cases() {
  return {{"speed", "the study hardly waits for it", &be_quick}};
}

}  // namespace host
