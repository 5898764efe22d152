// Observers from create to destroy, as a host leads them: in the order of things, with stores that
// can't be reached, from several threads, with what they say to their host, and in which time.
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

using study::ExperimentState;
using study::StudyOutcome;

std::string run_a_whole_study(const CaseContext& context) {
  Rehearsal rehearsal(context);
  rehearsal.start();
  const study::StudyManifest before = rehearsal.expected();
  for (const study::ManifestEntry& entry : before.experiments) {
    rehearsal.play(sample_event(entry, ExperimentState::running, rehearsal.next_moment()));
    rehearsal.play(sample_event(entry, ExperimentState::completed, rehearsal.next_moment()));
  }
  rehearsal.end(StudyOutcome::completed);
  rehearsal.observer().destroy();
  return {};
}

/// Whether it is the right one is for others to find out, which rely on this.
std::string give_a_manifest_or_none(const CaseContext& context) {
  if (context.plugin.table().read_checkpoint == nullptr) return {};
  Rehearsal rehearsal(context);
  rehearsal.start();
  const study::ManifestEntry entry = rehearsal.expected().experiments.front();
  rehearsal.play(sample_event(entry, ExperimentState::running, rehearsal.next_moment()));
  PluginObserver reader(context);
  reader.create();
  const study::CheckpointQuery query{rehearsal.study().study_dir, {}, context.results_dir};
  static_cast<void>(reader.read(query));
  rehearsal.end(StudyOutcome::completed);
  return {};
}

std::string run_an_interrupted_study(const CaseContext& context) {
  Rehearsal rehearsal(context);
  rehearsal.start();
  const study::StudyManifest before = rehearsal.expected();
  for (std::size_t i = 0; i < 3; ++i) {
    rehearsal.play(
        sample_event(before.experiments[i], ExperimentState::running, rehearsal.next_moment()));
  }
  rehearsal.stop_running();
  rehearsal.end(StudyOutcome::interrupted);
  rehearsal.observer().destroy();
  return {};
}

std::string run_a_study_with_failures(const CaseContext& context) {
  Rehearsal rehearsal(context);
  rehearsal.start();
  const study::StudyManifest before = rehearsal.expected();
  for (const ExperimentState state :
       {ExperimentState::failed, ExperimentState::running, ExperimentState::failed,
        ExperimentState::running, ExperimentState::completed}) {
    rehearsal.play(sample_event(before.experiments.front(), state, rehearsal.next_moment()));
  }
  rehearsal.end(StudyOutcome::failed);
  rehearsal.observer().destroy();
  return {};
}

std::string resume_a_study(const CaseContext& context) {
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
  return {};
}

std::string destroy_before_the_end(const CaseContext& context) {
  Rehearsal started(context);
  started.start();
  started.observer().destroy();
  Rehearsal running(context);
  running.start();
  running.play_random(10);
  running.observer().destroy();
  return {};
}

/// Their studies go on in turn; they end and are destroyed in another order than they began.
std::string keep_observers_apart(const CaseContext& context) {
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
  return {};
}

namespace fs = std::filesystem;
using study::StudyOutcome;

/// After a start that has failed only destroy follows. That one which needs no directory starts is
/// fine.
std::string start_where_nothing_is(const CaseContext& context) {
  StudyOnDisk study = make_study(context);
  fs::remove(study.study_dir);
  PluginObserver observer(context);
  observer.create();
  const Answer answer = observer.start(study.config, study.study_dir, moment(0));
  if (answer.ok()) observer.end(StudyOutcome::failed, moment(1)).expect_ok();
  observer.destroy();
  return answer.ok() ? "it starts all the same" : "";
}

std::string start_in_a_file(const CaseContext& context) {
  const StudyOnDisk study = make_study(context);
  fs::remove(study.study_dir);
  std::ofstream(study.study_dir) << "not a directory";
  PluginObserver observer(context);
  observer.create();
  const Answer answer = observer.start(study.config, study.study_dir, moment(0));
  if (answer.ok()) observer.end(StudyOutcome::failed, moment(1)).expect_ok();
  return {};
}

/// What can't be stored may be an error each time, or be logged and made up for; the study goes on.
std::string lose_the_directory(const CaseContext& context) {
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
  return {};
}

/// Messages into buffers of any size, also none.
std::string fit_the_buffer(const CaseContext& context) {
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
  return {};
}

using study::StudyOutcome;

std::string take_calls_from_any_thread(const CaseContext& context) {
  CallStyle style;
  style.other_threads = true;
  Rehearsal rehearsal(context, style);
  rehearsal.start();
  rehearsal.play_random(40);
  rehearsal.check_if_kept("after calls from changing threads");
  rehearsal.end(StudyOutcome::completed);
  rehearsal.check_if_kept("after calls from changing threads");
  rehearsal.observer().destroy();
  return {};
}

void play_alone(const CaseContext& context, StudyOnDisk study) {
  Rehearsal rehearsal(context, std::move(study));
  rehearsal.start();
  rehearsal.play_random(40);
  rehearsal.end(StudyOutcome::completed);
  rehearsal.check_if_kept("beside another study in another thread");
}

/// [serial] is said of one observer: two have nothing to do with each other.
std::string work_at_the_same_time(const CaseContext& context) {
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
  return {};
}

using study::ExperimentState;
using study::StudyOutcome;

/// A thread that has not been joined says something within a moment, or hardly ever.
constexpr std::chrono::milliseconds kMoment{20};

void check_book(const RecordingHost& book) {
  if (const std::string objection = book.objection(); !objection.empty()) {
    throw CaseFailed(objection);
  }
}

std::string log_text(const CaseContext& context) {
  Rehearsal rehearsal(context);
  check_book(rehearsal.observer().book());
  rehearsal.start();
  rehearsal.play_random(5);
  const study::ManifestEntry entry = rehearsal.expected().experiments.back();
  static_cast<void>(
      rehearsal.offer(sample_event(entry, ExperimentState::completed, rehearsal.next_moment())));
  rehearsal.end(StudyOutcome::completed);
  rehearsal.observer().destroy();
  const RecordingHost& book = rehearsal.observer().book();
  check_book(book);
  return std::to_string(book.messages()) + (book.messages() == 1 ? " message" : " messages");
}

/// The first observer's host must not hear of what the second one does.
std::string log_in_time(const CaseContext& context) {
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
  check_book(first.observer().book());
  check_book(second.observer().book());
  return {};
}

using std::chrono::microseconds;
using std::chrono::nanoseconds;

constexpr int kTransitions = 200;
constexpr std::chrono::seconds kLongEnough{1};

std::string text_of(nanoseconds duration) {
  const auto whole = std::chrono::duration_cast<microseconds>(duration).count();
  if (whole < 10'000) return std::to_string(whole) + " us";
  return std::to_string(whole / 1000) + " ms";
}

/// Judged by the median, which one hiccup of the machine doesn't move.
std::string be_quick(const CaseContext& context) {
  Rehearsal rehearsal(context);
  rehearsal.start();
  const study::ManifestEntry entry = rehearsal.expected().experiments.front();
  std::vector<nanoseconds> durations;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kTransitions && std::chrono::steady_clock::now() - begin < kLongEnough; ++i) {
    const auto state =
        i % 2 == 0 ? study::ExperimentState::running : study::ExperimentState::failed;
    const Answer answer = rehearsal.offer(sample_event(entry, state, rehearsal.next_moment()));
    answer.expect_ok();
    durations.push_back(answer.duration);
  }
  rehearsal.end(study::StudyOutcome::completed);
  std::sort(durations.begin(), durations.end());
  const nanoseconds median = durations[durations.size() / 2];
  if (median > context.slow_limit) {
    throw CaseFailed("a transition takes " + text_of(median) + ", more than " +
                     text_of(context.slow_limit) + ", and the study waits for it");
  }
  return "a transition takes " + text_of(median) + ", the longest took " +
         text_of(durations.back());
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
