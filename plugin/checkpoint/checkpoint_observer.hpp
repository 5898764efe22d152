/// Events in, checkpoint out: what all checkpoint plugins have in common.
#pragma once

#include "checkpoint/entry_table.hpp"
#include "checkpoint/sink.hpp"

#include <study/export_observer.hpp>
#include <study/log.hpp>
#include <study/observer.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace study::checkpoint {

/// The host's log as sinks want it.
[[nodiscard]] inline Log log_to(PluginHost host) {
  return [host](LogSeverity severity, std::string_view text) { host.log(severity, text); };
}

/// Keeps the table and passes each accepted transition on to a sink.
///
/// The one place of the log-and-continue policy. An event that the table refuses is one warning. A
/// sink that can't write is one warning per streak of failures, and the study goes on; the sink
/// keeps what was missed and tries it with the next transition and, with a few retries, at the end.
/// Recovery is logged with the number of failed writes. Only `on_study_start` throws.
class CheckpointObserver : public StudyObserver {
 public:
  using Sleep = std::function<void(std::chrono::milliseconds duration)>;

  /// `sleep` is what waits between the retries at the end of the study.
  CheckpointObserver(std::unique_ptr<Sink> sink, Log log, Sleep sleep = {});

  void on_study_start(const StudyStart& event) override;
  void on_experiment_state(const ExperimentEvent& event) override;
  void on_study_end(const StudyEnd& event) override;
  [[nodiscard]] std::optional<StudyManifest> read_checkpoint(const CheckpointQuery& query) override;

 private:
  void note_failure(std::string_view reason);
  void note_success();

  std::unique_ptr<Sink> sink_;
  Log log_;
  Sleep sleep_;
  std::optional<EntryTable> table_;  ///< from on_study_start on
  std::uint64_t failed_writes_ = 0;  ///< of the present streak
};

}  // namespace study::checkpoint
