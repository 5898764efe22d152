#include "run/study_runner.hpp"

#include "run/attempt_spec.hpp"
#include "run/orphans.hpp"
#include "run/spawn.hpp"
#include "terminal/durations.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/identity.hpp>

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <signal.h>

namespace host {
namespace {

using study::ExperimentState;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxRecentFailures = 1000;

}  // namespace

StudyRunner::StudyRunner(const PreparedStudy& study, study::Session& session, Progress& progress,
                         HostLog& log)
    : study_(study),
      progress_(progress),
      log_(log),
      transitions_(study, session, progress, log),
      io_(1),  // one thread: asio leaves its locks out where it can
      signals_(io_),
      gap_timer_(io_),
      limit_timer_(io_),
      tick_timer_(io_) {}

RunTotals StudyRunner::run(const std::filesystem::path& study_dir) {
  study_dir_ = study_dir;
  earlier_.emplace(study_dir);
  marks_ = study_marks(study_dir);
  next_mark_ = first_mark(study_dir);
  signals_.watch({.on_child = [this] { on_child(); },
                  .on_interrupt = [this](int signal) { on_interrupt(signal); },
                  .on_stop = [this] { stop_with_experiments(); }});
  if (const auto& limit = study_.file.execution.wall_clock_limit) {
    limit_timer_.expires_after(*limit);
    limit_timer_.async_wait([this, limit](const boost::system::error_code& error) {
      if (!error) on_time_limit(*limit);
    });
  }
  tick();
  io_.poll();  // an interrupt that came before this takes effect before anything is started
  boost::asio::post(io_, [this] { start_more(); });
  io_.restart();
  io_.run();
  totals_.completed = transitions_.completed();
  totals_.failed = transitions_.failed();
  // A signal that came when all was done has interrupted nothing.
  if (totals_.completed + totals_.failed == study_.schedule.size() && retries_.empty()) {
    totals_.interrupted_by = 0;
    totals_.stopped.clear();
    totals_.is_to_be_continued = false;
  }
  return totals_;
}

void StudyRunner::on_child() {
  for (const ActiveRun& run : active_) run.attempt->check();
  if (!descendants_.has_adopted()) return;  // the rule
  descendants_.update();
  for (const ActiveRun& run : active_) run.attempt->check();
}

void StudyRunner::on_interrupt(int signal) {
  if (totals_.interrupted_by == 0) {
    totals_.interrupted_by = signal;
    if (!active_.empty()) {
      log_.warning(signal_name(signal) + ": ending " + std::to_string(active_.size()) +
                   " running experiment" + (active_.size() > 1 ? "s" : "") +
                   "; once more kills at once");
    }
    for (const ActiveRun& run : active_) run.attempt->interrupt();
    take_back_failures();
  } else {
    for (const ActiveRun& run : active_) run.attempt->kill();
  }
  gap_timer_.cancel();
  boost::asio::post(io_, [this] { start_more(); });
}

/// What runs may end; what is left is for a resumption, which has as long.
void StudyRunner::on_time_limit(std::chrono::milliseconds limit) {
  if (!totals_.stopped.empty()) return;
  totals_.is_to_be_continued = true;
  totals_.stopped = "the study's time limit of " + elapsed_text(limit) + " has passed";
  gap_timer_.cancel();
  boost::asio::post(io_, [this] { start_more(); });
}

/// By way of `running`: the state machine knows no other from a failure.
void StudyRunner::take_back_failures() {
  for (const RecentFailure& failure : std::exchange(recent_failures_, {})) {
    if (Clock::now() - failure.told > kFailureWindow) continue;
    transitions_.tell(failure.index, ExperimentState::running, {.retry = 1});
    transitions_.tell(failure.index, ExperimentState::pending, {});
  }
}

/// The experiments are sessions of their own, which Ctrl-Z at the host's terminal doesn't reach.
void StudyRunner::stop_with_experiments() {
  for (const ActiveRun& run : active_) run.attempt->suspend();
  ::raise(SIGSTOP);  // returns with SIGCONT
  for (const ActiveRun& run : active_) run.attempt->go_on();
}

/// Starts one run if one can be started, and comes back for more by way of the event loop, so that
/// signals get their turn also where nothing can be started at all.
void StudyRunner::start_more() {
  const bool over = totals_.interrupted_by != 0 || !totals_.stopped.empty() ||
                    (next_ == study_.schedule.size() && retries_.empty());
  if (over) {
    if (active_.empty()) finish();
    return;
  }
  if (active_.size() >= static_cast<std::size_t>(study_.jobs)) return;
  const NextRun next = retries_.empty() ? NextRun{next_} : retries_.front();
  if (must_wait(study_.schedule[next.index])) return;
  const bool is_again = !retries_.empty();
  if (!start_run(next)) return;
  if (is_again) {
    retries_.pop_front();
  } else {
    ++next_;
  }
  boost::asio::post(io_, [this] { start_more(); });
}

/// A failure may turn out to be an interruption for a moment still.
void StudyRunner::finish() {
  const bool may_be_taken_back = totals_.interrupted_by == 0 && !recent_failures_.empty();
  const auto due =
      may_be_taken_back ? recent_failures_.back().told + kLastFailureWait : Clock::now();
  if (due <= Clock::now()) return io_.stop();
  wait_until(due);
}

/// Whether a gap is to pass first; something that calls `start_more` again is then under way.
bool StudyRunner::must_wait(const ScheduledRun& run) {
  if (Clock::now() < launch_pause_.until()) {
    wait_until(launch_pause_.until());
    return true;
  }
  const Execution& execution = study_.file.execution;
  const auto gap = pause_before(run, execution);
  if (!last_end_ || gap <= Clock::duration::zero()) return false;
  if (waits_for_all(run, execution) && !active_.empty()) return true;
  const Clock::time_point due = *last_end_ + gap;
  if (Clock::now() >= due) return false;
  wait_until(due);
  return true;
}

/// False where the machine has no room for another run: something that calls `start_more` again is
/// then under way.
bool StudyRunner::start_run(const NextRun& next) {
  const ScheduledRun& scheduled = study_.schedule[next.index];
  const auto& configuration = study_.plan().configurations[scheduled.configuration];
  const study::AllFields fields(study_.experiment(scheduled.configuration));
  ActiveRun run{next, free_slot(), study::result_stem(*fields, configuration, scheduled.cycle), {}};
  run.run.attempt = earlier_->next(run.stem, next.attempt);
  std::optional<Failure> failure;
  bool is_own_fault = false;
  try {
    start_attempt(run, *fields);
  } catch (const SpawnError& error) {
    if (must_wait_for_room(error.code(), error.what())) return false;
    failure = make_failure("SpawnError", error.what());
    is_own_fault = is_shortage(error.code());
  } catch (const study::FileError& error) {
    if (must_wait_for_room(error.code(), error.what())) return false;
    failure = make_failure("FileError", error.what());
    is_own_fault = true;
  }
  shortages_ = 0;
  if (failure) {
    // By way of `running`, where it had failed before.
    if (next.tries > 0)
      transitions_.tell(next.index, ExperimentState::running, {.retry = next.tries});
    fail({next.index, 0, 0}, *failure, is_own_fault, {});
    return true;
  }
  std::erase_if(recent_failures_,
                [&](const RecentFailure& recent) { return recent.index == next.index; });
  transitions_.tell(next.index, ExperimentState::running, {.retry = next.tries, .slot = run.slot});
  active_.push_back(std::move(run));
  return true;
}

/// The end of a run that is active makes room; where none is, time may.
bool StudyRunner::must_wait_for_room(const std::error_code& code, const std::string& reason) {
  if (!is_shortage(code)) return false;
  if (!active_.empty()) {
    if (!std::exchange(shortage_noted_, true)) {
      log_.warning("fewer experiments than jobs run at once: " + reason);
    }
    return true;
  }
  if (shortages_ == kShortageTries) return false;
  if (shortages_++ == 0) {
    log_.warning("nothing can be started at the moment, and is tried again each second: " + reason);
  }
  wait_until(Clock::now() + kShortagePause);
  return true;
}

void StudyRunner::wait_until(Clock::time_point due) {
  gap_timer_.expires_at(due);
  gap_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) start_more();
  });
}

int StudyRunner::free_slot() const {
  int slot = 0;
  const auto is_taken = [&](const ActiveRun& run) { return run.slot == slot; };
  while (std::any_of(active_.begin(), active_.end(), is_taken)) ++slot;
  return slot;
}

void StudyRunner::start_attempt(ActiveRun& run, const boost::json::object& fields) {
  run.attempt = RunAttempt::start(
      io_, descendants_, out_of_memory_,
      describe_attempt(study_, fields, study_dir_, marks_,
                       {run.run.index, run.stem, run.run.attempt, run.slot, next_mark_++}),
      [this, index = run.run.index](const Verdict& verdict) { on_verdict(index, verdict); });
}

void StudyRunner::on_verdict(std::size_t index, const Verdict& verdict) {
  const auto place = std::find_if(active_.begin(), active_.end(),
                                  [&](const ActiveRun& run) { return run.run.index == index; });
  const ActiveRun run = std::move(*place);
  active_.erase(place);
  last_end_ = verdict.ended_at;
  transitions_.note(index, verdict);
  note_launcher(run.run, verdict);
  if (verdict.failure) {
    fail({index, run.run.tries + 1, run.run.attempt + 1}, *verdict.failure, verdict.is_own_fault,
         verdict.ran);
    if (verdict.failure->type != "TimeoutError" && !verdict.is_own_fault) {
      recent_failures_.push_back({index, Clock::now()});
      if (recent_failures_.size() > kMaxRecentFailures) recent_failures_.pop_front();
    }
  } else {
    const bool is_completed = verdict.state == ExperimentState::completed;
    if (is_completed) own_faults_ = 0;
    transitions_.tell(index, verdict.state, {.ran = verdict.ran});
  }
  start_more();
}

/// `run` is how it would be tried again; with no tries it could not be started, and isn't.
void StudyRunner::fail(const NextRun& run, const Failure& failure, bool is_own_fault,
                       std::chrono::steady_clock::duration ran) {
  transitions_.tell(run.index, ExperimentState::failed, {.failure = &failure, .ran = ran});
  const RunnerSpec& runner = *study_.runner_of[study_.schedule[run.index].configuration];
  if (run.tries > 0 && run.tries <= runner.retries && totals_.stopped.empty()) {
    retries_.push_back(run);
    return;
  }
  own_faults_ = is_own_fault ? own_faults_ + 1 : 0;
  if (own_faults_ == kMaxOwnFaults) {
    totals_.stopped =
        std::to_string(kMaxOwnFaults) +
        " runs in a row have failed for faults that are not theirs: " + failure.message;
  }
  const auto& most = study_.file.execution.max_failures;
  if (most && failed_for_good() >= *most) {
    totals_.stopped = std::to_string(*most) + " runs have failed, which is max_failures";
  }
}

void StudyRunner::note_launcher(const NextRun& run, const Verdict& verdict) {
  if (verdict.is_launched) launch_pause_.note_success();
  if (verdict.launcher_problem.empty()) return;
  totals_.has_launcher_failed = true;
  if (totals_.interrupted_by != 0) return;
  retries_.push_front({run.index, run.tries, run.attempt + 1});
  if (const auto pause = launch_pause_.note_failure(Clock::now())) {
    log_.warning("an experiment was not launched, or has been lost, and is run again in " +
                 elapsed_text(*pause) + ": " + verdict.launcher_problem);
  } else if (launch_pause_.is_given_up() && totals_.stopped.empty()) {
    totals_.is_to_be_continued = true;
    totals_.stopped = "the launcher has failed " + std::to_string(LaunchPause::kMaxFailures) +
                      " times in a row: " + verdict.launcher_problem;
  }
}

std::size_t StudyRunner::failed_for_good() const {
  const auto are_run_again = std::count_if(retries_.begin(), retries_.end(),
                                           [](const NextRun& run) { return run.tries > 0; });
  return transitions_.failed() - static_cast<std::size_t>(are_run_again);
}

void StudyRunner::tick() {
  descendants_.observe();
  progress_.refresh(Clock::now());
  tick_timer_.expires_after(std::chrono::seconds(1));
  tick_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

}  // namespace host
