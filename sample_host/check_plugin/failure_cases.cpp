// Stores that can't be reached, and what a plugin says of it.
#include "check_plugin/rehearsal.hpp"

#include <fstream>
#include <string>

namespace plugin_check {
namespace {

namespace fs = std::filesystem;
using study::StudyOutcome;

/// After a start that has failed only destroy follows. That one which needs no directory starts is
/// fine.
std::string start_where_nothing_is(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  Stage stage = make_stage(context);
  fs::remove(stage.study_dir);
  PluginObserver observer(context, plugin);
  observer.create();
  const Answer answer = observer.start(stage.config, stage.study_dir, moment(0));
  if (answer.ok()) observer.end(StudyOutcome::failed, moment(1)).expect_ok();
  observer.destroy();
  return answer.ok() ? "it starts all the same" : "";
}

std::string start_in_a_file(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  const Stage stage = make_stage(context);
  fs::remove(stage.study_dir);
  std::ofstream(stage.study_dir) << "not a directory";
  PluginObserver observer(context, plugin);
  observer.create();
  const Answer answer = observer.start(stage.config, stage.study_dir, moment(0));
  if (answer.ok()) observer.end(StudyOutcome::failed, moment(1)).expect_ok();
  return {};
}

/// What can't be stored may be an error each time, or be logged and made up for; the study goes on.
std::string lose_the_directory(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  Rehearsal rehearsal(context, plugin, make_stage(context));
  rehearsal.start();
  rehearsal.play_random(5);
  const fs::path away = rehearsal.stage().study_dir.string() + "-away";
  fs::rename(rehearsal.stage().study_dir, away);
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
  const PluginFile plugin(context.plugin);
  Stage stage = make_stage(context);
  fs::remove(stage.study_dir);
  for (const std::size_t capacity : {0U, 1U, 2U, 3U, 5U, 16U, 100'000U}) {
    CallStyle style;
    style.message_capacity = capacity;
    PluginObserver unmade(context, plugin, style);
    static_cast<void>(unmade.create("{\"no_such_option_of_any_plugin\": 1}"));
    static_cast<void>(unmade.create("{"));
    PluginObserver observer(context, plugin, style);
    observer.create();
    const Answer answer = observer.start(stage.config, stage.study_dir, moment(0));
    if (!answer.ok()) continue;
    study_experiment_event event{sizeof event, 1234, 1, 0, {}, {}, {}, {}};
    static_cast<void>(observer.experiment(event));
    observer.end(StudyOutcome::failed, moment(1)).expect_ok();
  }
  return {};
}

}  // namespace

void add_failure_cases(std::vector<Case>& cases) {
  constexpr std::string_view kGroup = "failures";
  cases.push_back({kGroup, "a missing study directory is refused with a reason, or not needed",
                   &start_where_nothing_is});
  cases.push_back({kGroup,
                   "a study directory that is a file is refused with a reason, or not needed",
                   &start_in_a_file});
  cases.push_back({kGroup, "it survives that the study directory goes away", &lose_the_directory});
  cases.push_back({kGroup, "its messages fit the caller's buffer", &fit_the_buffer});
}

}  // namespace plugin_check
