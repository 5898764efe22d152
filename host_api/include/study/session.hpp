/// The host's half of the contract, for any orchestrator: who may write to a study, which
/// checkpoint counts, what a resumed study begins with, and that every study ends once.
///
///     study::Session session = study::Session::open({
///         .study_name = "batch-size",
///         .experiments = {{.config = {{"batch_size", 8}}}, {.config = {{"batch_size", 16}}}},
///         .results_dir = "results",
///         .resume = study::Resume::latest});
///     for (const study::RunNumber run : session.pending()) {
///       session.running(run);
///       session.completed(run, {.bytes = benchmark(session.run(run))});
///     }
///     session.end();
///
/// The C face, for every other language, is session.h.
#pragma once

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/experiment_state.hpp>
#include <study/log.hpp>
#include <study/manifest.hpp>
#include <study/observer.hpp>
#include <study/observer_search.hpp>
#include <study/study_config.hpp>
#include <study/study_lock.hpp>
#include <study/study_plan.hpp>
#include <study/timestamp.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace study {

/// An observer as a host's config names it.
struct ObserverConfig {
  std::string plugin;
  boost::json::object options{};
  bool enabled = true;
  std::string where{};  ///< for messages: `study_host.json:5`; empty: the place is not told
};

/// An observer that isn't loaded: the host's own.
struct NamedObserver {
  std::string name;
  std::unique_ptr<StudyObserver> observer;
};

/// What `open` does about studies that are there.
enum class Resume {
  never,      ///< begins a new one
  directory,  ///< goes on with the one in `study_dir`
  latest,  ///< goes on with the latest of this name in `results_dir`; begins one if there is none
};

/// What becomes of experiments that have failed, when a study is resumed.
enum class FailedRuns { are_run_again, stay_failed };

/// What a completed run must have to count when the study is resumed.
enum class ResultForm {
  json,  ///< a result file, which is there; if its name ends in `.json`, it is whole JSON
  any,   ///< a result file, which is there
  none,  ///< nothing; a result file that the checkpoint names must be there
};

/// What a host does on the way, where a function is given. What they throw refuses the study. They
/// must not call the session.
struct SessionHooks {
  /// The directory of a resumed study is locked; nobody has looked at its checkpoint yet.
  std::function<void(const std::filesystem::path& study_dir)> locked{};
  /// In the place of the session's own judgement: throws if the study, which `config` and `plan`
  /// describe, is not to go on from `checkpoint`.
  std::function<void(const StudyManifest& checkpoint, const StudyConfig& config,
                     const StudyPlan& plan)>
      check_design{};
  /// The directory is there and locked; next the observers start.
  std::function<void(const std::filesystem::path& study_dir, Timestamp started_at)> entered{};
  /// All observers have started, some with locks of their own that also keep out writers to whom
  /// the directory's lock says nothing: from here on the study is this session's. Also where
  /// nothing of it is left, so that no observer starts. What throws ends it as interrupted.
  std::function<void(const std::filesystem::path& study_dir)> started{};
};

struct SessionOptions {
  std::string study_name;
  std::string framework_version = "0";  ///< of the host; shown as `llenergymeasure_version`
  std::vector<Experiment> experiments{};
  int n_cycles = 1;
  std::string study_design_hash{};  ///< as in `StudyConfig`
  /// The experiments are found as the study goes on: those that it has from before are kept, and
  /// how it ends, its host says.
  bool is_open_ended = false;

  std::filesystem::path results_dir = "results";
  Resume resume = Resume::latest;
  std::filesystem::path study_dir{};  ///< for `Resume::directory`
  FailedRuns failed_runs = FailedRuns::are_run_again;
  bool accept_growth = true;  ///< a list with more experiments than the checkpoint is accepted
  bool force = false;         ///< one with others, too: what is in both keeps its state
  /// From the result files alone, whatever checkpoint there is: a run whose result is there has
  /// completed.
  bool rebuild = false;
  /// Only to see what the study would go on with: no lock is taken, and it can't be started.
  bool only_looks = false;
  ResultForm result_form = ResultForm::json;
  /// The host looks into each result before it tells of it. One that has not changed since some
  /// milliseconds before that, on a machine that has run since, is not read again when the study is
  /// resumed.
  bool results_are_checked = false;
  Durability durability = Durability::process;  ///< of results

  std::vector<ObserverConfig> observers{{.plugin = "manifest_writer"}};
  ObserverSearchPath search{};
  std::vector<NamedObserver> own_observers{};  ///< behind those
  std::string host_name = "session";  ///< what plugins get to know of the host, with the version
  LogFunction log{};                  ///< callable from any thread; must not throw

  std::string option_prefix{};  ///< of `force` and `rebuild` in messages, such as `--`

  std::optional<StudyPlanner> planner{};  ///< of `experiments`, where the host has planned them
  std::optional<StudyLock> lock{};        ///< of `study_dir`, where the host has it already
  /// Of a resumed study, where the host knows when it began: checkpoints of others don't count.
  std::optional<Timestamp> started_at{};
  /// The names of the observers of the latest run, where the host knows them.
  std::optional<std::vector<std::string>> latest_observers{};
  /// Keeps the experiments in `study_experiments.jsonl`, without which an open-ended study can't
  /// tell what its pending ones were, and a changed one not which fields have changed.
  bool keeps_experiments = true;
  SessionHooks hooks{};
};

/// The options that a host's config file says: observers, where their libraries are, `results_dir`
/// and durability. The file is study-host's, whose `jobs` and `runners` are passed over. Throws
/// `InputError`: `study_host.json:5: …`.
[[nodiscard]] SessionOptions options_of_host_config(const std::filesystem::path& file);

/// What the observers of `options` know of a study together, for who only looks: nothing is locked,
/// nothing written, and of the options only what concerns the observers counts. Empty if there is
/// no study. Throws `StudyError` if none of its checkpoints can be read.
[[nodiscard]] std::optional<StudyManifest> read_study(const std::filesystem::path& study_dir,
                                                      const SessionOptions& options);

/// The number of a run in its session: the position of its entry in the manifest.
using RunNumber = std::uint64_t;

/// One experiment in one cycle.
struct SessionRun {
  std::string config_hash;
  std::string config_summary;
  std::int32_t cycle = 1;
  ExperimentState state = ExperimentState::pending;
  /// Of the files that the run leaves in the study directory, without extension.
  std::string result_stem;
  boost::json::object config{};  ///< all fields
  /// Its place in `SessionOptions::experiments`; empty where it is not among those.
  std::optional<std::size_t> experiment{};
};

/// What a run has made: bytes to be put in place, a file to be moved there, or nothing.
struct SessionResult {
  std::string_view bytes{};
  std::filesystem::path file{};          ///< empty: the bytes, if there are any
  std::string_view extension = ".json";  ///< of the name that it gets: `{result_stem}.json`
  /// The host has put it there, whole; or where `file` says, relative to the study's directory.
  bool is_in_place = false;
};

/// What an event may say beyond the run.
struct EventDetails {
  std::optional<Timestamp> time{};  ///< empty: now
  std::string_view attributes{};    ///< as in `ExperimentEvent`
};

/// The list of experiments is not that of the checkpoint.
class DesignChanged : public InputError {
 public:
  DesignChanged(const std::string& message, std::vector<std::string> account)
      : InputError(message), account_(std::move(account)) {}

  /// How, in lines, for a person.
  [[nodiscard]] const std::vector<std::string>& account() const { return account_; }

 private:
  std::vector<std::string> account_;
};

/// One study, from its opening to its end.
///
/// Threads: any, at any time. Forks: in a child each call throws a `StudyError` that says so, and
/// the destructor does nothing. Several sessions may be open at once, each of its own directory.
/// Nothing of the process is touched: no signal handler, working directory, umask, or standard
/// stream.
///
/// It ends once: by `end`, by the destructor (interrupted; failed if an exception passes by), or
/// when the process exits (interrupted). A killed process leaves what the kernel frees: a study
/// that is resumed by the next `open`.
class Session {
 public:
  /// The constructor and `start`.
  [[nodiscard]] static Session open(SessionOptions options);

  /// Loads the observers, takes the lock of a study that is to be resumed, and finds the state that
  /// it goes on from. A new study has no directory yet.
  ///
  /// Throws `InputError` for what the options say, `DesignChanged` for another list of experiments,
  /// `StudyError` where the study can't be gone on with: somebody else writes to it, its checkpoint
  /// can't be read, or an observer can't be loaded.
  explicit Session(SessionOptions options);

  /// Creates the directory of a new study and starts the observers. Where nothing is left of a
  /// study that has been completed, it stays as it is. Throws `StudyError`.
  void start();

  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  /// Absolute; of a new study from `start` on.
  [[nodiscard]] std::filesystem::path directory() const;
  [[nodiscard]] bool is_resumed() const;
  /// The names of the observers.
  [[nodiscard]] std::vector<std::string> observers() const;

  /// The runs that are left, in order.
  [[nodiscard]] std::vector<RunNumber> pending() const;
  [[nodiscard]] std::size_t size() const;  ///< how many runs there are; their numbers are 0, 1, …
  /// Throws `StudyError` for a number that there isn't.
  [[nodiscard]] SessionRun run(RunNumber run) const;
  [[nodiscard]] std::optional<RunNumber> find(std::string_view config_hash,
                                              std::int32_t cycle) const;
  [[nodiscard]] ExperimentState state(RunNumber run) const;  ///< throws as `run`
  [[nodiscard]] ManifestCounters counters() const;
  /// What the study comes to, for who has not added anything to it: valid as long as the session.
  [[nodiscard]] const StudyPlan& plan() const;
  /// A copy of the study's present state. Linear.
  [[nodiscard]] StudyManifest manifest() const;

  // Events. Each throws `EventIgnored`, and nothing has changed, where the run's state doesn't
  // allow it, and `StudyError` for an unknown run and before the start or after the end of the
  // study. What an observer fails with is logged, and the study goes on.

  void running(RunNumber run, const EventDetails& details = {});
  /// Puts the result in place first. Throws `InputError` for one that is not of the session's form,
  /// `FileError` where it can't be put there; the run is then what it was. Also for a pending run,
  /// whose result was there already.
  void completed(RunNumber run, const SessionResult& result = {}, const EventDetails& details = {});
  void failed(RunNumber run, std::string_view error_type, std::string_view error_message,
              const EventDetails& details = {});
  /// It has not ended, and is pending again.
  void interrupted(RunNumber run, const EventDetails& details = {});

  /// Adds what the study doesn't have, at a cost that doesn't depend on how many it has, and gives
  /// the numbers of the runs of all of `experiments`. Throws `InputError` for one that can't be,
  /// and then has added none; `StudyError` as above.
  std::vector<RunNumber> add(std::span<const Experiment> experiments,
                             const EventDetails& details = {});

  /// What is running is pending again; the observers write how the study has ended. Without an
  /// outcome it is completed if nothing is left, else interrupted; so is one that is said to be
  /// completed while something is left of it, but for an open-ended study. Once; later calls do
  /// nothing.
  void end(std::optional<StudyOutcome> outcome = {}, const EventDetails& details = {});
  [[nodiscard]] bool has_ended() const;
  /// After `end`: no observer that keeps a checkpoint has the study as it ended. The log tells why.
  /// Resumed, the study counts the results that are there. `own_observers` aren't asked.
  [[nodiscard]] bool is_end_lost() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace study
