#include "input/execution.hpp"

#include "base/format.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace host {
namespace {

constexpr std::array<std::string_view, 6> kExecutionKeys = {
    "n_cycles",          "cycle_order", "shuffle_seed", "experiment_gap_seconds",
    "cycle_gap_seconds", "max_failures"};
/// LLenergyMeasure's, for a check that a host of processes doesn't make.
constexpr std::string_view kSkipPreflight = "skip_preflight";
/// What `experiment_gap_seconds` was called in LLenergyMeasure before.
constexpr std::string_view kOldGapKey = "config_gap_seconds";
constexpr std::array<std::string_view, 5> kCycleOrders = {"sequential", "interleaved", "shuffled",
                                                          "reverse", "latin_square"};
constexpr int kMaxCycles = 1'000'000;
constexpr std::int64_t kMaxFailures = 10'000'000;
constexpr double kMaxGapSeconds = 1e9;

std::string list_of(std::span<const std::string_view> names) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) list += i + 1 == names.size() ? " or " : ", ";
    list += names[i];
  }
  return list;
}

void check_key(const FieldReader& member) {
  if (member.key() == kSkipPreflight) return;
  if (std::find(kExecutionKeys.begin(), kExecutionKeys.end(), member.key()) !=
      kExecutionKeys.end()) {
    return;
  }
  if (member.key() == kOldGapKey) {
    refuse_input(
        study::format("{}: unknown key '{}' in execution; did you mean 'experiment_gap_seconds'?",
                      member.where(), kOldGapKey));
  }
  member.fail_unknown_key(kExecutionKeys);
}

}  // namespace

std::span<const std::string_view> execution_keys() {
  return kExecutionKeys;
}

int read_n_cycles(const FieldReader& reader) {
  return static_cast<int>(reader.integer(1, kMaxCycles));
}

std::size_t read_choice(const FieldReader& reader, std::span<const std::string_view> names) {
  const std::string& name = reader.text();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  const std::string_view nearest = study::nearest_name(name, names);
  if (!nearest.empty()) {
    reader.fail(study::format("'{}' is unknown; did you mean '{}'?", name, nearest));
  }
  reader.fail_expected(list_of(names));
}

std::chrono::milliseconds read_gap(const FieldReader& reader) {
  const double seconds = reader.number();
  if (!(seconds >= 0) || seconds > kMaxGapSeconds) {
    reader.fail_expected("a number of seconds from 0 to 1000000000");
  }
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

std::uint64_t read_seed(const FieldReader& reader) {
  const auto* const value = std::get_if<std::int64_t>(&reader.node().value);
  if (value == nullptr || *value >= 0) return reader.unsigned_integer();
  return ~static_cast<std::uint64_t>(*value) + 1;
}

Execution read_execution(const FieldReader& reader) {
  const std::vector<FieldReader> members = reader.members();
  for (const FieldReader& member : members) check_key(member);
  Execution execution;
  if (const FieldReader* n_cycles = find_given(members, "n_cycles")) {
    execution.n_cycles = read_n_cycles(*n_cycles);
  }
  if (const FieldReader* order = find_given(members, "cycle_order")) {
    execution.cycle_order = static_cast<CycleOrder>(read_choice(*order, kCycleOrders));
  }
  if (const FieldReader* seed = find_given(members, "shuffle_seed")) {
    execution.shuffle_seed = read_seed(*seed);
  }
  if (const FieldReader* gap = find_given(members, "experiment_gap_seconds")) {
    execution.experiment_gap = read_gap(*gap);
  }
  if (const FieldReader* gap = find_given(members, "cycle_gap_seconds")) {
    execution.cycle_gap = read_gap(*gap);
  }
  if (const FieldReader* most = find_given(members, "max_failures")) {
    execution.max_failures = static_cast<std::size_t>(most->integer(1, kMaxFailures));
  }
  return execution;
}

}  // namespace host
