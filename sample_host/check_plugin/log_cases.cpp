// How a plugin speaks to its host.
#include "check_plugin/rehearsal.hpp"

#include <chrono>
#include <string>
#include <thread>

namespace plugin_check {
namespace {

using study::ExperimentState;
using study::StudyOutcome;

/// A thread that has not been joined says something within a moment, or hardly ever.
constexpr std::chrono::milliseconds kMoment{20};

void check_book(const HostBook& book) {
  if (const std::string objection = book.objection(); !objection.empty()) {
    throw CaseFailed(objection);
  }
}

std::string log_text(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  Rehearsal rehearsal(context, plugin, make_stage(context));
  check_book(rehearsal.observer().book());
  rehearsal.start();
  rehearsal.play_random(5);
  const study::ManifestEntry entry = rehearsal.expected().experiments.back();
  static_cast<void>(
      rehearsal.offer(sample_event(entry, ExperimentState::completed, rehearsal.next_moment())));
  rehearsal.end(StudyOutcome::completed);
  rehearsal.observer().destroy();
  const HostBook& book = rehearsal.observer().book();
  check_book(book);
  return std::to_string(book.messages()) + (book.messages() == 1 ? " message" : " messages");
}

/// The first observer's host must not hear of what the second one does.
std::string log_in_time(const CaseContext& context) {
  const PluginFile plugin(context.plugin);
  Rehearsal first(context, plugin, make_stage(context));
  first.start();
  first.play_random(3);
  first.end(StudyOutcome::completed);
  first.observer().destroy();
  Rehearsal second(context, plugin, make_stage(context));
  second.start();
  second.play_random(3);
  second.observer().destroy();
  std::this_thread::sleep_for(kMoment);
  check_book(first.observer().book());
  check_book(second.observer().book());
  return {};
}

}  // namespace

void add_log_cases(std::vector<Case>& cases) {
  constexpr std::string_view kGroup = "log";
  cases.push_back({kGroup, "it logs text, with a severity that exists", &log_text});
  cases.push_back({kGroup, "it logs nothing after destroy", &log_in_time});
}

}  // namespace plugin_check
