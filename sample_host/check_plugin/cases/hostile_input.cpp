// What a plugin must survive: events and structs that a host should not send, or that only a later
// host sends, and stores that can't be reached.
#include "base/format.hpp"
#include "check_plugin/rehearsal.hpp"

#include <fstream>
#include <limits>

namespace host {
namespace {

namespace fs = std::filesystem;
using study::ExperimentState;
using study::StudyOutcome;

constexpr ExperimentState kStates[] = {ExperimentState::pending, ExperimentState::running,
                                       ExperimentState::completed, ExperimentState::failed};

std::int64_t time_us(std::int64_t microseconds) {
  return moment(microseconds).time_since_epoch().count();
}

study_string lent(std::string_view text) {
  return {text.data(), text.size()};
}

/// What no `study::ExperimentEvent` can say. Valid as long as `entry`.
study_experiment_event raw_event(const study::ManifestEntry& entry, std::int32_t state,
                                 std::int64_t time) {
  return {sizeof(study_experiment_event), state, entry.cycle, time,
          lent(entry.config_hash),        {},    {},          {}};
}

study_start_event raw_start(std::string_view study_dir, std::string_view config,
                            std::string_view resume_from) {
  return {sizeof(study_start_event), time_us(0), lent(study_dir), lent(config), lent(resume_from)};
}

/// Every state after every state, each twice: what is illegal changes nothing, refused or not.
void ignore_illegal_transitions(const CaseContext& context) {
  StartedRehearsal rehearsal(context);
  const study::StudyManifest before = rehearsal.expected();
  std::size_t entry = 0;
  for (const ExperimentState first : kStates) {
    for (const ExperimentState second : kStates) {
      const study::ManifestEntry& one = before.experiments[entry++ % before.experiments.size()];
      for (const ExperimentState state : {first, second, second}) {
        static_cast<void>(rehearsal.offer(one, state));
      }
      rehearsal.check_if_kept(study::format("after {}, {} and {} once more", to_string(first),
                                            to_string(second), to_string(second)));
    }
  }
  rehearsal.end(StudyOutcome::completed);
  rehearsal.check_if_kept("at the end");
}

void ignore_unknown_experiments(const CaseContext& context) {
  StartedRehearsal rehearsal(context);
  const study::ManifestEntry known = rehearsal.expected().experiments.front();
  rehearsal.play(known, ExperimentState::running);
  for (const std::int32_t cycle : {0, -1, 3, std::numeric_limits<std::int32_t>::max(),
                                   std::numeric_limits<std::int32_t>::min()}) {
    SampleEvent event = rehearsal.next(known, ExperimentState::completed);
    event.cycle = cycle;
    static_cast<void>(rehearsal.offer(event));
  }
  for (const char* hash : {"", "ffffffffffffffff", "../../etc/passwd", "x'; --"}) {
    SampleEvent event = rehearsal.next(known, ExperimentState::completed);
    event.config_hash = hash;
    static_cast<void>(rehearsal.offer(event));
  }
  rehearsal.check_if_kept("after events of unknown experiments");
  rehearsal.end(StudyOutcome::completed);
}

void survive_unknown_numbers(const CaseContext& context) {
  StartedRehearsal rehearsal(context);
  rehearsal.play_random(3);
  const study::ManifestEntry entry = rehearsal.expected().experiments.back();
  for (const std::int32_t state : {4, -1, 1000, std::numeric_limits<std::int32_t>::min()}) {
    const study_experiment_event event = raw_event(entry, state, time_us(1));
    static_cast<void>(rehearsal.observer().experiment(event));
  }
  rehearsal.check_if_kept("after states that don't exist");
  for (const std::int32_t outcome : {3, -1, std::numeric_limits<std::int32_t>::max()}) {
    // One of them may end the study, so each observer gets but one.
    StartedRehearsal other(context);
    const study_end_event event{sizeof event, outcome, time_us(1)};
    static_cast<void>(other.observer().end(event));
  }
}

/// Years that no calendar has.
void survive_impossible_times(const CaseContext& context) {
  for (const std::int64_t time : {std::numeric_limits<std::int64_t>::min(),
                                  std::numeric_limits<std::int64_t>::max(), std::int64_t{0}}) {
    StartedRehearsal rehearsal(context);
    const study::ManifestEntry entry = rehearsal.expected().experiments.front();
    const study_experiment_event event = raw_event(entry, STUDY_RUNNING, time);
    static_cast<void>(rehearsal.observer().experiment(event));
    static_cast<void>(rehearsal.observer().end(study_end_event{sizeof(study_end_event), 0, time}));
  }
}

void survive_rubbish_at_the_start(const CaseContext& context) {
  const StudyOnDisk study = make_study(context);
  const std::string study_dir = study.study_dir.string();
  for (const std::string_view text : {"", "{", "[]", "{\"study_name\": 1}", "\xff",
                                      "{\"study_name\": \"x\", \"experiments\": []}"}) {
    for (const bool as_config : {true, false}) {
      const std::string config = study::to_json(study.config);
      const std::string_view given = as_config ? text : std::string_view(config);
      const std::string_view resume = as_config ? std::string_view() : text;
      PluginObserver observer(context);
      observer.create();
      static_cast<void>(observer.start(raw_start(study_dir, given, resume)));
    }
  }
}

/// As a host of a later minor version calls it, whose structs have grown.
void accept_larger_structs(const CaseContext& context) {
  CallStyle style;
  style.tail = std::string("\xA5\xA5\xA5\xA5\xA5\xA5\xA5\xA5\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 16);
  StartedRehearsal rehearsal(context, style);
  rehearsal.play_random(10);
  rehearsal.check_if_kept("with structs that are larger than it knows");
  rehearsal.end(StudyOutcome::completed);
}

/// No host does it: the members are all there, only the size says that they aren't.
void survive_smaller_structs(const CaseContext& context) {
  const StudyOnDisk study = make_study(context);
  const std::string study_dir = study.study_dir.string();
  const std::string config = study::to_json(study.config);
  study_start_event start = raw_start(study_dir, config, {});
  start.struct_size = 4;
  {
    PluginObserver observer(context);
    observer.create();
    static_cast<void>(observer.start(start));
  }
  StartedRehearsal rehearsal(context);
  const study::ManifestEntry entry = rehearsal.expected().experiments.front();
  study_experiment_event event = raw_event(entry, STUDY_RUNNING, time_us(1));
  event.struct_size = 4;
  static_cast<void>(rehearsal.observer().experiment(event));
  static_cast<void>(rehearsal.observer().end(study_end_event{4, 0, 0}));
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
  StartedRehearsal rehearsal(context);
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
    const CallStyle style{.message_capacity = capacity};
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

}  // namespace

std::vector<Case> hostile_cases() {
  constexpr std::string_view kGroup = "hostile input";
  return {{kGroup, "illegal and repeated transitions change nothing", &ignore_illegal_transitions},
          {kGroup, "events of unknown experiments change nothing", &ignore_unknown_experiments},
          {kGroup, "it survives states and outcomes that don't exist", &survive_unknown_numbers},
          {kGroup, "it survives times that don't exist", &survive_impossible_times},
          {kGroup, "it survives a start with rubbish", &survive_rubbish_at_the_start},
          {kGroup, "it accepts structs that have grown", &accept_larger_structs},
          {kGroup, "it survives structs that are too small", &survive_smaller_structs}};
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

}  // namespace host
