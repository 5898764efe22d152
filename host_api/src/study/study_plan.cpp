#include "base/format.hpp"
#include "study/run_identity.hpp"
#include "study/summarizer.hpp"

#include <study/error.hpp>
#include <study/flatten.hpp>
#include <study/identity.hpp>
#include <study/json.hpp>
#include <study/study_plan.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>

#include <boost/unordered/unordered_flat_set.hpp>

namespace study {
namespace {

constexpr std::size_t kMaxHostHashBytes = 128;
constexpr std::size_t kMaxRuns = std::numeric_limits<std::uint32_t>::max();

/// Room for the longest extension of a run's file, such as `.parquet` or `.2147483647.log`.
constexpr std::size_t kExtensionBytes = 15;

std::string place(std::size_t experiment_index) {
  return "experiment " + std::to_string(experiment_index + 1);
}

/// `what` gives its name, for a message.
template <class What>
void check_host_hash(std::string_view hash, const What& what) {
  const auto is_allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_' || c == ':';
  };
  if (hash.size() <= kMaxHostHashBytes && std::all_of(hash.begin(), hash.end(), is_allowed)) return;
  throw InputError(what() + " must be 1 to 128 ASCII letters, digits, '-', '.', '_' and ':'");
}

std::string design_name() {
  return "study_design_hash";
}

bool is_finite(const boost::json::value& value) {
  if (value.is_double()) return std::isfinite(value.get_double());
  if (value.is_object()) {
    return std::ranges::all_of(value.get_object(),
                               [](const auto& member) { return is_finite(member.value()); });
  }
  return !value.is_array() || std::ranges::all_of(value.get_array(), is_finite);
}

/// Of its content; empty where its host has given one, and nothing has to be hashed.
template <class Digest>
std::string hash_unless_given(const Experiment& experiment, const Digest& digest) {
  return experiment.config_hash.empty() ? short_hex(digest()) : std::string();
}

/// The key of a NaN or an infinity, with a colon; empty where there is none.
std::string key_of_problem(const boost::json::object& config) {
  std::string key;
  flatten(config, [&](std::string_view name, const boost::json::value& leaf) {
    if (key.empty() && !is_finite(leaf)) key = std::string(name) + ": ";
  });
  return key;
}

}  // namespace

struct StudyGrowth::Parts {
  int n_cycles;
  std::string host_design_hash;
  Summarizer summarizer;
  std::string text;  ///< canonical, of the experiment that has come last
  Sha256 content;
  Sha256 design;
  std::size_t designed = 0;

  Parts(int cycles, std::string hash) : n_cycles(cycles), host_design_hash(std::move(hash)) {
    if (n_cycles < 1) throw InputError("n_cycles must be at least 1");
    check_host_hash(host_design_hash, design_name);
    design.update("[");
  }

  /// Leaves its canonical form in `text`.
  void write(const Experiment& experiment, const boost::json::object& fields, std::size_t index) {
    check_host_hash(experiment.config_hash, [&] { return place(index) + ": its config_hash"; });
    if (experiment.n_cycles < 0) throw InputError(place(index) + ": n_cycles must be at least 1");
    text.clear();
    try {
      JsonWriter(text, kCanonicalStyle).write_object(fields);
    } catch (const InputError& error) {
      throw InputError(
          study::format("{}: {}{}", place(index), key_of_problem(fields), error.what()));
    }
  }

  /// Of what `write` has left.
  [[nodiscard]] Sha256::Digest digest() {
    content.update(text);
    return content.finish();
  }

  /// `derived`: the hash of its content; empty where its host has given one.
  [[nodiscard]] PlannedConfiguration planned(const Experiment& experiment, std::size_t index,
                                             std::string_view derived) const {
    const std::string_view hash = derived.empty() ? experiment.config_hash : derived;
    return {.experiment_index = index,
            .config_hash = {hash.data(), hash.size()},
            .config_summary = experiment.config_summary,
            .n_cycles = experiment.n_cycles > 0 ? experiment.n_cycles : n_cycles,
            .full_hash_in_file_name = false};
  }

  /// The one that `text` is of.
  void add_to_design(const boost::json::object& fields) {
    design.update(designed++ == 0 ? "" : ", ");
    design.update(text);
    summarizer.see(fields);
  }

  [[nodiscard]] std::string design_hash() const {
    if (!host_design_hash.empty()) return host_design_hash;
    Sha256 whole = design;
    whole.update("]");
    return short_hex(whole.finish());
  }
};

StudyGrowth::StudyGrowth(int n_cycles, std::string study_design_hash)
    : parts_(std::make_unique<Parts>(n_cycles, std::move(study_design_hash))) {}
StudyGrowth::StudyGrowth(StudyGrowth&&) noexcept = default;
StudyGrowth& StudyGrowth::operator=(StudyGrowth&&) noexcept = default;
StudyGrowth::~StudyGrowth() = default;

PlannedConfiguration StudyGrowth::add(
    const Experiment& experiment, std::size_t index,
    const std::function<bool(std::string_view config_hash)>& is_known) {
  const AllFields fields(experiment);
  parts_->write(experiment, *fields, index);
  const std::string derived = hash_unless_given(experiment, [&] { return parts_->digest(); });
  PlannedConfiguration planned = parts_->planned(experiment, index, derived);
  if (is_known(planned.config_hash)) return planned;
  parts_->add_to_design(*fields);
  if (planned.config_summary.empty()) {
    planned.config_summary = parts_->summarizer.summarize(*fields);
  }
  return planned;
}

std::string StudyGrowth::study_design_hash() const {
  return parts_->design_hash();
}

void StudyGrowth::set_study_design_hash(std::string hash) {
  check_host_hash(hash, design_name);
  parts_->host_design_hash = std::move(hash);
}

namespace {

/// Configurations by the first digits of their hash, of which the plan has the one text. Hash and
/// equality in one.
struct HashOf {
  using is_transparent = void;
  const StudyPlan* plan;
  std::size_t digits = kMaxHostHashBytes;

  [[nodiscard]] std::string_view text(std::uint32_t position) const {
    return std::string_view(plan->configurations[position].config_hash).substr(0, digits);
  }
  [[nodiscard]] static std::string_view text(std::string_view config_hash) { return config_hash; }

  template <class Key>
  std::size_t operator()(const Key& key) const {
    return std::hash<std::string_view>{}(text(key));
  }
  template <class One, class Other>
  bool operator()(const One& one, const Other& other) const {
    return text(one) == text(other);
  }
};

/// What tells canonical texts apart: half of their SHA-256.
using TextDigest = std::array<std::uint8_t, 16>;

TextDigest start_of(const Sha256::Digest& whole) {
  TextDigest start;
  std::copy_n(whole.begin(), start.size(), start.begin());
  return start;
}

}  // namespace

/// The plan, and what tells its configurations apart.
struct StudyPlanner::Parts {
  StudyPlan plan;
  StudyGrowth growth;
  std::vector<TextDigest> digests;  ///< of each configuration
  /// What a configuration without fields has: one that its host knows by the hash alone is the same
  /// as any of that hash.
  const TextDigest no_fields = [] {
    Sha256 hash;
    hash.update("{}");
    return start_of(hash.finish());
  }();
  boost::unordered_flat_set<std::uint32_t, HashOf, HashOf> known{0, HashOf{&plan}, HashOf{&plan}};
  /// The first of each beginning.
  boost::unordered_flat_set<std::uint32_t, HashOf, HashOf> short_hashes{
      0, HashOf{&plan, kShortHashDigits}, HashOf{&plan, kShortHashDigits}};
  std::size_t runs = 0;

  explicit Parts(const StudyConfig& config) : growth(config.n_cycles, config.study_design_hash) {
    plan.n_cycles = config.n_cycles;
    plan.configurations.reserve(config.experiments.size());
    digests.reserve(config.experiments.size());
    known.reserve(config.experiments.size());
    for (std::size_t i = 0; i < config.experiments.size(); ++i) {
      static_cast<void>(place_of(config.experiments[i], i));
    }
    finish_start(config);
  }

  /// The position of the experiment's configuration, without a summary where it is new.
  [[nodiscard]] std::size_t place_of(const Experiment& experiment, std::size_t index) {
    StudyGrowth::Parts& parts = *growth.parts_;
    const AllFields fields(experiment);
    parts.write(experiment, *fields, index);
    const Sha256::Digest whole = parts.digest();
    const TextDigest digest = start_of(whole);
    PlannedConfiguration planned =
        parts.planned(experiment, index, hash_unless_given(experiment, [&] { return whole; }));
    if (const auto found = known.find(std::string_view(planned.config_hash));
        found != known.end()) {
      check_same(*found, digest, planned);
      if (digests[*found] != digest && digest != no_fields) {
        digests[*found] = digest;  // its fields are known now
        plan.configurations[*found].experiment_index = planned.experiment_index;
      }
      int& cycles = plan.configurations[*found].n_cycles;
      count(static_cast<std::size_t>(std::max(0, planned.n_cycles - cycles)));
      cycles = std::max(cycles, planned.n_cycles);
      return *found;
    }
    count(static_cast<std::size_t>(planned.n_cycles));
    parts.add_to_design(*fields);
    plan.configurations.push_back(std::move(planned));
    digests.push_back(digest);
    known.insert(static_cast<std::uint32_t>(digests.size() - 1));
    return digests.size() - 1;
  }

  void check_same(std::size_t first, const TextDigest& digest,
                  const PlannedConfiguration& planned) const {
    if (digests[first] == digest || digest == no_fields || digests[first] == no_fields) return;
    throw InputError(study::format(
        "config_hash {} stands for two different configurations, {} "
        "and {}",
        std::string_view(planned.config_hash), place(plan.configurations[first].experiment_index),
        place(planned.experiment_index)));
  }

  void count(std::size_t more_runs) {
    if (runs + more_runs > kMaxRuns) {
      throw InputError(study::format(
          "the study comes to {} runs, and a manifest holds at most {}: use fewer cycles",
          runs + more_runs, kMaxRuns));
    }
    runs += more_runs;
  }

  /// A study that is planned whole has summaries by all of its experiments, and of two
  /// configurations with the same short hash both use the whole one.
  void finish_start(const StudyConfig& config) {
    short_hashes.reserve(plan.configurations.size());
    for (std::size_t i = 0; i < plan.configurations.size(); ++i) {
      PlannedConfiguration& planned = plan.configurations[i];
      if (planned.config_summary.empty()) summarize(planned, config.experiments);
      const auto [first, is_new] = short_hashes.insert(static_cast<std::uint32_t>(i));
      if (is_new) continue;
      plan.configurations[*first].full_hash_in_file_name = true;
      planned.full_hash_in_file_name = true;
    }
    plan.study_design_hash = growth.study_design_hash();
  }

  void summarize(PlannedConfiguration& planned, const std::vector<Experiment>& experiments) {
    const AllFields fields(experiments[planned.experiment_index]);
    planned.config_summary = growth.parts_->summarizer.summarize(*fields);
  }
};

StudyPlanner::StudyPlanner(const StudyConfig& config) : parts_(std::make_unique<Parts>(config)) {}
StudyPlanner::StudyPlanner(StudyPlanner&&) noexcept = default;
StudyPlanner& StudyPlanner::operator=(StudyPlanner&&) noexcept = default;
StudyPlanner::~StudyPlanner() = default;

const StudyPlan& StudyPlanner::plan() const& {
  return parts_->plan;
}

StudyPlan StudyPlanner::plan() && {
  return std::move(parts_->plan);
}

std::size_t StudyPlanner::add(const Experiment& experiment, std::size_t experiment_index) {
  const std::size_t before = parts_->plan.configurations.size();
  const std::size_t position = parts_->place_of(experiment, experiment_index);
  if (position < before) return position;
  PlannedConfiguration& planned = parts_->plan.configurations.back();
  if (planned.config_summary.empty()) {
    planned.config_summary = parts_->growth.parts_->summarizer.summarize(*AllFields(experiment));
  }
  planned.full_hash_in_file_name =
      !parts_->short_hashes.insert(static_cast<std::uint32_t>(position)).second;
  parts_->plan.study_design_hash = parts_->growth.study_design_hash();
  return position;
}

std::pair<StudyPlan, StudyGrowth> StudyPlanner::split() && {
  const std::unique_ptr<Parts> parts = std::move(parts_);
  return {std::move(parts->plan), std::move(parts->growth)};
}

std::size_t StudyPlan::total_runs() const {
  std::size_t runs = 0;
  for (const PlannedConfiguration& planned : configurations) {
    runs += static_cast<std::size_t>(planned.n_cycles);
  }
  return runs;
}

StudyPlan make_plan(const StudyConfig& config) {
  return StudyPlanner(config).plan();
}

std::string result_stem(const boost::json::object& fields,
                        const PlannedConfiguration& configuration, int cycle) {
  const std::string_view hash = configuration.config_hash;
  std::string suffix(configuration.full_hash_in_file_name ? hash
                                                          : hash.substr(0, kShortHashDigits));
  if (configuration.n_cycles > 1) suffix += "_c" + std::to_string(cycle);
  return result_file_stem(fields, suffix, kExtensionBytes);
}

}  // namespace study
