#include "input/study_execution.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace host {
namespace {

constexpr std::array<std::string_view, 5> kExecutionKeys = {
    "n_cycles", "cycle_order", "shuffle_seed", "experiment_gap_seconds", "cycle_gap_seconds"};
constexpr std::array<std::string_view, 3> kCycleOrders = {"sequential", "interleaved", "shuffled"};
constexpr int kMaxCycles = 1'000'000;
constexpr double kMaxGapSeconds = 1e9;

CycleOrder read_cycle_order(const NodeReader& reader) {
  const std::string& name = reader.text();
  if (name == kCycleOrders[0]) return CycleOrder::sequential;
  if (name == kCycleOrders[1]) return CycleOrder::interleaved;
  if (name == kCycleOrders[2]) return CycleOrder::shuffled;
  const std::string_view nearest = study::nearest_name(name, kCycleOrders);
  if (!nearest.empty()) {
    reader.fail("'" + name + "' is unknown; did you mean '" + std::string(nearest) + "'?");
  }
  reader.fail_expected("sequential, interleaved or shuffled");
}

std::chrono::milliseconds read_gap(const NodeReader& reader) {
  const double seconds = reader.number();
  if (!(seconds >= 0) || seconds > kMaxGapSeconds) {
    reader.fail_expected("a number of seconds from 0 to 1000000000");
  }
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

}  // namespace

std::span<const std::string_view> execution_keys() {
  return kExecutionKeys;
}

bool is_execution_key(std::string_view key) {
  return std::find(kExecutionKeys.begin(), kExecutionKeys.end(), key) != kExecutionKeys.end();
}

Execution read_execution(const NodeReader& reader) {
  const std::vector<NodeReader> members = reader.members(kExecutionKeys);
  Execution execution;
  if (const NodeReader* n_cycles = find_given(members, "n_cycles")) {
    execution.n_cycles = static_cast<int>(n_cycles->integer(1, kMaxCycles));
  }
  if (const NodeReader* order = find_given(members, "cycle_order")) {
    execution.cycle_order = read_cycle_order(*order);
  }
  if (const NodeReader* seed = find_given(members, "shuffle_seed")) {
    execution.shuffle_seed = seed->unsigned_integer();
  }
  if (const NodeReader* gap = find_given(members, "experiment_gap_seconds")) {
    execution.experiment_gap = read_gap(*gap);
  }
  if (const NodeReader* gap = find_given(members, "cycle_gap_seconds")) {
    execution.cycle_gap = read_gap(*gap);
  }
  return execution;
}

}  // namespace host
