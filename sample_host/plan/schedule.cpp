#include "plan/schedule.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <numeric>
#include <random>
#include <utility>

namespace host {
namespace {

// The design hash is 16 hex digits: a number of 64 bits.
std::uint64_t seed_of(const study::StudyPlan& plan, const Execution& execution) {
  if (execution.shuffle_seed) return *execution.shuffle_seed;
  const std::string& hash = plan.study_design_hash;
  std::uint64_t seed = 0;
  std::from_chars(hash.data(), hash.data() + hash.size(), seed, 16);
  return seed;
}

// std::shuffle and std::uniform_int_distribution may differ between standard libraries; the engine
// may not (C++20, [rand.predef]).
std::uint64_t draw_below(std::mt19937_64& engine, std::uint64_t bound) {
  const std::uint64_t surplus = (std::numeric_limits<std::uint64_t>::max() % bound + 1) % bound;
  std::uint64_t drawn = engine();
  // The last `surplus` values would make the small remainders likelier than the others.
  while (drawn > std::numeric_limits<std::uint64_t>::max() - surplus) drawn = engine();
  return drawn % bound;
}

void shuffle(std::vector<std::size_t>& order, std::mt19937_64& engine) {
  for (std::size_t n = order.size(); n > 1; --n) {
    std::swap(order[n - 1], order[draw_below(engine, n)]);
  }
}

std::vector<ScheduledRun> sequential(std::size_t n_configurations, int n_cycles) {
  std::vector<ScheduledRun> runs;
  for (std::size_t configuration = 0; configuration < n_configurations; ++configuration) {
    for (int cycle = 1; cycle <= n_cycles; ++cycle) {
      runs.push_back({configuration, cycle, n_cycles > 1 && cycle == 1 && configuration > 0});
    }
  }
  return runs;
}

std::vector<ScheduledRun> in_rounds(std::size_t n_configurations, int n_cycles,
                                    std::mt19937_64* engine) {
  std::vector<ScheduledRun> runs;
  std::vector<std::size_t> order(n_configurations);
  for (int cycle = 1; cycle <= n_cycles; ++cycle) {
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (engine != nullptr) shuffle(order, *engine);
    for (std::size_t i = 0; i < order.size(); ++i) {
      runs.push_back({order[i], cycle, cycle > 1 && i == 0});
    }
  }
  return runs;
}

}  // namespace

std::vector<ScheduledRun> make_schedule(const study::StudyPlan& plan, const Execution& execution) {
  const std::size_t n_configurations = plan.configurations.size();
  switch (execution.cycle_order) {
    case CycleOrder::sequential:
      return sequential(n_configurations, plan.n_cycles);
    case CycleOrder::interleaved:
      return in_rounds(n_configurations, plan.n_cycles, nullptr);
    case CycleOrder::shuffled:
      break;
  }
  std::mt19937_64 engine(seed_of(plan, execution));
  return in_rounds(n_configurations, plan.n_cycles, &engine);
}

std::chrono::milliseconds pause_before(const ScheduledRun& run, const Execution& execution) {
  return run.starts_round ? std::max(execution.cycle_gap, execution.experiment_gap)
                          : execution.experiment_gap;
}

std::vector<std::chrono::steady_clock::duration> shares_of_pauses(
    const std::vector<ScheduledRun>& schedule, const Execution& execution, int jobs) {
  std::vector<std::chrono::steady_clock::duration> shares;
  shares.reserve(schedule.size());
  for (const ScheduledRun& run : schedule) {
    const std::chrono::steady_clock::duration pause = pause_before(run, execution);
    shares.push_back(waits_for_all(run, execution) ? pause : pause / jobs);
  }
  if (!shares.empty()) shares.front() = {};
  return shares;
}

std::vector<ScheduledRun> without_done(const std::vector<ScheduledRun>& schedule,
                                       const std::function<bool(const ScheduledRun&)>& is_done) {
  std::vector<ScheduledRun> left;
  bool starts_round = false;
  for (ScheduledRun run : schedule) {
    starts_round = starts_round || run.starts_round;
    if (is_done(run)) continue;
    run.starts_round = starts_round && !left.empty();
    starts_round = false;
    left.push_back(run);
  }
  return left;
}

}  // namespace host
