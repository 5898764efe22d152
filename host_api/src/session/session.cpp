// The session that a host holds: one call after the other, in the process that opened it.
#include "base/format.hpp"
#include "session/live_sessions.hpp"
#include "session/session_state.hpp"

#include <study/session.hpp>

#include <utility>

namespace study {

Session Session::open(SessionOptions options) {
  Session session(std::move(options));
  session.start();
  return session;
}

Session::Session(SessionOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

namespace {

/// The session's state for one call: by this thread alone, in the process that opened it. Asked
/// before the mutex is taken: in a child it may be held by a thread that isn't there.
template <class State>
class Use {
 public:
  explicit Use(const std::unique_ptr<State>& state) : state_(*state), lock_(checked(*state)) {}
  State* operator->() const { return &state_; }

 private:
  static std::mutex& checked(State& state) {
    state.check_usable();
    return state.calls;
  }
  State& state_;
  std::lock_guard<std::mutex> lock_;
};

}  // namespace

void Session::start() {
  const Use use(state_);
  if (use->has_nothing_left) {
    use->log(LogSeverity::info, study::format("the study in {} has been completed: nothing is left",
                                              use->study_dir.string()));
    if (use->options.hooks.started) use->options.hooks.started(use->study_dir);
    return;
  }
  use->start();
  end_at_exit(state_.get(), [state = state_.get()] {
    if (state->process.is_in_child()) return;
    const std::lock_guard<std::mutex> lock(state->calls);
    state->end(StudyOutcome::interrupted, {});
  });
}

std::filesystem::path Session::directory() const {
  return Use(state_)->study_dir;
}

bool Session::is_resumed() const {
  return Use(state_)->is_resumed;
}

std::vector<std::string> Session::observers() const {
  return Use(state_)->observer_names;
}

std::vector<RunNumber> Session::pending() const {
  const Use use(state_);
  std::vector<RunNumber> left;
  for (std::size_t i = 0; i < use->table->size(); ++i) {
    if (use->table->entry(i).status == ExperimentState::pending) left.push_back(i);
  }
  return left;
}

std::size_t Session::size() const {
  return Use(state_)->table->size();
}

SessionRun Session::run(RunNumber run) const {
  const Use use(state_);
  const ManifestEntryView entry = use->entry(run);
  const ConfigurationIndex configuration = use->configuration_of[run];
  const std::uint32_t given = use->given[configuration];
  return {.config_hash = std::string(entry.config_hash),
          .config_summary = std::string(entry.config_summary),
          .cycle = entry.cycle,
          .state = entry.status,
          .result_stem = use->stem(run),
          .config = *AllFields(use->experiment(configuration)),
          .experiment = given == kNotGiven ? std::nullopt : std::optional<std::size_t>(given)};
}

std::optional<RunNumber> Session::find(std::string_view config_hash, std::int32_t cycle) const {
  return Use(state_)->table->find(config_hash, cycle);
}

ExperimentState Session::state(RunNumber run) const {
  return Use(state_)->entry(run).status;
}

const StudyPlan& Session::plan() const {
  return Use(state_)->planner->plan();
}

ManifestCounters Session::counters() const {
  return Use(state_)->table->counters();
}

StudyManifest Session::manifest() const {
  return Use(state_)->table->manifest();
}

void Session::running(RunNumber run, const EventDetails& details) {
  Use(state_)->tell(run, {.state = ExperimentState::running}, details);
}

void Session::completed(RunNumber run, const SessionResult& result, const EventDetails& details) {
  Use(state_)->complete(run, result, details);
}

void Session::failed(RunNumber run, std::string_view error_type, std::string_view error_message,
                     const EventDetails& details) {
  Use(state_)->tell(
      run,
      {.state = ExperimentState::failed, .error_type = error_type, .error_message = error_message},
      details);
}

void Session::interrupted(RunNumber run, const EventDetails& details) {
  Use(state_)->tell(run, {.state = ExperimentState::pending}, details);
}

std::vector<RunNumber> Session::add(std::span<const Experiment> experiments,
                                    const EventDetails& details) {
  return Use(state_)->add(experiments, details);
}

void Session::end(std::optional<StudyOutcome> outcome, const EventDetails& details) {
  Use(state_)->end(outcome, details);
}

bool Session::has_ended() const {
  const Use use(state_);
  return use->phase == State::Phase::ended || use->has_nothing_left;
}

bool Session::is_end_lost() const {
  return Use(state_)->is_end_lost;
}

}  // namespace study
