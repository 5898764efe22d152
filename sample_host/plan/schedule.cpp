#include "plan/schedule.hpp"

#include "plan/python_random.hpp"

#include <charconv>
#include <numeric>

namespace host {
namespace {

// The design hash is 16 hex digits; LLenergyMeasure takes the low 32 bits.
std::uint64_t seed_of(const study::StudyPlan& plan, const Execution& execution) {
  if (execution.shuffle_seed) return *execution.shuffle_seed;
  const std::string& hash = plan.study_design_hash;
  std::uint64_t seed = 0;
  std::from_chars(hash.data(), hash.data() + hash.size(), seed, 16);
  return seed & 0xFFFFFFFFU;
}

using Order = std::vector<std::size_t>;

Order in_file_order(std::size_t n) {
  Order order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

// Row i of a square in which each place has each number once, and each number has each other one as
// often before it (Williams): i, i+1, i-1, i+2, i-2, … modulo n.
Order latin_row(std::size_t n, std::size_t row) {
  Order order;
  order.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t step = (i + 1) / 2;
    order.push_back((row + (i % 2 == 1 ? step : n - step)) % n);
  }
  return order;
}

std::vector<ScheduledRun> sequential(std::size_t n_configurations, int n_cycles) {
  std::vector<ScheduledRun> runs;
  const bool is_single = n_configurations == 1;
  for (std::size_t configuration = 0; configuration < n_configurations; ++configuration) {
    for (int cycle = 1; cycle <= n_cycles; ++cycle) {
      const bool starts_round = is_single ? cycle > 1 : cycle == 1 && configuration > 0;
      runs.push_back({configuration, cycle, n_cycles > 1 && starts_round});
    }
  }
  return runs;
}

/// `order_of(cycle)`: that of the configurations in a cycle, which is counted from 0.
template <class OrderOf>
std::vector<ScheduledRun> in_rounds(int n_cycles, const OrderOf& order_of) {
  std::vector<ScheduledRun> runs;
  for (int cycle = 0; cycle < n_cycles; ++cycle) {
    const Order order = order_of(cycle);
    for (std::size_t i = 0; i < order.size(); ++i) {
      runs.push_back({order[i], cycle + 1, cycle > 0 && i == 0});
    }
  }
  return runs;
}

}  // namespace

std::vector<ScheduledRun> make_schedule(const study::StudyPlan& plan, const Execution& execution) {
  const std::size_t n = plan.configurations.size();
  const Order given = in_file_order(n);
  switch (execution.cycle_order) {
    case CycleOrder::sequential:
      break;
    case CycleOrder::interleaved:
      return in_rounds(plan.n_cycles, [&](int) { return Order(given); });
    case CycleOrder::reverse:
      return in_rounds(plan.n_cycles, [&](int cycle) {
        return cycle % 2 == 0 ? given : Order(given.rbegin(), given.rend());
      });
    case CycleOrder::latin_square:
      return in_rounds(plan.n_cycles, [&](int cycle) {
        return latin_row(n, static_cast<std::size_t>(cycle) % n);
      });
    case CycleOrder::shuffled: {
      PythonRandom random(seed_of(plan, execution));
      return in_rounds(plan.n_cycles, [&](int) {
        Order order = given;
        random.shuffle(order);
        return order;
      });
    }
  }
  return sequential(n, plan.n_cycles);
}

std::chrono::milliseconds pause_before(const ScheduledRun& run, const Execution& execution) {
  return run.starts_round ? execution.experiment_gap + execution.cycle_gap
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
