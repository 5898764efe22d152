#include "run/transitions.hpp"

#include "base/format.hpp"

#include <utility>

namespace host {

using study::ExperimentState;

namespace {

/// What the stores that have attempts keep with this one.
std::string attributes_of(const TransitionDetails& details) {
  return details.slot < 0 ? std::string() : study::format("{{\"slot\":{}}}", details.slot);
}

}  // namespace

Transitions::Transitions(const PreparedStudy& study, study::Session& session, Progress& progress,
                         HostLog& log)
    : study_(study), session_(session), progress_(progress), log_(log) {}

void Transitions::tell(std::size_t index, ExperimentState state, const TransitionDetails& details) {
  const ScheduledRun& run = study_.schedule[index];
  tell_session(run, state, details);
  if (state == ExperimentState::running && details.retry > 0) --failed_;
  if (state == ExperimentState::completed) ++completed_;
  if (state == ExperimentState::failed) ++failed_;

  const std::string name = title(run);
  std::string line = std::string(to_string(state)) + ": " + name;
  if (details.failure != nullptr) {
    line += ": " + details.failure->type + ": " + details.failure->message;
  }
  log_.info(line);
  progress_.note({index, state, name, details.ran, details.failure, details.retry > 0},
                 std::chrono::steady_clock::now());
}

void Transitions::tell_session(const ScheduledRun& run, ExperimentState state,
                               const TransitionDetails& details) {
  const auto& configuration = study_.plan().configurations[run.configuration];
  const study::RunNumber number = session_.find(configuration.config_hash, run.cycle).value();
  switch (state) {
    case ExperimentState::pending:
      return session_.interrupted(number);
    case ExperimentState::running:
      return session_.running(number, {.attributes = attributes_of(details)});
    case ExperimentState::completed:
      return session_.completed(number, {.is_in_place = true});
    case ExperimentState::failed:
      return session_.failed(number, details.failure->type, details.failure->message);
  }
}

std::string Transitions::title(const ScheduledRun& run) const {
  std::string text = study_.plan().configurations[run.configuration].config_summary;
  if (study_.plan().n_cycles > 1) text += ", cycle " + std::to_string(run.cycle);
  return text;
}

void Transitions::note_log_error(const std::string& error) {
  if (error.empty() || std::exchange(log_error_noted_, true)) return;
  log_.warning("what experiments print is not kept: " + error);
}

void Transitions::note(std::size_t index, const Verdict& verdict) {
  const ScheduledRun& run = study_.schedule[index];
  note_log_error(verdict.log_error);
  if (!verdict.left.empty()) {
    log_.info("ended what " + title(run) + " had left: " + joined(verdict.left));
  }
  if (!verdict.beyond.empty()) {
    log_.warning(title(run) + " has left what study-host can't end: " + joined(verdict.beyond));
  }
  if (verdict.state == ExperimentState::pending && !verdict.kept.empty()) {
    log_.info("what " + title(run) + " had written is kept as " + verdict.kept);
  }
}

}  // namespace host
