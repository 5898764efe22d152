// What a session does while its study goes on, and how it ends.
#include "session/session_state.hpp"

#include "base/format.hpp"
#include "session/json_check.hpp"
#include "session/live_sessions.hpp"
#include "session/result_check.hpp"
#include "session/result_file.hpp"
#include "session/result_sync.hpp"

#include <study/error.hpp>
#include <study/json.hpp>
#include <study/posix.hpp>
#include <study/text.hpp>

#include <system_error>
#include <utility>

namespace study {
namespace {

namespace fs = std::filesystem;

[[nodiscard]] bool is_left(ExperimentState state) {
  return state == ExperimentState::pending || state == ExperimentState::running;
}

/// Observers would refuse them each for itself, when the run has changed already.
void check_attributes(std::string_view attributes) {
  if (attributes.empty()) return;
  if (attributes.size() > kMaxAttributesBytes) {
    throw InputError(study::format(
        "attributes has {} bytes, of at most {}: keep what is long in a file beside the result",
        attributes.size(), kMaxAttributesBytes));
  }
  if (!parse_json(attributes, "attributes").is_object()) {
    throw InputError("attributes must be a JSON object");
  }
}

}  // namespace

Session::State::~State() {
  if (process.is_in_child()) {
    // What the parent goes on with: neither are its observers destroyed, nor is its study ended.
    for (NamedObserver& observer : created) static_cast<void>(observer.observer.release());
    if (observers) observers->abandon();
    return;
  }
  forget_at_exit(this);
  if (phase != Phase::started) return;
  const bool is_unwound = std::uncaught_exceptions() > exceptions;
  try {
    end(is_unwound ? StudyOutcome::failed : StudyOutcome::interrupted, {});
  } catch (...) {
    // Only for lack of memory; what the observers have stored up to now stays.
  }
}

void Session::State::check_usable() const {
  if (!process.is_in_child()) return;
  throw StudyError(
      "the study is open in the process that this one was forked from: only that one may use it. "
      "Workers that are forked hand their results back to it");
}

void Session::State::check_running() const {
  if (phase == Phase::started) return;
  throw StudyError(phase == Phase::ended ? "the study has ended"
                   : has_nothing_left    ? "the study has been completed: nothing is left of it"
                                         : "the study has not been started");
}

ManifestEntryView Session::State::entry(RunNumber run) const {
  if (run < table->size()) return table->entry(run);
  throw StudyError(study::format("there is no run {}: the study has the runs 0 to {}", run,
                                 static_cast<std::int64_t>(table->size()) - 1));
}

const Experiment& Session::State::experiment(std::size_t configuration) const {
  const std::size_t index = planner->plan().configurations[configuration].experiment_index;
  return index < config.experiments.size() ? config.experiments[index]
                                           : added[index - config.experiments.size()];
}

std::string Session::State::stem(RunNumber run) const {
  const ConfigurationIndex configuration = configuration_of[run];
  return result_stem(*AllFields(experiment(configuration)),
                     planner->plan().configurations[configuration], table->entry(run).cycle);
}

void Session::State::tell(RunNumber run, ExperimentEvent event, const EventDetails& details) {
  check_running();
  check_attributes(details.attributes);
  const ManifestEntryView before = entry(run);
  event.config_hash = before.config_hash;
  event.cycle = before.cycle;
  event.time = details.time.value_or(now());
  std::string refusal;
  if (!table->apply(event, refusal)) throw EventIgnored(refusal);
  event.attributes = details.attributes;  // the observers' alone
  if (event.state == ExperimentState::running) {
    running.insert(run);
  } else {
    running.erase(run);
  }
  observers->on_experiment_state(event);
}

/// Puts the result in its place and gives its name; empty where there is none.
std::string Session::State::place(RunNumber run, const SessionResult& result) const {
  if (result.is_in_place) {
    if (result.file.empty()) return stem(run).append(result.extension);
    if (is_result_path(result.file.native())) return result.file.native();
    throw InputError("a result in place can't be called " + visible(result.file.native()) +
                     ": give a path relative to the study's directory, that stays in it");
  }
  const bool is_file = !result.file.empty();
  if (!is_file && result.bytes.empty()) {
    if (options.result_form == ResultForm::none) return {};
    throw InputError("a completed run of this study needs a result, to count when it is resumed");
  }
  std::string name = stem(run).append(result.extension);
  if (!result.extension.starts_with('.') || !is_result_name(name)) {
    throw InputError("a result can't be called " + visible(name) + ": give another extension");
  }
  const fs::path path = study_dir / name;
  if (is_file && fs::exists(result.file) && !fs::is_regular_file(result.file)) {
    throw InputError("the result " + result.file.string() + " is no file");
  }
  if (options.result_form != ResultForm::any && result.extension == ".json") {
    const std::string problem =
        is_file ? json_problem_of_file(result.file) : json_problem(result.bytes);
    if (!problem.empty()) throw InputError("the result is no JSON: " + problem);
  }
  if (is_file) {
    if (result.file != path) adopt_file(result.file, path, options.durability);
  } else {
    place_file(path, result.bytes, options.durability);
  }
  return name;
}

void Session::State::complete(RunNumber run, const SessionResult& result,
                              const EventDetails& details) {
  check_running();
  check_attributes(details.attributes);
  ExperimentEvent event{.state = ExperimentState::completed};
  std::string name;
  // Else it is refused below, and its result stays what it is.
  if (is_left(entry(run).status)) name = place(run, result);
  event.result_file = name;
  tell(run, event, details);
}

void Session::State::append_runs(std::size_t configuration, std::vector<RunNumber>& numbers) {
  const PlannedConfiguration& planned = planner->plan().configurations[configuration];
  for (std::int32_t cycle = 1; cycle <= planned.n_cycles; ++cycle) {
    if (table->add(planned.config_hash, planned.config_summary, cycle)) {
      configuration_of.push_back(static_cast<ConfigurationIndex>(configuration));
    }
    numbers.push_back(*table->find(planned.config_hash, cycle));
  }
}

std::vector<RunNumber> Session::State::add(std::span<const Experiment> experiments,
                                           const EventDetails& details) {
  check_running();
  std::vector<RunNumber> numbers;
  const std::size_t before = table->size();
  std::size_t taken = 0;
  std::exception_ptr problem;
  try {
    for (const Experiment& experiment : experiments) {
      const std::size_t index = config.experiments.size() + added.size();
      added.push_back(experiment);
      try {
        append_runs(planner->add(added.back(), index), numbers);
      } catch (...) {
        added.pop_back();
        throw;
      }
      ++taken;
    }
  } catch (const Error&) {
    problem = std::current_exception();
  }
  given.resize(planner->plan().configurations.size(), kNotGiven);
  if (table->size() > before) tell_of_added(experiments.first(taken), details);
  if (problem) std::rethrow_exception(problem);
  return numbers;
}

void Session::State::tell_of_added(std::span<const Experiment> experiments,
                                   const EventDetails& details) {
  table->set_study_design_hash(planner->plan().study_design_hash);
  if (options.keeps_experiments) {
    try {
      append_to_experiment_list(study_dir, experiments);
    } catch (const FileError& error) {
      warn(std::string("what is added may not be known when the study is resumed: ") +
           error.what());
    }
  }
  observers->on_experiments_added({experiments, details.time.value_or(now())});
}

StudyOutcome Session::State::outcome_of(std::optional<StudyOutcome> said) const {
  const std::int64_t left = table->counters().pending;
  if (!said) return left == 0 ? StudyOutcome::completed : StudyOutcome::interrupted;
  if (*said != StudyOutcome::completed || left == 0 || options.is_open_ended) return *said;
  warn(
      study::format("the study is said to be completed, but {} of its runs {} left: it is "
                    "interrupted, and can be resumed",
                    left, left == 1 ? "is" : "are"));
  return StudyOutcome::interrupted;
}

void Session::State::end(std::optional<StudyOutcome> outcome, const EventDetails& details) {
  if (phase == Phase::opened && !has_nothing_left) {
    throw StudyError("the study has not been started");
  }
  if (phase != Phase::started) {
    lock.reset();  // of a study that had nothing left
    return;
  }
  forget_at_exit(this);
  const StudyOutcome ending = outcome_of(outcome);
  while (!running.empty()) {
    tell(*running.begin(), {.state = ExperimentState::pending}, {.time = details.time});
  }
  if (ending == StudyOutcome::completed) sync_results();
  const Timestamp time = details.time.value_or(now());
  table->end(ending, time);
  phase = Phase::ended;
  // Under the lock: what is read is this study's last word.
  if (observers->end(ending, time) > 0) look_for_the_end();
  lock.reset();
}

/// The checkpoint of a study that has ended is synced, and must not name results that a power loss
/// would take. An interrupted study doesn't wait for it: whoever resumes looks at each result.
void Session::State::sync_results() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < table->size(); ++i) {
    if (const auto name = table->entry(i).result_file) names.emplace_back(*name);
  }
  const std::string problem = study::sync_results(study_dir, names);
  if (problem.empty()) return;
  warn("a power loss may still take results: sync " + study_dir.string() + ": " + problem);
}

}  // namespace study
