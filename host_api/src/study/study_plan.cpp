#include "base/format.hpp"
#include "study/run_identity.hpp"

#include <study/config_summary.hpp>
#include <study/error.hpp>
#include <study/identity.hpp>
#include <study/json.hpp>
#include <study/study_plan.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <utility>

namespace study {
namespace {

constexpr std::size_t kMaxHostHashBytes = 128;
constexpr std::size_t kMaxRuns = std::numeric_limits<std::uint32_t>::max();

/// Room for the longest extension of a run's file, such as `.parquet` or `.2147483647.log`.
constexpr std::size_t kExtensionBytes = 15;

std::string place(std::size_t experiment_index) {
  return "experiment " + std::to_string(experiment_index + 1);
}

void check_host_hash(std::string_view hash, std::size_t experiment_index) {
  const auto is_allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  };
  if (hash.size() > kMaxHostHashBytes || !std::all_of(hash.begin(), hash.end(), is_allowed)) {
    throw InputError(place(experiment_index) +
                     ": its config_hash must be 1 to 128 ASCII letters, digits and '-'");
  }
}

/// Tells configurations apart while the experiments come by in order.
class Deduplicator {
 public:
  Deduplicator(StudyPlan& plan, std::size_t experiment_count) : plan_(plan) {
    // The keys of known_ are views into these: they must not move.
    plan_.configurations.reserve(experiment_count);
    digests_.reserve(experiment_count);
    known_.reserve(experiment_count);
    design_.update("[");
  }

  void add(const Experiment& experiment, std::size_t index) {
    text_.clear();
    try {
      JsonWriter(text_, kCanonicalStyle).write_object(experiment.config);
    } catch (const InputError& error) {
      throw InputError(place(index) + ": " + error.what());
    }
    content_.update(text_);
    const Sha256::Digest digest = content_.finish();
    check_host_hash(experiment.config_hash, index);
    const std::string hash =
        experiment.config_hash.empty() ? short_hex(digest) : experiment.config_hash;

    if (const auto known = known_.find(hash); known != known_.end()) {
      if (digests_[known->second] == digest) return;
      const std::size_t first = plan_.configurations[known->second].experiment_index;
      throw InputError(
          study::format("config_hash {} stands for two different configurations, {} and {}", hash,
                        place(first), place(index)));
    }
    design_.update(plan_.configurations.empty() ? "" : ", ");
    design_.update(text_);
    plan_.configurations.push_back({index, hash, {}, false});
    known_.emplace(plan_.configurations.back().config_hash, digests_.size());
    digests_.push_back(digest);
  }

  [[nodiscard]] std::string design_hash() {
    design_.update("]");
    return short_hex(design_.finish());
  }

 private:
  StudyPlan& plan_;
  std::string text_;
  Sha256 content_;
  Sha256 design_;
  std::vector<Sha256::Digest> digests_;  ///< of each configuration's canonical text, whole
  std::unordered_map<std::string_view, std::size_t> known_;  ///< config_hash -> its position
};

void summarize(const StudyConfig& config, StudyPlan& plan) {
  std::vector<const boost::json::object*> configs;
  configs.reserve(plan.configurations.size());
  for (const PlannedConfiguration& planned : plan.configurations) {
    configs.push_back(&config.experiments[planned.experiment_index].config);
  }
  std::vector<std::string> summaries = config_summaries(configs);
  for (std::size_t i = 0; i < summaries.size(); ++i) {
    plan.configurations[i].config_summary = std::move(summaries[i]);
  }
}

void find_short_hash_collisions(StudyPlan& plan) {
  std::unordered_map<std::string_view, PlannedConfiguration*> first;
  first.reserve(plan.configurations.size());
  for (PlannedConfiguration& planned : plan.configurations) {
    const auto digits = std::string_view(planned.config_hash).substr(0, kShortHashDigits);
    const auto [known, is_new] = first.try_emplace(digits, &planned);
    if (is_new) continue;
    known->second->full_hash_in_file_name = true;
    planned.full_hash_in_file_name = true;
  }
}

}  // namespace

StudyPlan make_plan(const StudyConfig& config) {
  if (config.n_cycles < 1) throw InputError("n_cycles must be at least 1");
  if (config.experiments.empty()) throw InputError("the study has no experiments");
  StudyPlan plan;
  plan.n_cycles = config.n_cycles;
  {
    Deduplicator deduplicator(plan, config.experiments.size());
    for (std::size_t i = 0; i < config.experiments.size(); ++i) {
      deduplicator.add(config.experiments[i], i);
    }
    plan.study_design_hash = deduplicator.design_hash();
  }
  if (plan.total_runs() > kMaxRuns) {
    throw InputError(study::format(
        "the study comes to {} runs, and a manifest holds at most {}: use fewer cycles",
        plan.total_runs(), kMaxRuns));
  }
  summarize(config, plan);
  find_short_hash_collisions(plan);
  return plan;
}

std::string result_stem(const StudyConfig& config, const StudyPlan& plan,
                        const PlannedConfiguration& configuration, int cycle) {
  std::string suffix = configuration.full_hash_in_file_name
                           ? configuration.config_hash
                           : configuration.config_hash.substr(0, kShortHashDigits);
  if (plan.n_cycles > 1) suffix += "_c" + std::to_string(cycle);
  return result_file_stem(config.experiments[configuration.experiment_index].config, suffix,
                          kExtensionBytes);
}

}  // namespace study
