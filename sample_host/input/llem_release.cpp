#include "input/llem_release.hpp"

#include "base/format.hpp"
#include "input/document.hpp"
#include "input/llem_release_sweep.hpp"
#include "input/sweep_checks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

namespace host {
namespace {

namespace json = boost::json;

using Keys = std::span<const std::string_view>;

constexpr std::array<std::string_view, 9> kStudyKeys = {"sweep",   "experiments", "study_execution",
                                                        "base",    "study_name",  "version",
                                                        "runners", "images",      "output"};
constexpr std::array<std::string_view, 3> kOwnKeys = {"study_name", "study_execution",
                                                      "serving_mode"};
constexpr std::array<std::string_view, 2> kKeysOfOtherForm = {"name", "execution"};

constexpr std::array<std::string_view, 13> kExecutionKeys = {"n_cycles",
                                                             "experiment_order",
                                                             "experiment_gap_seconds",
                                                             "cycle_gap_seconds",
                                                             "shuffle_seed",
                                                             "experiment_timeout_seconds",
                                                             "wall_clock_timeout_hours",
                                                             "max_consecutive_failures",
                                                             "skip_preflight",
                                                             "stdout_silence_timeout_seconds",
                                                             "deduplicate_equivalent",
                                                             "gpu_indices",
                                                             "circuit_breaker_cooldown_seconds"};
constexpr std::array<std::string_view, 2> kOutputKeys = {"results_dir", "save_timeseries"};
/// In the order of `CycleOrder`.
constexpr std::array<std::string_view, 5> kOrders = {"sequential", "interleave", "shuffle",
                                                     "reverse", "latin_square"};
constexpr double kMaxSeconds = 1e9;

bool is_one_of(std::string_view key, Keys keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

double read_limit(const FieldReader& reader, double unit_seconds) {
  const double seconds = reader.number() * unit_seconds;
  if (!(seconds > 0) || seconds > kMaxSeconds) {
    reader.fail_expected("a number greater than 0 and of at most 1000000000 seconds");
  }
  return seconds;
}

/// Reads what isn't about the configurations.
class ReleaseSettings {
 public:
  explicit ReleaseSettings(StudyFile& study) : study_(study) {}

  void read_execution(const FieldReader& reader) {
    for (const FieldReader& member : reader.members(kExecutionKeys)) {
      if (!member.is_null()) read_execution_member(member);
    }
  }

  void read_output(const FieldReader& reader) {
    for (const FieldReader& member : reader.members(kOutputKeys)) {
      if (member.is_null()) continue;
      if (member.key() == "results_dir") {
        study_.results_dir = member.system_text();
      } else if (!member.boolean()) {
        pass_over(member);
      }
    }
  }

  void read_runners(const FieldReader& reader) {
    for (const FieldReader& member : reader.members()) {
      if (member.is_mapping()) {
        study_.runners.emplace(member.key(), read_runner(member));
      } else if (!member.is_null()) {
        pass_over(member);
      }
    }
  }

  void pass_over(const FieldReader& reader) {
    if (passed_over_.empty()) where_ = reader.where();
    passed_over_ += (passed_over_.empty() ? "" : ", ") + reader.path();
  }

  void warn() {
    if (passed_over_.empty()) return;
    study_.warnings.push_back(
        study::format("{}: has no meaning here and is passed over: {}", where_, passed_over_));
  }

 private:
  void read_execution_member(const FieldReader& member) {
    Execution& execution = study_.execution;
    const std::string& key = member.key();
    if (key == "n_cycles") {
      execution.n_cycles = read_n_cycles(member);
    } else if (key == "experiment_order") {
      execution.cycle_order = static_cast<CycleOrder>(read_choice(member, kOrders));
    } else if (key == "experiment_gap_seconds") {
      execution.experiment_gap = read_gap(member);
    } else if (key == "cycle_gap_seconds") {
      execution.cycle_gap = read_gap(member);
    } else if (key == "shuffle_seed") {
      execution.shuffle_seed = read_seed(member);
    } else if (key == "experiment_timeout_seconds") {
      study_.timeout =
          std::chrono::milliseconds(std::llround(std::ceil(read_limit(member, 1) * 1000)));
    } else if (key == "wall_clock_timeout_hours") {
      execution.wall_clock_limit =
          std::chrono::milliseconds(std::llround(std::ceil(read_limit(member, 3600) * 1000)));
    } else if (key == "max_consecutive_failures") {
      warn_of_failures(member);
    } else if (!is_default(member)) {
      pass_over(member);
    }
  }

  void warn_of_failures(const FieldReader& member) {
    if (member.integer(0, std::numeric_limits<std::int64_t>::max()) == 0) return;
    not_followed(member, "the study goes on after failures");
  }

  void not_followed(const FieldReader& member, std::string_view instead) {
    study_.warnings.push_back(
        study::format("{}: {}: is not followed: {}", member.where(), member.path(), instead));
  }

  static bool is_default(const FieldReader& member) {
    const std::string& key = member.key();
    const Node::Value& value = member.node().value;
    if (const bool* flag = std::get_if<bool>(&value)) {
      return *flag == (key == "deduplicate_equivalent");
    }
    const bool is_number =
        std::holds_alternative<double>(value) || std::holds_alternative<std::int64_t>(value);
    if (!is_number) return false;
    return member.number() == (key == "stdout_silence_timeout_seconds" ? 300 : 60);
  }

  StudyFile& study_;
  std::string passed_over_;
  std::string where_;
};

json::object shared_fields(const std::vector<FieldReader>& members,
                           const std::vector<FieldReader>& base_members) {
  json::object shared;
  for (const auto* from : {&base_members, &members}) {
    for (const FieldReader& field : *from) {
      if (is_one_of(field.key(), kStudyKeys) || field.key().starts_with("x-") ||
          field.key() == "$schema")
        continue;
      shared[field.key()] = to_json(field.node());
    }
  }
  return shared;
}

}  // namespace

bool is_llem_release(const std::vector<FieldReader>& members,
                     const std::vector<FieldReader>& base_members) {
  const FieldReader* telling = nullptr;
  const FieldReader* engine = nullptr;
  const FieldReader* task = nullptr;
  for (const auto* from : {&base_members, &members}) {
    for (const FieldReader& member : *from) {
      if (is_one_of(member.key(), kOwnKeys)) telling = &member;
      if (member.key() == "engine") engine = &member;
      if (member.key() == "task" && member.is_mapping()) task = &member;
    }
  }
  if (telling == nullptr && engine != nullptr && task != nullptr) telling = engine;
  if (telling == nullptr) return false;
  for (const FieldReader& member : members) {
    if (!is_one_of(member.key(), kKeysOfOtherForm)) continue;
    refuse_input(study::format(
        "{}: '{}' and '{}' ({}) are of two forms of study files; in that with '{}' it "
        "is called 'study_{}'",
        member.where(), member.key(), telling->key(), telling->where(),
        telling == engine ? "engine' and 'task" : telling->key(), member.key()));
  }
  return true;
}

void read_llem_release(const std::vector<FieldReader>& members,
                       const std::vector<FieldReader>& base_members, StudyFile& study) {
  study.backend_field = {"engine", std::string(kLlemDefaultEngine)};
  ReleaseSettings settings(study);
  study.configs =
      expand_llem_release(shared_fields(members, base_members), find_given(members, "sweep"),
                          find_given(members, "experiments"));
  const std::string where = members.front().where();
  if (study.configs.empty()) refuse_input(where + ": no experiments; add 'sweep' or 'experiments'");
  check_bytes(study.configs, where);
  if (const FieldReader* given = find_given(members, "study_execution")) {
    settings.read_execution(*given);
  }
  if (const FieldReader* given = find_given(members, "output")) settings.read_output(*given);
  if (const FieldReader* given = find_given(members, "runners")) settings.read_runners(*given);
  if (const FieldReader* given = find_given(members, "images")) settings.pass_over(*given);
  settings.warn();
}

}  // namespace host
