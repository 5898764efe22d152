// Observers from create to destroy, as a host leads them: in the order of things, with stores that
// can't be reached, from several threads, with what they say to their host, and in which time.
#include "base/format.hpp"
#include "check_plugin/rehearsal.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace host {
namespace {

namespace fs = std::filesystem;
using std::chrono::microseconds;
using std::chrono::nanoseconds;
using study::ExperimentState;
using study::StudyOutcome;

void run_a_whole_study(const CaseContext& context) {
  Rehearsal rehearsal(context);
  rehearsal.start();
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
  Rehearsal rehearsal(context);
  rehearsal.start();
  const study::ManifestEntry entry = rehearsal.expected().experiments.front();
  rehearsal.play(entry, ExperimentState::running);
  PluginObserver reader(context);
  reader.create();
  const study::CheckpointQuery query{rehearsal.study().study_dir, {}, context.results_dir};
  static_cast<void>(reader.read(query));
  rehearsal.end(StudyOutcome::completed);
}

void run_an_interrupted_study(const CaseContext& context) {
  Rehearsal rehearsal(context);
  rehearsal.start();
  const study::StudyManifest before = rehearsal.expected();
  for (std::size_t i = 0; i < 3; ++i) {
    rehearsal.play(before.experiments[i], ExperimentState::running);
  }
  rehearsal.stop_running();
  rehearsal.end(StudyOutcome::interrupted);
  rehearsal.observer().destroy();
}

void run_a_study_with_failures(const CaseContext& context) {
  Rehearsal rehearsal(context);
  rehearsal.start();
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
  Rehearsal started(context);
  started.start();
  started.observer().destroy();
  Rehearsal running(context);
  running.start();
  running.play_random(10);
  running.observer().destroy();
}

/// Their studies go on in turn; they end and are destroyed in another order than they began.
void keep_observers_apart(const CaseContext& context) {
  std::vector<std::unique_ptr<Rehearsal>> rehearsals;
  for (int i = 0; i < 3; ++i) {
    rehearsals.push_back(std::make_unique<Rehearsal>(context));
  }
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

/// After a start that has failed only destroy follows. That one which needs no directory starts is
/// fine.
bool starts_in(const CaseContext& context, const StudyOnDisk& study) {
  PluginObserver observer(context);
  observer.create();
  const Answer answer = observer.start(study.config, study.study_dir, moment(0));
  if (answer.ok()) observer.end(StudyOutcome::failed, moment(1)).expect_ok();
  observer.destroy();
  return answer.ok();
}

void start_where_nothing_is(const CaseContext& context) {
  const StudyOnDisk study = make_study(context);
  fs::remove(study.study_dir);
  if (starts_in(context, study)) context.remark("it starts all the same");
}

void start_in_a_file(const CaseContext& context) {
  const StudyOnDisk study = make_study(context);
  fs::remove(study.study_dir);
  std::ofstream(study.study_dir) << "not a directory";
  starts_in(context, study);
}

/// What can't be stored may be an error each time, or be logged and made up for; the study goes on.
void lose_the_directory(const CaseContext& context) {
  Rehearsal rehearsal(context);
  rehearsal.start();
  rehearsal.play_random(5);
  const fs::path away = rehearsal.study().study_dir.string() + "-away";
  fs::rename(rehearsal.study().study_dir, away);
  for (int i = 0; i < 5; ++i) {
    static_cast<void>(rehearsal.offer(
        random_event(rehearsal.random(), rehearsal.expected(), rehearsal.next_moment())));
  }
  static_cast<void>(rehearsal.observer().end(StudyOutcome::interrupted, rehearsal.next_moment()));
  rehearsal.observer().destroy();
}

/// Messages into buffers of any size, also none.
void fit_the_buffer(const CaseContext& context) {
  StudyOnDisk study = make_study(context);
  fs::remove(study.study_dir);
  for (const std::size_t capacity : {0U, 1U, 2U, 3U, 5U, 16U, 100'000U}) {
    CallStyle style;
    style.message_capacity = capacity;
    PluginObserver unmade(context, style);
    static_cast<void>(unmade.create("{\"no_such_option_of_any_plugin\": 1}"));
    static_cast<void>(unmade.create("{"));
    PluginObserver observer(context, style);
    observer.create();
    const Answer answer = observer.start(study.config, study.study_dir, moment(0));
    if (!answer.ok()) continue;
    study_experiment_event event{sizeof event, 1234, 1, 0, {}, {}, {}, {}};
    static_cast<void>(observer.experiment(event));
    observer.end(StudyOutcome::failed, moment(1)).expect_ok();
  }
}

void take_calls_from_any_thread(const CaseContext& context) {
  CallStyle style;
  style.other_threads = true;
  Rehearsal rehearsal(context, style);
  rehearsal.start();
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

/// A thread that has not been joined says something within a moment, or hardly ever.
constexpr std::chrono::milliseconds kMoment{20};

void log_text(const CaseContext& context) {
  Rehearsal rehearsal(context);
  rehearsal.observer().host().check();
  rehearsal.start();
  rehearsal.play_random(5);
  const study::ManifestEntry entry = rehearsal.expected().experiments.back();
  static_cast<void>(rehearsal.offer(entry, ExperimentState::completed));
  rehearsal.end(StudyOutcome::completed);
  rehearsal.observer().destroy();
  rehearsal.observer().host().check();
  const std::size_t messages = rehearsal.observer().host().messages();
  context.remark(study::format("{} message{}", messages, messages == 1 ? "" : "s"));
}

/// The first observer's host must not hear of what the second one does.
void log_in_time(const CaseContext& context) {
  Rehearsal first(context);
  first.start();
  first.play_random(3);
  first.end(StudyOutcome::completed);
  first.observer().destroy();
  Rehearsal second(context);
  second.start();
  second.play_random(3);
  second.observer().destroy();
  std::this_thread::sleep_for(kMoment);
  first.observer().host().check();
  second.observer().host().check();
}

constexpr int kTransitions = 200;
constexpr std::chrono::seconds kLongEnough{1};

std::string text_of(nanoseconds duration) {
  const auto whole = std::chrono::duration_cast<microseconds>(duration).count();
  if (whole < 10'000) return std::to_string(whole) + " us";
  return std::to_string(whole / 1000) + " ms";
}

/// Judged by the median, which one hiccup of the machine doesn't move.
void be_quick(const CaseContext& context) {
  Rehearsal rehearsal(context);
  rehearsal.start();
  const study::ManifestEntry entry = rehearsal.expected().experiments.front();
  std::vector<nanoseconds> durations;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kTransitions && std::chrono::steady_clock::now() - begin < kLongEnough; ++i) {
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
          {kGroup, "the host ends normally after it", &run_a_whole_study, false,
           /*ends_normally=*/true}};
}

std::vector<Case> failure_cases() {
  constexpr std::string_view kGroup = "failures";
  return {{kGroup, "a missing study directory is refused with a reason, or not needed",
           &start_where_nothing_is},
          {kGroup, "a study directory that is a file is refused with a reason, or not needed",
           &start_in_a_file},
          {kGroup, "it survives that the study directory goes away", &lose_the_directory},
          {kGroup, "its messages fit the caller's buffer", &fit_the_buffer}};
}

std::vector<Case> thread_cases() {
  constexpr std::string_view kGroup = "threads";
  return {{kGroup, "each call may come from another thread", &take_calls_from_any_thread},
          {kGroup, "two observers may work at the same time", &work_at_the_same_time}};
}

std::vector<Case> log_cases() {
  constexpr std::string_view kGroup = "log";
  return {{kGroup, "it logs text, with a severity that exists", &log_text},
          {kGroup, "it logs nothing after destroy", &log_in_time}};
}

std::vector<Case> speed_cases() {
  return {{"speed", "the study hardly waits for it", &be_quick}};
}

}  // namespace host
