#include "checkpoint/checkpoint_observer.hpp"

#include "base/format.hpp"
#include "base/free_memory.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>

#include <exception>
#include <string>
#include <thread>
#include <unordered_set>
#include <utility>

namespace study::checkpoint {
namespace {

/// Waits between the attempts at the end of the study. Together short enough for whoever has
/// pressed Ctrl-C, long enough for a log rotation or a file server's hiccup.
constexpr std::chrono::milliseconds kFinalRetryDelays[] = {
    std::chrono::milliseconds(50), std::chrono::milliseconds(200), std::chrono::milliseconds(500)};

[[noreturn]] void refuse_resumption(std::string_view config_hash, std::int32_t cycle,
                                    std::string_view problem) {
  throw StudyError(
      study::format("the checkpoint to go on from is not one of this study: {} cycle {} {}. Resume "
                    "the study with "
                    "its own experiments, or start a new one in a directory of its own",
                    config_hash, cycle, problem));
}

[[nodiscard]] bool has_entries_of(const StudyPlan& plan, const EntryTable& table) {
  std::size_t same = 0;
  for_each_initial_entry(plan, [&](const ManifestEntryView& planned) {
    if (same >= table.size()) return;
    const ManifestEntryView entry = table.entry(same);
    if (entry.config_hash == planned.config_hash && entry.cycle == planned.cycle) ++same;
  });
  return same == table.size() && same == plan.total_runs();
}

/// The table must have each entry of the plan, and of other configurations none. More cycles than
/// the plan has are what is left of a study that had more.
void check_entries(const EntryTable& table, const StudyPlan& plan) {
  if (has_entries_of(plan, table)) return;  // the rule
  std::unordered_set<std::string_view> planned;
  planned.reserve(plan.configurations.size());
  for (const PlannedConfiguration& configuration : plan.configurations) {
    planned.insert(configuration.config_hash);
    for (std::int32_t cycle = 1; cycle <= configuration.n_cycles; ++cycle) {
      if (table.find(configuration.config_hash, cycle)) continue;
      refuse_resumption(configuration.config_hash, cycle, "is missing in it");
    }
  }
  for (std::size_t i = 0; i < table.size(); ++i) {
    const ManifestEntryView entry = table.entry(i);
    if (planned.contains(entry.config_hash)) continue;
    refuse_resumption(entry.config_hash, entry.cycle, "is in it, and not among the experiments");
  }
}

[[nodiscard]] EntryTable make_table(const StudyStart& event, const StudyPlan& plan) {
  // Without a manifest in between, which would be larger than the table.
  if (event.resume_from == nullptr) {
    return EntryTable(initial_head(event.config, plan, event.time), plan);
  }
  EntryTable table(*event.resume_from);
  check_entries(table, plan);
  return table;
}

}  // namespace

CheckpointObserver::CheckpointObserver(std::unique_ptr<Sink> sink, Log log, Sleep sleep,
                                       std::chrono::milliseconds end_wait)
    : sink_(std::move(sink)), log_(std::move(log)), sleep_(std::move(sleep)), end_wait_(end_wait) {
  if (!sleep_) {
    sleep_ = [](std::chrono::milliseconds duration) { std::this_thread::sleep_for(duration); };
  }
}

void CheckpointObserver::on_study_start(const StudyStart& event) {
  if (table_) throw StudyError("this observer has been started already");
  experiments_ = event.config.experiments.size();
  auto [plan, growth] = StudyPlanner(event.config).split();
  // They are as large as the table.
  if (event.disposable_config != nullptr) free_memory_of(event.disposable_config->experiments);
  table_.emplace(make_table(event, plan));
  plan = {};
  if (event.disposable_manifest != nullptr) free_memory_of(event.disposable_manifest->experiments);
  growth_.emplace(std::move(growth));
  try {
    sink_->open(*table_, event);
  } catch (const StoreAway&) {
    throw;
  } catch (...) {
    growth_.reset();
    table_.reset();
    throw;
  }
}

void CheckpointObserver::on_experiment_state(const ExperimentEvent& event) {
  if (!table_) throw StudyError("no study has been started");
  std::string refusal;
  ExperimentEvent kept = event;
  if (!sink_->keeps_attributes()) kept.attributes = {};
  const std::optional<Transition> transition = table_->apply(kept, refusal);
  if (!transition) {
    log_(LogSeverity::warning, "ignored an event: " + refusal);
    throw EventIgnored(refusal);
  }
  write([&] { sink_->commit(*table_, *transition); });
}

void CheckpointObserver::on_experiments_added(const ExperimentsAdded& event) {
  if (!growth_) throw StudyError("no study has been started");
  const auto first = static_cast<EntryIndex>(table_->size());
  for (const Experiment& experiment : event.experiments) {
    const PlannedConfiguration planned =
        growth_->add(experiment, experiments_,
                     [&](std::string_view hash) { return table_->find(hash, 1).has_value(); });
    ++experiments_;
    for (std::int32_t cycle = 1; cycle <= planned.n_cycles; ++cycle) {
      table_->add(planned.config_hash, planned.config_summary, cycle);
    }
  }
  if (!event.study_design_hash.empty()) {
    growth_->set_study_design_hash(std::string(event.study_design_hash));
  }
  if (table_->size() == first) return;
  table_->set_study_design_hash(growth_->study_design_hash());
  write([&] { sink_->add(*table_, first, event.time); });
}

template <class Call>
void CheckpointObserver::write(const Call& call) {
  try {
    call();
    note_success();
  } catch (const std::exception& error) {
    note_failure(error.what());
  }
}

void CheckpointObserver::on_study_end(const StudyEnd& event) {
  if (!table_) throw StudyError("no study has been started");
  table_->end(event.outcome, event.time);
  const auto deadline = std::chrono::steady_clock::now() + end_wait_;
  for (auto delay = std::begin(kFinalRetryDelays);; ++delay) {
    try {
      sink_->close(*table_, deadline);
      note_success();
      return;
    } catch (const std::exception& error) {
      note_failure(error.what());
      const bool is_last = delay == std::end(kFinalRetryDelays) ||
                           std::chrono::steady_clock::now() + *delay > deadline;
      if (is_last) {
        throw StudyError(std::string("the final checkpoint is missing or not as it should be: ") +
                         error.what());
      }
    }
    sleep_(*delay);
  }
}

std::optional<StudyManifest> CheckpointObserver::read_checkpoint(const CheckpointQuery& query) {
  return sink_->read_checkpoint(query);
}

void CheckpointObserver::note_failure(std::string_view reason) {
  if (failed_writes_++ > 0) return;  // the first of the streak has been logged
  log_(LogSeverity::warning,
       "the checkpoint could not be written, the study goes on and it is tried again with "
       "the next transition: " +
           std::string(reason));
}

void CheckpointObserver::note_success() {
  if (failed_writes_ == 0) return;
  // As visible as the warning of the failure: who has seen that wants to know.
  log_(LogSeverity::warning, "the checkpoint is written again and complete, after " +
                                 std::to_string(failed_writes_) +
                                 (failed_writes_ == 1 ? " failed write" : " failed writes"));
  failed_writes_ = 0;
}

}  // namespace study::checkpoint
