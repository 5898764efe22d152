// Who may call whom from which thread.
#include "check_plugin/rehearsal.hpp"

#include <exception>
#include <string>
#include <thread>
#include <vector>

namespace plugin_check {
namespace {

using study::StudyOutcome;

std::string take_calls_from_any_thread(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  CallStyle style;
  style.other_threads = true;
  Rehearsal rehearsal(context, plugin, make_stage(context), style);
  rehearsal.start();
  rehearsal.play_random(40);
  rehearsal.check_if_kept("after calls from changing threads");
  rehearsal.end(StudyOutcome::completed);
  rehearsal.check_if_kept("after calls from changing threads");
  rehearsal.observer().destroy();
  return {};
}

void play_alone(const CaseContext& context, const PluginFile& plugin, Stage stage) {
  Rehearsal rehearsal(context, plugin, std::move(stage));
  rehearsal.start();
  rehearsal.play_random(40);
  rehearsal.end(StudyOutcome::completed);
  rehearsal.check_if_kept("beside another study in another thread");
}

/// [serial] is said of one observer: two have nothing to do with each other.
std::string work_at_the_same_time(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  // Their calls overlap, so that no single one is the present step.
  CaseContext quiet = context;
  quiet.step = [](std::string_view) {};
  context.step("two observers at once");
  std::vector<Stage> stages{make_stage(context), make_stage(context)};
  std::vector<std::exception_ptr> failures(stages.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    threads.emplace_back([&, i] {
      try {
        play_alone(quiet, plugin, std::move(stages[i]));
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

}  // namespace

void add_thread_cases(std::vector<Case>& cases) {
  constexpr std::string_view kGroup = "threads";
  cases.push_back({kGroup, "each call may come from another thread", &take_calls_from_any_thread});
  cases.push_back({kGroup, "two observers may work at the same time", &work_at_the_same_time});
}

}  // namespace plugin_check
