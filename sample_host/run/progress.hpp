/// How far the study is, on stderr.
#pragma once

#include "run/estimate.hpp"
#include "run/failure.hpp"
#include "terminal/terminal.hpp"

#include <study/experiment_state.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace host {

/// One run has entered `state`.
struct ProgressStep {
  std::size_t run = 0;  ///< which one: any number that stands for it alone
  study::ExperimentState state = study::ExperimentState::pending;
  std::string_view title;                     ///< `gzip / level=3, cycle 2`
  std::chrono::steady_clock::duration ran{};  ///< how long, in a state after running
  const Failure* failure = nullptr;           ///< failed
  bool is_retry = false;                      ///< running: it had failed
};

/// On a terminal one line that is replaced in place, and a line for each failure above it; else a
/// plain line for each transition: `[12/40] completed gzip / level=3 (1.2 s)`.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  /// `pauses`: what the pause before each run that is left adds to the estimate, in the order in
  /// which they are started; see `shares_of_pauses`. Those behind its end have none.
  Progress(Console& console, std::size_t total, int jobs, std::vector<Clock::duration> pauses,
           Clock::time_point now);

  /// So many of the total are done already, before the first step.
  void begin_at(std::size_t completed, std::size_t failed);

  void note(const ProgressStep& step, Clock::time_point now);

  /// Draws the line anew, where there is one. To be called each second.
  void refresh(Clock::time_point now);

  /// Removes the line and writes the summary.
  void finish(Clock::time_point now);

  /// `39 completed, 1 failed, 0 pending of 40 in 35.2 s`.
  [[nodiscard]] std::string summary(Clock::time_point now) const;

  /// `12/40 done, 1 failed, 2 running, 35.2 s elapsed, about 1 min 20 s left: gzip / level=3, xz /
  /// level=1; completed last: gzip / level=2 (1.2 s)`. The names come last, for a narrow terminal.
  [[nodiscard]] std::string status_line(Clock::time_point now) const;

  /// What is left to run at the mean duration of the finished runs, shared by the jobs, and the
  /// pauses that are left. Empty before a run has finished, when nothing is known, and when nothing
  /// is left.
  [[nodiscard]] std::optional<Clock::duration> estimate(Clock::time_point now) const;

  [[nodiscard]] bool has_line() const { return console_.is_terminal(); }

 private:
  struct Running {
    std::size_t run;
    Clock::time_point since;
    std::string title;
  };

  void begin_next();
  void count(const ProgressStep& step, Clock::time_point now);
  [[nodiscard]] std::string transition_line(const ProgressStep& step) const;

  Console& console_;
  const std::size_t total_;
  const int jobs_;
  std::vector<Clock::duration> pauses_;
  const Clock::time_point started_;
  std::size_t completed_ = 0;
  std::size_t failed_ = 0;
  ExperimentTimes ended_;  ///< of finished runs that were a process at all
  std::vector<Running> running_;
  std::string last_completed_;     ///< with its duration
  std::size_t begun_ = 0;          ///< so many runs have been started, or could not be
  Clock::duration pauses_left_{};  ///< of those behind them
  Clock::time_point last_end_{};
};

}  // namespace host
