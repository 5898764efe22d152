// A checkpoint in memory, with at most one fault: that which ZOO_FAULT names.
#include "checkpoint/checkpoint_observer.hpp"

#include <study/export_observer.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using study::StudyManifest;
using study::checkpoint::EntryTable;
using study::checkpoint::Transition;

enum class Fault {
  none,
  forgets_the_end,
  lags_behind,
  cuts_at_zero,
  keeps_its_own_state,
  invents_checkpoints,
  leaves_traces,
  dies_with_its_observer,
  erases_results,
  invents_entries,
  keeps_views,
  finds_the_wrong_one,
  resumes_no_interrupted,
  resumes_no_unfinished,
  resumes_no_foreign,
  stores_only_at_the_end,
  replaces_studies,
  forgets_what_is_added,
  forgets_earlier_attempts,
  invents_attempts,
  lists_the_latest_alone,
  counts_no_failures,
  lists_all_names,
};
constexpr Fault kFault = Fault::ZOO_FAULT;

/// All that is stored, for all observers of the library.
struct Store {
  std::mutex mutex;
  std::map<std::filesystem::path, StudyManifest> studies;
  std::map<std::filesystem::path, std::vector<study::StudyAttempt>> attempts;
};

Store& store() {
  static Store instance;
  return instance;
}

StudyManifest as_stored(StudyManifest manifest) {
  for (study::ManifestEntry& entry : manifest.experiments) {
    if (kFault == Fault::cuts_at_zero && entry.error_message) {
      entry.error_message = entry.error_message->substr(0, entry.error_message->find('\0'));
    }
  }
  return manifest;
}

class MemorySink final : public study::checkpoint::Sink {
 public:
  void open(EntryTable& table, const study::StudyStart& event) override {
    study_dir_ = event.study_dir;
    const std::lock_guard lock(store().mutex);
    if (event.resume_from != nullptr) check_resumed();
    if (event.resume_from == nullptr && kFault != Fault::replaces_studies &&
        store().studies.count(study_dir_) != 0) {
      throw study::checkpoint::occupied("the memory has a study of this directory", {});
    }
    if (kFault == Fault::stores_only_at_the_end) return;
    if (kFault == Fault::keeps_its_own_state && store().studies.count(study_dir_) != 0) return;
    store().studies[study_dir_] = as_stored(table.manifest());
  }
  void commit(EntryTable& table, const Transition& transition) override {
    if (kFault == Fault::stores_only_at_the_end) return;
    const std::lock_guard lock(store().mutex);
    keep_attempt(table.entry(transition.entry), transition);
    store().studies[study_dir_] =
        kFault == Fault::lags_behind && last_ ? *last_ : as_stored(table.manifest());
    last_ = as_stored(table.manifest());
  }
  void add(EntryTable& table, study::EntryIndex, study::Timestamp) override {
    if (kFault == Fault::stores_only_at_the_end || kFault == Fault::forgets_what_is_added) return;
    const std::lock_guard lock(store().mutex);
    store().studies[study_dir_] = as_stored(table.manifest());
  }
  void close(EntryTable& table, std::chrono::steady_clock::time_point) override {
    if (kFault == Fault::forgets_the_end) return;
    const std::lock_guard lock(store().mutex);
    store().studies[study_dir_] = as_stored(table.manifest());
  }
  ~MemorySink() override {
    if (kFault != Fault::dies_with_its_observer) return;
    const std::lock_guard lock(store().mutex);
    store().studies.erase(study_dir_);
  }

  std::optional<StudyManifest> read_checkpoint(const study::CheckpointQuery& query) override {
    const std::lock_guard lock(store().mutex);
    if (kFault == Fault::leaves_traces) std::ofstream(query.results_dir / "trace") << "x";
    const auto found = store().studies.find(query.study_dir);
    if (found != store().studies.end()) return found->second;
    for (const auto& [path, manifest] : store().studies) {
      if (!query.study_name.empty() && manifest.head.study_name == query.study_name) {
        return kFault == Fault::finds_the_wrong_one ? StudyManifest{} : manifest;
      }
    }
    if (kFault == Fault::invents_checkpoints) return StudyManifest{};
    return std::nullopt;
  }

  bool read_attempts(const study::CheckpointQuery& query, const study::TakeAttempt& take) override {
    const std::lock_guard lock(store().mutex);
    if (kFault == Fault::invents_attempts) take({.config_hash = "invented"});
    const bool is_known = store().studies.count(query.study_dir) != 0;
    if (!is_known) return false;
    for (const study::StudyAttempt& attempt : store().attempts[query.study_dir]) take(attempt);
    return true;
  }

  bool list_studies(const study::StudiesQuery& query, const study::TakeStudy& take) override {
    const std::lock_guard lock(store().mutex);
    for (const auto& [path, manifest] : store().studies) {
      const bool is_meant =
          query.study_name.empty() || query.study_name == manifest.head.study_name;
      if (!is_meant && kFault != Fault::lists_all_names) continue;
      if (kFault == Fault::lists_the_latest_alone && path != store().studies.rbegin()->first) {
        continue;
      }
      study::StoredStudy study{.study_name = manifest.head.study_name,
                               .study_dir = std::filesystem::weakly_canonical(path),
                               .study_design_hash = manifest.head.study_design_hash,
                               .status = manifest.head.status,
                               .started_at = manifest.head.started_at,
                               .completed_at = manifest.head.completed_at,
                               .counters = study::count_entries(manifest),
                               .running = 0,
                               .writer = {}};
      if (kFault == Fault::counts_no_failures) study.counters.failed = 0;
      take(study);
    }
    return true;
  }

 private:
  void keep_attempt(const study::ManifestEntryView& entry, const Transition& transition) {
    auto& attempts = store().attempts[study_dir_];
    const auto is_one = [&](const study::StudyAttempt& one) {
      return one.config_hash == entry.config_hash && one.cycle == entry.cycle;
    };
    if (kFault == Fault::forgets_earlier_attempts &&
        transition.state == study::ExperimentState::running) {
      std::erase_if(attempts, is_one);
    }
    const auto found = std::find_if(attempts.begin(), attempts.end(), [&](const auto& one) {
      return is_one(one) && one.attempt == transition.attempt;
    });
    study::StudyAttempt& attempt = found != attempts.end() ? *found : attempts.emplace_back();
    attempt.config_hash = entry.config_hash;
    attempt.cycle = entry.cycle;
    attempt.attempt = transition.attempt;
    attempt.attributes = transition.attributes;
    if (transition.state == study::ExperimentState::running) {
      attempt.started_at = transition.time;
      return;
    }
    attempt.ended_at = transition.time;
    attempt.state =
        transition.state == study::ExperimentState::completed ? study::AttemptState::completed
        : transition.state == study::ExperimentState::failed  ? study::AttemptState::failed
                                                              : study::AttemptState::interrupted;
    if (!transition.result_file.empty()) attempt.result_file = transition.result_file;
    if (!transition.error_type.empty()) attempt.error_type = transition.error_type;
    if (!transition.error_message.empty()) attempt.error_message = transition.error_message;
  }

  void check_resumed() const {
    const auto found = store().studies.find(study_dir_);
    const bool is_known = found != store().studies.end();
    const auto status = is_known ? found->second.head.status : study::StudyStatus::completed;
    if ((kFault == Fault::resumes_no_interrupted && status == study::StudyStatus::interrupted) ||
        (kFault == Fault::resumes_no_unfinished && status == study::StudyStatus::running) ||
        (kFault == Fault::resumes_no_foreign && !is_known)) {
      throw study::StudyError("this one can't be resumed");
    }
  }

  std::filesystem::path study_dir_;
  std::optional<StudyManifest> last_;
};

class Keeper final : public study::checkpoint::SharedStoreObserver {
 public:
  Keeper(study::PluginHost host, const boost::json::object&)
      : SharedStoreObserver(std::make_unique<MemorySink>(), study::checkpoint::log_to(host)) {}

  void on_study_start(const study::StudyStart& event) override {
    study_dir_ = event.study_dir;
    CheckpointObserver::on_study_start(event);
  }

  void on_experiment_state(const study::ExperimentEvent& event) override {
    try {
      CheckpointObserver::on_experiment_state(event);
    } catch (const study::EventIgnored&) {
      spoil(event);
      throw;
    }
    spoil(event);
  }

 private:
  void spoil(const study::ExperimentEvent& event) {
    if (kFault == Fault::stores_only_at_the_end) return;
    const std::lock_guard lock(store().mutex);
    auto& entries = store().studies[study_dir_].experiments;
    if (kFault == Fault::invents_entries && event.cycle > 2) {
      entries.push_back({std::string(event.config_hash), "invented", event.cycle});
    }
    for (study::ManifestEntry& entry : entries) {
      const bool is_meant = entry.config_hash == event.config_hash && entry.cycle == event.cycle;
      if (kFault == Fault::erases_results && is_meant) entry.status = event.state;
      if (kFault == Fault::keeps_views && entry.result_file) {
        std::string_view& view = result_files_[{entry.config_hash, entry.cycle}];
        if (is_meant) view = event.result_file;
        entry.result_file = view;
      }
    }
  }

  std::filesystem::path study_dir_;
  /// As they were lent.
  std::map<std::pair<std::string, std::int32_t>, std::string_view> result_files_;
};

}  // namespace

STUDY_EXPORT_OBSERVER(Keeper, .name = "keeper", .version = "1.0.0",
                      .description = "Keeps a checkpoint in memory.",
                      .options_schema = R"({"additionalProperties": false,
                                            "properties": {"colour": {"type": "string"}}})")
