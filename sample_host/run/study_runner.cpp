#include "run/study_runner.hpp"

#include "run/orphans.hpp"
#include "run/result.hpp"
#include "run/spawn.hpp"
#include "terminal/durations.hpp"

#include <study/atomic_file.hpp>
#include <study/identity.hpp>

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <signal.h>

namespace host {
namespace {

using study::ExperimentState;
using Clock = std::chrono::steady_clock;

bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// asio installs its handlers without SA_RESTART: blocking calls of plugins would fail with EINTR
/// whenever an experiment ends.
void restart_calls_after(int signal) {
  struct sigaction action {};
  if (::sigaction(signal, nullptr, &action) != 0) return;
  action.sa_flags |= SA_RESTART;
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

StudyRunner::StudyRunner(const PreparedStudy& study, study::ObserverSet& observers,
                         Progress& progress, HostLog& log)
    : study_(study),
      observers_(observers),
      progress_(progress),
      log_(log),
      io_(1),  // one thread: asio leaves its locks out where it can
      child_signals_(io_, SIGCHLD),
      interrupts_(io_, SIGINT, SIGTERM),
      gap_timer_(io_),
      tick_timer_(io_) {
  if (!is_ignored(SIGHUP)) interrupts_.add(SIGHUP);
  for (const int signal : {SIGCHLD, SIGINT, SIGTERM, SIGHUP}) restart_calls_after(signal);
}

RunTotals StudyRunner::run(const std::filesystem::path& study_dir) {
  study_dir_ = study_dir;
  environment_.emplace(study_marks(study_dir));
  watch_children();
  watch_interrupts();
  if (progress_.has_line()) tick();
  io_.poll();  // an interrupt that came before this takes effect before anything is started
  boost::asio::post(io_, [this] { start_more(); });
  io_.restart();
  io_.run();
  // A signal that came when all was done has interrupted nothing.
  if (totals_.completed + totals_.failed == study_.schedule.size()) totals_.interrupted_by = 0;
  return totals_;
}

void StudyRunner::watch_children() {
  child_signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    watch_children();
    for (const ActiveRun& run : active_) run.process->check_exit();
  });
}

void StudyRunner::watch_interrupts() {
  interrupts_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    watch_interrupts();
    on_interrupt(signal);
  });
}

void StudyRunner::on_interrupt(int signal) {
  if (totals_.interrupted_by == 0) {
    totals_.interrupted_by = signal;
    if (!active_.empty()) {
      log_.warning(signal_name(signal) + ": ending " + std::to_string(active_.size()) +
                   " running experiment" + (active_.size() > 1 ? "s" : "") +
                   "; once more kills at once");
    }
    for (const ActiveRun& run : active_) run.process->stop();
  } else {
    for (const ActiveRun& run : active_) run.process->kill();
  }
  gap_timer_.cancel();
  boost::asio::post(io_, [this] { start_more(); });
}

/// Starts one run if one can be started, and comes back for more by way of the event loop, so that
/// signals get their turn also where nothing can be started at all.
void StudyRunner::start_more() {
  const bool over = totals_.interrupted_by != 0 || next_ == study_.schedule.size();
  if (over) {
    if (active_.empty()) io_.stop();
    return;
  }
  if (active_.size() >= static_cast<std::size_t>(study_.jobs)) return;
  if (must_wait(study_.schedule[next_])) return;
  if (!start_run(next_)) return;
  ++next_;
  boost::asio::post(io_, [this] { start_more(); });
}

/// Whether a gap is to pass first; something that calls `start_more` again is then under way.
bool StudyRunner::must_wait(const ScheduledRun& run) {
  const Execution& execution = study_.file.execution;
  const auto gap = pause_before(run, execution);
  if (!last_end_ || gap <= Clock::duration::zero()) return false;
  if (waits_for_all(run, execution) && !active_.empty()) return true;
  const Clock::time_point due = *last_end_ + gap;
  if (Clock::now() >= due) return false;
  gap_timer_.expires_at(due);
  gap_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) start_more();
  });
  return true;
}

/// False where the machine has no room for another run: the end of one that is active makes some,
/// and calls `start_more` again.
bool StudyRunner::start_run(std::size_t index) {
  const ScheduledRun& scheduled = study_.schedule[index];
  const auto& configuration = study_.plan.configurations[scheduled.configuration];
  ActiveRun run;
  run.index = index;
  run.stem = study::result_stem(study_.fields(scheduled.configuration), configuration, scheduled.cycle);
  const auto must_wait_for_room = [this](const auto& error) {
    if (active_.empty() || !is_shortage(error.code())) return false;
    if (!std::exchange(shortage_noted_, true)) {
      log_.warning("fewer experiments than jobs run at once: " + std::string(error.what()));
    }
    return true;
  };
  std::optional<Failure> failure;
  try {
    start_process(run);
  } catch (const SpawnError& error) {
    if (must_wait_for_room(error)) return false;
    failure = make_failure("SpawnError", error.what());
  } catch (const study::FileError& error) {
    if (must_wait_for_room(error)) return false;
    failure = make_failure("FileError", error.what());
  }
  if (failure) {
    tell(index, ExperimentState::failed, {.failure = &*failure});
    return true;
  }
  active_.push_back(std::move(run));
  tell(index, ExperimentState::running, {});
  return true;
}

void StudyRunner::start_process(ActiveRun& run) {
  const ScheduledRun& scheduled = study_.schedule[run.index];
  const RunnerSpec& runner = *study_.runner_of[scheduled.configuration];
  const boost::json::object& fields = study_.fields(scheduled.configuration);
  PlaceholderValues values;
  values.config_file = study_dir_ / (run.stem + ".config.json");
  values.result_file = study_dir_ / ("." + run.stem + ".result.tmp");
  values.timeseries_file = study_dir_ / (run.stem + ".parquet");
  values.study_file_dir = study_.file.path.parent_path();
  values.cycle = scheduled.cycle;
  values.config_hash = study_.plan.configurations[scheduled.configuration].config_hash;

  run.files.final = study_dir_ / (run.stem + ".json");
  if (uses_placeholder(runner, "result_file")) run.files.written = values.result_file;
  discard_result(run.files);
  if (uses_placeholder(runner, "config_file")) {
    study::replace_file(values.config_file, study::canonical_json(fields) + "\n");
  }
  run.process = ExperimentProcess::start(
      io_,
      {expand_command(runner, fields, values), *environment_, study_dir_ / (run.stem + ".log"),
       runner.timeout},
      [this, index = run.index](const ProcessEnd& end) { on_end(index, end); });
}

void StudyRunner::on_end(std::size_t index, const ProcessEnd& end) {
  const auto place = std::find_if(active_.begin(), active_.end(),
                                  [&](const ActiveRun& run) { return run.index == index; });
  const ActiveRun run = std::move(*place);
  active_.erase(place);
  last_end_ = Clock::now();
  note_log_error(end.log_error);
  if (end.interrupted) {
    discard_result(run.files);
    tell(index, ExperimentState::pending, {.ran = end.duration});
    return start_more();
  }
  const ScheduledRun& scheduled = study_.schedule[index];
  auto failure = failure_of(end, study_.runner_of[scheduled.configuration]->timeout);
  // Before anything is told: `completed` never names a file that isn't there whole.
  if (!failure) failure = place_result(end, run.files, study_.host.durability);
  if (failure) {
    discard_result(run.files);
    tell(index, ExperimentState::failed, {.failure = &*failure, .ran = end.duration});
  } else {
    tell(index, ExperimentState::completed,
         {.result_file = run.stem + ".json", .ran = end.duration});
  }
  start_more();
}

void StudyRunner::tell(std::size_t index, ExperimentState state, const Details& details) {
  const ScheduledRun& run = study_.schedule[index];
  study::ExperimentEvent event;
  event.config_hash = study_.plan.configurations[run.configuration].config_hash;
  event.cycle = run.cycle;
  event.state = state;
  event.time = study::now();
  event.result_file = details.result_file;
  if (details.failure != nullptr) {
    event.error_type = details.failure->type;
    event.error_message = details.failure->message;
  }
  observers_.on_experiment_state(event);
  if (state == ExperimentState::completed) ++totals_.completed;
  if (state == ExperimentState::failed) ++totals_.failed;

  const std::string name = title(run);
  std::string line = std::string(to_string(state)) + ": " + name;
  if (details.failure != nullptr) {
    line += ": " + details.failure->type + ": " + details.failure->message;
  }
  log_.info(line);
  progress_.note({index, state, name, details.ran, details.failure}, Clock::now());
}

std::string StudyRunner::title(const ScheduledRun& run) const {
  std::string text = study_.plan.configurations[run.configuration].config_summary;
  if (study_.plan.n_cycles > 1) text += ", cycle " + std::to_string(run.cycle);
  return text;
}

void StudyRunner::note_log_error(const std::string& error) {
  if (error.empty() || std::exchange(log_error_noted_, true)) return;
  log_.warning("what experiments print is not kept: " + error);
}

void StudyRunner::tick() {
  progress_.refresh(Clock::now());
  tick_timer_.expires_after(std::chrono::seconds(1));
  tick_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

}  // namespace host
