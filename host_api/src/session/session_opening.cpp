// From options to a study that can go on: observers, directory, checkpoint, state.
#include "base/format.hpp"
#include "session/checkpoints.hpp"
#include "session/result_check.hpp"
#include "session/session_state.hpp"

#include <study/error.hpp>
#include <study/study_directory.hpp>

#include <algorithm>
#include <iterator>
#include <system_error>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace study {
namespace {

namespace fs = std::filesystem;

/// The experiments of a checkpoint, known by their hash alone.
[[nodiscard]] std::vector<Experiment> without_fields(const StudyManifest& checkpoint) {
  std::vector<Experiment> experiments;
  std::unordered_map<std::string_view, std::size_t> known;
  for (const ManifestEntry& entry : checkpoint.experiments) {
    const auto [place, is_new] = known.try_emplace(entry.config_hash, experiments.size());
    if (is_new) {
      experiments.push_back({.config = {},
                             .config_hash = entry.config_hash,
                             .config_summary = entry.config_summary,
                             .n_cycles = entry.cycle});
    }
    int& cycles = experiments[place->second].n_cycles;
    cycles = std::max(cycles, static_cast<int>(entry.cycle));
  }
  return experiments;
}

}  // namespace

Session::State::State(SessionOptions given_options) : options(std::move(given_options)) {
  if (!options.log) options.log = [](auto, auto, auto) {};
  check_study_name(options.study_name);
  make_observers();
  enter_directory();
  std::optional<StudyManifest> checkpoint = find_checkpoint();
  make_config(checkpoint);
  if (options.planner && config.experiments.size() == given_count) {
    planner.emplace(std::move(*options.planner));
  } else {
    planner.emplace(config);
  }
  if (options.rebuild && !study_dir.empty()) {
    checkpoint = rebuild_checkpoint(config, planner->plan(), study_dir,
                                    options.started_at.value_or(started_at));
  }
  if (checkpoint) {
    check_design(*checkpoint);
    go_on_from(*std::move(checkpoint));
  } else {
    const StudyPlan& plan = planner->plan();
    table.emplace(initial_head(config, plan, started_at), plan);
  }
  number_runs();
}

void Session::State::make_observers() {
  const auto configured = load_observers(options.observers, options.search);
  created =
      create_observers(configured, {options.host_name, options.framework_version, options.log});
  std::ranges::move(options.own_observers, std::back_inserter(created));
  for (const NamedObserver& observer : created) observer_names.push_back(observer.name);
}

/// Of a study that is to be resumed.
void Session::State::enter_directory() {
  started_at = now();
  if (options.resume == Resume::directory) {
    study_dir = options.study_dir;
  } else if (options.resume == Resume::latest) {
    auto directories = study_directories(options.results_dir, options.study_name);
    if (directories.empty() && !options.only_looks) {
      begin_lock = BeginLock(options.results_dir, options.study_name);
      directories = study_directories(options.results_dir, options.study_name);
    }
    if (!directories.empty()) {
      study_dir = directories.front();
      begin_lock.release();  // its own lock tells from here on
    }
  }
  if (study_dir.empty()) {
    if (options.resume == Resume::directory) throw InputError("no study directory is given");
    return;
  }
  std::error_code ignored;
  if (!fs::is_directory(study_dir, ignored)) {
    throw StudyError("there is no study directory " + study_dir.string());
  }
  study_dir = fs::absolute(study_dir).lexically_normal();
  if (!study_dir.has_filename()) study_dir = study_dir.parent_path();
  if (options.only_looks) return;
  if (options.lock) {
    lock = std::exchange(options.lock, std::nullopt);
  } else {
    lock = StudyLock::acquire(study_dir);
    if (!lock->weakness().empty()) warn(lock->weakness());
  }
  if (options.hooks.locked) options.hooks.locked(study_dir);
}

std::optional<StudyManifest> Session::State::find_checkpoint() {
  if (study_dir.empty()) return std::nullopt;
  if (options.keeps_experiments) kept = read_experiment_list(study_dir);
  if (kept && !options.started_at) options.started_at = kept->started_at;
  if (options.rebuild) return std::nullopt;
  if (kept && !options.latest_observers) options.latest_observers = kept->observers;
  CheckpointAnswers answers = ask_observers(created, {study_dir, {}, study_dir.parent_path()});
  if (answers.checkpoints.empty()) {
    refuse_lost_checkpoint(answers.failures);
    log(LogSeverity::info, "no checkpoint has been written yet: the study begins");
    return std::nullopt;
  }
  stores_agree = answers.checkpoints.size() == created.size() &&
                 std::ranges::all_of(answers.checkpoints, [&](const NamedCheckpoint& checkpoint) {
                   return checkpoint.manifest == answers.checkpoints.front().manifest;
                 });
  StudyManifest checkpoint = merge_checkpoints(std::move(answers), options.started_at, options.log);
  if (options.latest_observers) {
    warn_of_left_out_observers(*options.latest_observers, created, options.log);
  }
  return checkpoint;
}

/// Where a study has been, and none of the observers can tell how far it has come. That a host was
/// killed before it had written the first checkpoint is no such case: nothing has run then.
void Session::State::refuse_lost_checkpoint(std::span<const CheckpointRemark> failures) const {
  const std::string offer =
      options.option_prefix +
      "rebuild reconstructs the states from the result files in the directory";
  if (!failures.empty()) {
    throw StudyError(study::format("no checkpoint in {} can be read: {}; {}", study_dir.string(),
                                   join_texts(failures), offer));
  }
  const std::string asked = created.empty() ? "no observer is enabled, so that nobody can be asked"
                                            : "no checkpoint is known to " + join_names(created);
  if (has_result_files(study_dir)) {
    throw StudyError(
        study::format("nothing to resume in {}: {}, but there are result files: {}; or add the "
                      "observer that kept "
                      "the study's checkpoint to the host config",
                      study_dir.string(), asked, offer));
  }
  if (const std::string absent = absent_observers(); !absent.empty()) {
    throw StudyError(study::format(
        "nothing to resume in {}: {}, but the latest run was observed by {}: add it to the "
        "observers",
        study_dir.string(), asked, absent));
  }
}

/// The observers of the latest run, if none of them is enabled now: it is they who would know.
std::string Session::State::absent_observers() const {
  std::string names;
  for (const std::string& name : options.latest_observers.value_or(std::vector<std::string>())) {
    if (std::ranges::find(observer_names, name) != observer_names.end()) return {};
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

/// The experiments that are given; in an open-ended study those that it has from before, too.
void Session::State::make_config(const std::optional<StudyManifest>& checkpoint) {
  config.study_name = options.study_name;
  config.framework_version = options.framework_version;
  config.n_cycles = options.n_cycles;
  config.study_design_hash = options.study_design_hash;
  config.experiments = std::move(options.experiments);
  given_count = config.experiments.size();
  if (!options.is_open_ended || !checkpoint) return;
  if (kept) std::ranges::move(kept->experiments, std::back_inserter(config.experiments));
  const StudyPlan plan = make_plan(config);
  std::unordered_set<std::string_view> known;
  for (const PlannedConfiguration& planned : plan.configurations) known.insert(planned.config_hash);
  for (Experiment& experiment : without_fields(*checkpoint)) {
    if (known.contains(experiment.config_hash)) continue;
    config.experiments.push_back(std::move(experiment));
  }
}

/// The entries are in the plan's order, also those of cycles that it doesn't have any more.
void Session::State::number_runs() {
  const auto& configurations = planner->plan().configurations;
  configuration_of.reserve(table->size());
  for (std::size_t i = 0, configuration = 0; i < table->size(); ++i) {
    const std::string_view hash = table->entry(i).config_hash;
    while (configurations[configuration].config_hash != hash) ++configuration;
    configuration_of.push_back(static_cast<ConfigurationIndex>(configuration));
  }
  given.reserve(configurations.size());
  for (const PlannedConfiguration& planned : configurations) {
    const bool is_given = planned.experiment_index < given_count;
    given.push_back(is_given ? static_cast<std::uint32_t>(planned.experiment_index) : kNotGiven);
  }
}

void Session::State::create_directory() {
  started_at = now();
  table->set_started_at(started_at);
  study_dir =
      fs::absolute(create_study_directory(options.results_dir, options.study_name, started_at));
  lock = StudyLock::acquire(study_dir);
  if (!lock->weakness().empty()) warn(lock->weakness());
}

void Session::State::start() {
  if (phase != Phase::opened) throw StudyError("the study has been started already");
  if (options.only_looks) throw StudyError("the study is only looked at: it can't be started");
  if (study_dir.empty()) create_directory();
  try {
    if (options.hooks.entered) options.hooks.entered(study_dir, started_at);
    if (options.keeps_experiments) {
      write_experiment_list(study_dir, {config.study_name, started_at, observer_names, {}},
                            config.experiments);
    }
  } catch (const FileError& error) {
    throw StudyError(std::string("the study cannot start: ") + error.what());
  }
  begin_lock.release();
  observers.emplace(
      std::move(created), options.log ? options.log : [](auto, auto, std::string_view) {});
  const Timestamp time = is_resumed ? now() : started_at;
  std::error_code ignored;
  StudyManifest* const manifest = resume_from ? &*resume_from : nullptr;
  const auto away = observers->start({config, study_dir, time, manifest, nullptr, manifest});
  if (!away.empty()) do_without(away, time);
  resume_from.reset();
  fs::remove(study_dir / kEndLostFileName, ignored);  // they have been told now
  phase = Phase::started;
  if (!options.hooks.started) return;
  try {
    options.hooks.started(study_dir);
  } catch (...) {
    end(StudyOutcome::interrupted, {});
    throw;
  }
}

}  // namespace study
