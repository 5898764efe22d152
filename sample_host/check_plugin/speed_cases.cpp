// How long a study waits for its observer.
#include "check_plugin/rehearsal.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace plugin_check {
namespace {

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
  const PluginFile plugin(context.plugin);
  Rehearsal rehearsal(context, plugin, make_stage(context));
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

void add_speed_cases(std::vector<Case>& cases) {
  cases.push_back({"speed", "the study hardly waits for it", &be_quick});
}

}  // namespace plugin_check
