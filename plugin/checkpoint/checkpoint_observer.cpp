#include "checkpoint/checkpoint_observer.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>
#include <study/study_plan.hpp>

#include <exception>
#include <string>
#include <thread>
#include <utility>

namespace study::checkpoint {
namespace {

/// Waits between the attempts at the end of the study. Together short enough for whoever has
/// pressed Ctrl-C, long enough for a log rotation or a file server's hiccup.
constexpr std::chrono::milliseconds kFinalRetryDelays[] = {
    std::chrono::milliseconds(50), std::chrono::milliseconds(200), std::chrono::milliseconds(500)};

[[nodiscard]] EntryTable make_table(const StudyStart& event) {
  if (event.resume_from != nullptr) return EntryTable(*event.resume_from);
  // Without a manifest in between, which would be larger than the table.
  const StudyPlan plan = make_plan(event.config);
  return EntryTable(initial_head(event.config, plan, event.time), initial_entries(plan));
}

}  // namespace

CheckpointObserver::CheckpointObserver(std::unique_ptr<Sink> sink, Log log, Sleep sleep)
    : sink_(std::move(sink)), log_(std::move(log)), sleep_(std::move(sleep)) {
  if (!sleep_) {
    sleep_ = [](std::chrono::milliseconds duration) { std::this_thread::sleep_for(duration); };
  }
}

void CheckpointObserver::on_study_start(const StudyStart& event) {
  if (table_) throw StudyError("this observer has been started already");
  table_.emplace(make_table(event));
  try {
    sink_->open(*table_, event);
  } catch (...) {
    table_.reset();
    throw;
  }
}

void CheckpointObserver::on_experiment_state(const ExperimentEvent& event) {
  if (!table_) throw StudyError("no study has been started");
  std::string refusal;
  const std::optional<Transition> transition = table_->apply(event, refusal);
  if (!transition) {
    log_(LogSeverity::warning, "ignored an event: " + refusal);
    return;
  }
  try {
    sink_->commit(*table_, *transition);
    note_success();
  } catch (const std::exception& error) {
    note_failure(error.what());
  }
}

void CheckpointObserver::on_study_end(const StudyEnd& event) {
  if (!table_) throw StudyError("no study has been started");
  table_->end(event.outcome, event.time);
  for (auto delay = std::begin(kFinalRetryDelays);; ++delay) {
    try {
      sink_->close(*table_);
      note_success();
      return;
    } catch (const std::exception& error) {
      note_failure(error.what());
      if (delay == std::end(kFinalRetryDelays)) {
        log_(
            LogSeverity::error,
            std::string("the final checkpoint is missing or not as it should be: ") + error.what());
        return;
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
