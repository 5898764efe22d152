/// Runs a prepared study: which experiment starts when, and what is said of it.
#pragma once

#include "plan/prepared_study.hpp"
#include "run/descendants.hpp"
#include "run/earlier_attempts.hpp"
#include "run/host_signals.hpp"
#include "run/launch_pause.hpp"
#include "run/progress.hpp"
#include "run/run_attempt.hpp"
#include "run/transitions.hpp"
#include "terminal/host_log.hpp"

#include <study/session.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace host {

struct RunTotals {
  std::size_t completed = 0;
  std::size_t failed = 0;
  int interrupted_by = 0;  ///< the first signal that came before all was done; 0: none
  /// Why nothing more was started although there was more; empty where all was, or a signal is why.
  std::string stopped;
  /// Stopped by the study's own time limit, or since nothing can be launched: to be continued.
  bool is_to_be_continued = false;
  bool has_launcher_failed = false;  ///< once or more: what it has started may go on
};

/// When so many runs one after the other could not be started, or their results not be put in
/// place, for no fault of theirs (a full disk), the rest is not run: it would fare the same.
inline constexpr int kMaxOwnFaults = 3;
/// A run that has failed by itself within this time before the host is interrupted is taken for an
/// interrupted one: it was told to end at the same moment, and has said so with an exit code of its
/// own. Nobody who sees a failure reacts so fast.
inline constexpr std::chrono::milliseconds kFailureWindow{250};
/// As long of that a study whose last run has failed by itself waits before it ends.
inline constexpr std::chrono::milliseconds kLastFailureWait{50};
/// Where nothing at all can be started for want of processes or files, it is tried again after this
/// time, so often, before that counts as such a fault.
inline constexpr std::chrono::milliseconds kShortagePause{1000};
inline constexpr int kShortageTries = 60;

/// One event loop on one thread drives everything.
///
/// Gaps: a run starts no sooner than `experiment_gap` after the last end of any run; before a run
/// that starts a round, `cycle_gap` comes on top, and if there is one, the run also waits until all
/// runs of the round before have ended. With one job that is the pause between two runs; with
/// several, a job that is free waits for the machine to have been left alone that long by ends, not
/// by the others' running. Nothing is waited for before the first end, nor after a program that
/// could not be started.
///
/// The signals of interrupts.hpp are caught from construction to destruction, but for those that
/// the host was started to ignore, as SIGHUP under nohup. The first ends the running experiments
/// gently, and their entries go back to pending; a second one kills them at once. SIGTSTP (Ctrl-Z)
/// stops the experiments with the host, and they go on with it.
class StudyRunner {
 public:
  StudyRunner(const PreparedStudy& study, study::Session& session, Progress& progress,
              HostLog& log);
  StudyRunner(const StudyRunner&) = delete;
  StudyRunner& operator=(const StudyRunner&) = delete;

  /// Runs the whole study, once; the session has been started. `study_dir` is absolute. What it
  /// throws is no experiment's failure but the host's own; running processes are then killed by the
  /// destructor.
  [[nodiscard]] RunTotals run(const std::filesystem::path& study_dir);

 private:
  /// A run that is to be started.
  struct NextRun {
    std::size_t index = 0;  ///< in the schedule
    int tries = 0;          ///< that have failed
    int attempt = 1;        ///< the least number that the next one may have
  };
  struct RecentFailure {
    std::size_t index;
    std::chrono::steady_clock::time_point told;
  };
  struct ActiveRun {
    NextRun run;
    int slot;
    std::string stem;
    std::shared_ptr<RunAttempt> attempt;
  };

  void on_child();
  void on_interrupt(int signal);
  void on_time_limit(std::chrono::milliseconds limit);
  void take_back_failures();
  void stop_with_experiments();
  void finish();
  void start_more();
  [[nodiscard]] bool must_wait(const ScheduledRun& run);
  [[nodiscard]] bool start_run(const NextRun& next);
  [[nodiscard]] bool must_wait_for_room(const std::error_code& code, const std::string& reason);
  void start_attempt(ActiveRun& run, const boost::json::object& fields);
  [[nodiscard]] int free_slot() const;
  void on_verdict(std::size_t index, const Verdict& verdict);
  void fail(const NextRun& run, const Failure& failure, bool is_own_fault,
            std::chrono::steady_clock::duration ran);
  void note_launcher(const NextRun& run, const Verdict& verdict);
  void wait_until(std::chrono::steady_clock::time_point due);
  [[nodiscard]] std::size_t failed_for_good() const;
  void tick();

  const PreparedStudy& study_;
  Progress& progress_;
  HostLog& log_;
  Transitions transitions_;
  std::filesystem::path study_dir_;
  std::optional<EarlierAttempts> earlier_;
  std::vector<std::string> marks_;  ///< variables of every experiment
  Descendants descendants_;
  OutOfMemoryKills out_of_memory_;
  boost::asio::io_context io_;
  HostSignals signals_;
  boost::asio::steady_timer gap_timer_;
  boost::asio::steady_timer limit_timer_;
  boost::asio::steady_timer tick_timer_;
  std::uint64_t next_mark_ = 0;  ///< of an experiment's processes
  std::size_t next_ = 0;         ///< in the schedule
  std::deque<NextRun> retries_;
  std::deque<RecentFailure> recent_failures_;
  std::vector<ActiveRun> active_;
  std::optional<std::chrono::steady_clock::time_point> last_end_;
  RunTotals totals_;
  int own_faults_ = 0;  ///< one after the other
  int shortages_ = 0;   ///< one after the other
  LaunchPause launch_pause_;
  bool shortage_noted_ = false;
};

}  // namespace host
