/// Runs a prepared study: which experiment starts when, and what is said of it.
#pragma once

#include "plan/prepared_study.hpp"
#include "run/experiment_process.hpp"
#include "run/progress.hpp"
#include "run/result.hpp"
#include "session/observers.hpp"
#include "terminal/host_log.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

namespace host {

struct RunTotals {
  std::size_t completed = 0;
  std::size_t failed = 0;
  int interrupted_by = 0;  ///< the first signal that came before all was done; 0: none
};

/// One event loop on one thread drives everything.
///
/// Gaps: a run starts no sooner than `experiment_gap` after the last end of any run; before a run
/// that starts a round, it is `cycle_gap` if that is longer, and if there is one, the run also
/// waits until all runs of the round before have ended. With one job that is the pause between two
/// runs; with several, a job that is free waits for the machine to have been left alone that long
/// by ends, not by the others' running. Nothing is waited for before the first end, nor after a
/// program that could not be started.
///
/// SIGINT, SIGTERM and SIGHUP (unless it was ignored, as under nohup) are caught from construction
/// to destruction. The first ends the running experiments gently, and their entries go back to
/// pending; a second one kills them at once. One that had exited by itself before still counts.
class StudyRunner {
 public:
  StudyRunner(const PreparedStudy& study, study::ObserverSet& observers, Progress& progress,
              HostLog& log);
  StudyRunner(const StudyRunner&) = delete;
  StudyRunner& operator=(const StudyRunner&) = delete;

  /// Runs the whole study, once; the observers have started. `study_dir` is absolute. What it
  /// throws is no experiment's failure but the host's own; running processes are then killed by the
  /// destructor.
  [[nodiscard]] RunTotals run(const std::filesystem::path& study_dir);

 private:
  struct ActiveRun {
    std::size_t index;  ///< in the schedule
    std::string stem;
    ResultFiles files;
    std::shared_ptr<ExperimentProcess> process;
  };
  /// What an event says beyond the run and its state.
  struct Details {
    std::string result_file{};
    const Failure* failure = nullptr;
    std::chrono::steady_clock::duration ran{};
  };

  void watch_children();
  void watch_interrupts();
  void on_interrupt(int signal);
  void start_more();
  [[nodiscard]] bool must_wait(const ScheduledRun& run);
  [[nodiscard]] bool start_run(std::size_t index);
  void start_process(ActiveRun& run);
  void on_end(std::size_t index, const ProcessEnd& end);
  void tell(std::size_t index, study::ExperimentState state, const Details& details);
  void note_log_error(const std::string& error);
  void tick();
  [[nodiscard]] std::string title(const ScheduledRun& run) const;

  const PreparedStudy& study_;
  study::ObserverSet& observers_;
  Progress& progress_;
  HostLog& log_;
  std::filesystem::path study_dir_;
  std::optional<Environment> environment_;  ///< of every experiment
  boost::asio::io_context io_;
  boost::asio::signal_set child_signals_;
  boost::asio::signal_set interrupts_;
  boost::asio::steady_timer gap_timer_;
  boost::asio::steady_timer tick_timer_;
  std::size_t next_ = 0;  ///< in the schedule
  std::vector<ActiveRun> active_;
  std::optional<std::chrono::steady_clock::time_point> last_end_;
  RunTotals totals_;
  bool log_error_noted_ = false;
  bool shortage_noted_ = false;
};

}  // namespace host
