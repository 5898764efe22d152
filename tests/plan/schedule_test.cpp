#include "plan/schedule.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

using host::CycleOrder;
using host::Execution;
using host::make_schedule;
using host::ScheduledRun;

namespace {

study::StudyPlan plan_of(std::size_t n_configurations, int n_cycles) {
  study::StudyPlan plan;
  plan.n_cycles = n_cycles;
  plan.study_design_hash = "aabb0011ccdd2233";
  plan.configurations.resize(n_configurations);
  return plan;
}

// `A1 A2 | B1 B2`: the bar is where a round starts.
std::string schedule_text(const study::StudyPlan& plan, const Execution& execution) {
  std::string out;
  for (const ScheduledRun& run : make_schedule(plan, execution)) {
    if (!out.empty()) out += ' ';
    if (run.starts_round) out += "| ";
    out += static_cast<char>('A' + run.configuration);
    out += std::to_string(run.cycle);
  }
  return out;
}

Execution in_order(CycleOrder order) {
  Execution execution;
  execution.cycle_order = order;
  return execution;
}

Execution shuffled_with(std::uint64_t seed) {
  Execution execution = in_order(CycleOrder::shuffled);
  execution.shuffle_seed = seed;
  return execution;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schedule)

BOOST_AUTO_TEST_CASE(sequential_runs_all_cycles_of_a_configuration_before_the_next) {
  BOOST_TEST(schedule_text(plan_of(2, 3), in_order(CycleOrder::sequential)) ==
             "A1 A2 A3 | B1 B2 B3");
}

BOOST_AUTO_TEST_CASE(interleaved_runs_all_configurations_once_before_the_next_cycle) {
  BOOST_TEST(schedule_text(plan_of(3, 2), in_order(CycleOrder::interleaved)) ==
             "A1 B1 C1 | A2 B2 C2");
}

BOOST_AUTO_TEST_CASE(with_one_cycle_no_run_starts_a_round) {
  BOOST_TEST(schedule_text(plan_of(3, 1), in_order(CycleOrder::sequential)) == "A1 B1 C1");
  BOOST_TEST(schedule_text(plan_of(3, 1), in_order(CycleOrder::interleaved)) == "A1 B1 C1");
}

BOOST_AUTO_TEST_CASE(reverse_runs_every_second_cycle_backwards) {
  BOOST_TEST(schedule_text(plan_of(3, 3), in_order(CycleOrder::reverse)) ==
             "A1 B1 C1 | C2 B2 A2 | A3 B3 C3");
}

BOOST_AUTO_TEST_CASE(a_latin_square_has_each_configuration_once_at_each_place) {
  BOOST_TEST(schedule_text(plan_of(4, 5), in_order(CycleOrder::latin_square)) ==
             "A1 B1 D1 C1 | B2 C2 A2 D2 | C3 D3 B3 A3 | D4 A4 C4 B4 | A5 B5 D5 C5");
  BOOST_TEST(schedule_text(plan_of(3, 2), in_order(CycleOrder::latin_square)) ==
             "A1 B1 C1 | B2 C2 A2");
}

BOOST_AUTO_TEST_CASE(a_single_configuration_in_sequence_has_a_round_for_each_cycle) {
  BOOST_TEST(schedule_text(plan_of(1, 3), in_order(CycleOrder::sequential)) == "A1 | A2 | A3");
}

// Python: `random.Random(seed)`, its `shuffle` of a copy of the list for each cycle.
BOOST_AUTO_TEST_CASE(a_seed_gives_the_same_permutations_everywhere) {
  BOOST_TEST(schedule_text(plan_of(5, 3), shuffled_with(42)) ==
             "D1 B1 C1 E1 A1 | D2 C2 A2 E2 B2 | D3 B3 C3 A3 E3");
  BOOST_TEST(schedule_text(plan_of(6, 2), shuffled_with(0)) ==
             "E1 C1 B1 A1 F1 D1 | E2 A2 B2 F2 C2 D2");
  BOOST_TEST(schedule_text(plan_of(4, 2), shuffled_with(UINT64_MAX)) ==
             "C1 B1 D1 A1 | C2 A2 D2 B2");
}

BOOST_AUTO_TEST_CASE(without_a_seed_the_lower_half_of_the_design_hash_is_the_seed) {
  const std::string by_hash = schedule_text(plan_of(5, 2), in_order(CycleOrder::shuffled));
  BOOST_TEST(by_hash == "A1 B1 D1 E1 C1 | A2 E2 B2 C2 D2");
  BOOST_TEST(by_hash == schedule_text(plan_of(5, 2), shuffled_with(0xccdd2233)));
}

BOOST_AUTO_TEST_CASE(a_round_begins_after_both_pauses_which_no_jobs_share) {
  using namespace std::chrono_literals;
  using Shares = std::vector<std::chrono::steady_clock::duration>;
  Execution execution = in_order(CycleOrder::interleaved);
  execution.experiment_gap = 4s;
  execution.cycle_gap = 60s;
  const auto shares = [&](int jobs) {
    return shares_of_pauses(make_schedule(plan_of(2, 2), execution), execution, jobs);
  };
  BOOST_TEST((shares(1) == Shares{0s, 4s, 64s, 4s}));
  BOOST_TEST((shares(2) == Shares{0s, 2s, 64s, 2s}));
  execution.cycle_gap = 1s;
  BOOST_TEST((shares(1) == Shares{0s, 4s, 5s, 4s}));
  execution.cycle_gap = 0s;
  BOOST_TEST((shares(2) == Shares{0s, 2s, 2s, 2s}));
}

BOOST_AUTO_TEST_CASE(a_shuffled_schedule_has_every_run_once_and_whole_rounds) {
  const auto runs = make_schedule(plan_of(50, 4), shuffled_with(7));
  BOOST_REQUIRE(runs.size() == 200U);
  for (std::size_t cycle = 0; cycle < 4; ++cycle) {
    std::vector<std::size_t> seen;
    for (std::size_t i = cycle * 50; i < (cycle + 1) * 50; ++i) {
      BOOST_TEST(runs[i].cycle == static_cast<int>(cycle) + 1);
      BOOST_TEST(runs[i].starts_round == (cycle > 0 && i == cycle * 50));
      seen.push_back(runs[i].configuration);
    }
    BOOST_TEST(!std::is_sorted(seen.begin(), seen.end()));
    std::sort(seen.begin(), seen.end());
    for (std::size_t i = 0; i < seen.size(); ++i) BOOST_TEST(seen[i] == i);
  }
}

BOOST_AUTO_TEST_SUITE_END()
