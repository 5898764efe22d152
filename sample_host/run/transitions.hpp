/// What becomes of the runs of a study, told to all who are to know it: the session and by it the
/// observers, the log, the person at the terminal.
#pragma once

#include "plan/prepared_study.hpp"
#include "run/failure.hpp"
#include "run/progress.hpp"
#include "run/run_attempt.hpp"
#include "terminal/host_log.hpp"

#include <study/experiment_state.hpp>
#include <study/session.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace host {

/// What there is to say beyond the run and its state.
struct TransitionDetails {
  const Failure* failure = nullptr;  ///< failed
  std::chrono::steady_clock::duration ran{};
  int retry = 0;  ///< running: so many attempts have failed
  int slot = -1;  ///< running: from 0 to jobs - 1; -1: it has none
};

class Transitions {
 public:
  Transitions(const PreparedStudy& study, study::Session& session, Progress& progress,
              HostLog& log);

  /// `index`: of the run in the schedule.
  void tell(std::size_t index, study::ExperimentState state, const TransitionDetails& details);

  /// Says what an attempt has come to beside its state: what it had left, what is kept.
  void note(std::size_t index, const Verdict& verdict);

  /// Of the runs in the schedule; one that is tried again after a failure has not failed.
  [[nodiscard]] std::size_t completed() const { return completed_; }
  [[nodiscard]] std::size_t failed() const { return failed_; }

 private:
  void tell_session(const ScheduledRun& run, study::ExperimentState state,
                    const TransitionDetails& details);
  void note_log_error(const std::string& error);
  [[nodiscard]] std::string title(const ScheduledRun& run) const;

  const PreparedStudy& study_;
  study::Session& session_;
  Progress& progress_;
  HostLog& log_;
  std::size_t completed_ = 0;
  std::size_t failed_ = 0;
  bool log_error_noted_ = false;
};

}  // namespace host
