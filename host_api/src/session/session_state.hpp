/// What a session is made of: shared by its opening and what follows.
#pragma once

#include "session/begin_lock.hpp"
#include "session/checkpoints.hpp"
#include "session/experiment_list.hpp"
#include "session/observers.hpp"
#include "table/entry_table.hpp"

#include <study/fork_guard.hpp>
#include <study/session.hpp>
#include <study/study_plan.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace study {

/// Which configuration of the plan an entry is of.
using ConfigurationIndex = std::uint32_t;

/// In the directory of a study whose end no checkpoint could be told: until its results are
/// counted.
inline constexpr std::string_view kEndLostFileName = ".study_end_lost";

inline constexpr std::uint32_t kNotGiven = static_cast<std::uint32_t>(-1);

struct Session::State {
  explicit State(SessionOptions given_options);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // Opening, in this order.
  void make_observers();
  void enter_directory();
  [[nodiscard]] std::optional<StudyManifest> find_checkpoint();
  void refuse_lost_checkpoint(std::span<const CheckpointRemark> failures) const;
  [[nodiscard]] std::string absent_observers() const;
  void make_config(const std::optional<StudyManifest>& checkpoint);
  void check_design(const StudyManifest& checkpoint) const;
  void go_on_from(StudyManifest checkpoint);
  void tell_of_untold(std::size_t untold, std::size_t adopted, bool was_end_lost) const;
  void number_runs();
  void create_directory();
  void do_without(std::span<const std::pair<std::string, std::string>> away, Timestamp time);
  [[nodiscard]] std::vector<NamedObserver> fresh_observers() const;
  void start();

  // While the study goes on. All but `end` with `calls` held.
  void check_usable() const;  ///< without `calls`
  void check_running() const;
  [[nodiscard]] ManifestEntryView entry(RunNumber run) const;
  [[nodiscard]] const Experiment& experiment(std::size_t configuration) const;
  [[nodiscard]] std::string stem(RunNumber run) const;
  void tell(RunNumber run, ExperimentEvent event, const EventDetails& details);
  void complete(RunNumber run, const SessionResult& result, const EventDetails& details);
  [[nodiscard]] std::string place(RunNumber run, const SessionResult& result) const;
  std::vector<RunNumber> add(std::span<const Experiment> experiments, const EventDetails& details);
  void tell_of_added(std::span<const Experiment> experiments, const EventDetails& details);
  void append_runs(std::size_t configuration, std::vector<RunNumber>& numbers);
  void end(std::optional<StudyOutcome> outcome, const EventDetails& details);
  [[nodiscard]] StudyOutcome outcome_of(std::optional<StudyOutcome> said) const;
  /// Where an observer has failed at the end: whether another one has all of it.
  void look_for_the_end();
  void sync_results() const;

  void log(LogSeverity severity, const std::string& text) const { options.log(severity, {}, text); }
  void warn(const std::string& text) const { log(LogSeverity::warning, text); }

  SessionOptions options;
  std::vector<NamedObserver> created;  ///< until they start
  std::vector<std::string> observer_names;
  std::optional<ObserverSet> observers;
  std::filesystem::path study_dir;
  BeginLock begin_lock;
  std::optional<StudyLock> lock;
  std::optional<ExperimentList> kept;
  Timestamp started_at;
  bool is_resumed = false;
  bool stores_agree = false;  ///< all observers have the same checkpoint
  StudyConfig config;
  std::size_t given_count = 0;   ///< of the experiments in `config`, those that are given
  std::deque<Experiment> added;  ///< behind those of `config`
  std::optional<StudyPlanner> planner;
  /// For each configuration the experiment that was given for it; `kNotGiven`: it wasn't.
  std::vector<std::uint32_t> given;
  std::optional<StudyManifest> resume_from;  ///< until the observers have started
  std::optional<EntryTable> table;
  std::vector<ConfigurationIndex> configuration_of;  ///< for each entry of the table
  std::set<RunNumber> running;
  bool has_nothing_left = false;  ///< of a study that has been completed: it stays as it is
  bool is_end_lost = false;       ///< no observer that keeps a checkpoint has the study as it ended
  enum class Phase { opened, started, ended } phase = Phase::opened;
  std::mutex calls;
  ForkGuard process;
  int exceptions = std::uncaught_exceptions();
};

}  // namespace study
