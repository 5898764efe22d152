/// Events in, checkpoint out: what all checkpoint plugins have in common.
#pragma once

#include "checkpoint/entry_table.hpp"
#include "checkpoint/sink.hpp"

#include <study/export_observer.hpp>
#include <study/log.hpp>
#include <study/observer.hpp>
#include <study/study_plan.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace study::checkpoint {

/// The host's log as sinks want it.
[[nodiscard]] inline Log log_to(PluginHost host) {
  return [host](LogSeverity severity, std::string_view text) { host.log(severity, text); };
}

/// Keeps the table and passes each accepted transition on to a sink.
///
/// The one place of the log-and-continue policy. An event that the table refuses is one warning,
/// and the host gets `EventIgnored`. A sink that can't write is one warning per streak of failures,
/// and the study goes on; the sink keeps what was missed and tries it with the next transition and,
/// with a few retries, at the end. Recovery is logged with the number of failed writes. What a sink
/// throws leaves only `on_study_start` and, since nothing comes after it, `on_study_end`.
class CheckpointObserver : public StudyObserver {
 public:
  using Sleep = std::function<void(std::chrono::milliseconds duration)>;

  /// The longest that the end of the study takes, unless the file system itself doesn't answer.
  static constexpr std::chrono::milliseconds kEndWait{1000};

  /// `sleep` is what waits between the retries at the end of the study, `end_wait` how long all of
  /// that may take.
  CheckpointObserver(std::unique_ptr<Sink> sink, Log log, Sleep sleep = {},
                     std::chrono::milliseconds end_wait = kEndWait);

  void on_study_start(const StudyStart& event) override;
  void on_experiment_state(const ExperimentEvent& event) override;
  void on_experiments_added(const ExperimentsAdded& event) override;
  void on_study_end(const StudyEnd& event) override;
  [[nodiscard]] std::optional<StudyManifest> read_checkpoint(const CheckpointQuery& query) override;

 protected:
  [[nodiscard]] Sink& sink() { return *sink_; }

 private:
  /// Calls the sink, and logs what comes of it.
  template <class Call>
  void write(const Call& call);
  void note_failure(std::string_view reason);
  void note_success();

  std::unique_ptr<Sink> sink_;
  Log log_;
  Sleep sleep_;
  const std::chrono::milliseconds end_wait_;
  std::optional<EntryTable> table_;    ///< from on_study_start on
  std::optional<StudyGrowth> growth_;  ///< the same
  std::size_t experiments_ = 0;        ///< how many have come
  std::uint64_t failed_writes_ = 0;    ///< of the present streak
};

/// The same with a sink that keeps all attempts, and tells of them.
class HistoryObserver : public CheckpointObserver {
 public:
  using CheckpointObserver::CheckpointObserver;

  [[nodiscard]] bool read_attempts(const CheckpointQuery& query, const TakeAttempt& take) override {
    return sink().read_attempts(query, take);
  }
};

/// And whose store many studies share.
class SharedStoreObserver : public HistoryObserver {
 public:
  using HistoryObserver::HistoryObserver;

  [[nodiscard]] bool list_studies(const StudiesQuery& query, const TakeStudy& take) override {
    return sink().list_studies(query, take);
  }
};

}  // namespace study::checkpoint
