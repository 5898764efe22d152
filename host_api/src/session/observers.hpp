/// The observers of a study: from a host's config to loaded ones, and all of them as one.
#pragma once

#include <study/log.hpp>
#include <study/observer.hpp>
#include <study/observer_library.hpp>
#include <study/observer_search.hpp>
#include <study/session.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

namespace study {

struct ConfiguredObserver {
  ObserverConfig config;
  ObserverLibrary library;
};

/// Their names in a row, for messages.
[[nodiscard]] std::string join_names(std::span<const NamedObserver> observers);

/// Finds and loads the enabled observers, in the config's order, and checks their options. Throws
/// `InputError` for options, `PluginError` for a library; both name the place in the config.
[[nodiscard]] std::vector<ConfiguredObserver> load_observers(
    std::span<const ObserverConfig> observers, const ObserverSearchPath& search);

/// Makes the observers, which get to know of `host` what it says. Its log gets what they say with
/// their names as the channel; their own channels follow the name: `name/channel`. Throws as above.
[[nodiscard]] std::vector<NamedObserver> create_observers(
    std::span<const ConfiguredObserver> configured, const HostServices& host);

/// Hands each event to all observers, in the order of the config, and keeps one observer's failure
/// from the others. One thread only.
class ObserverSet {
 public:
  /// `log` gets the observers' failures, with an observer's name as the channel.
  ObserverSet(std::vector<NamedObserver> observers, LogFunction log)
      : observers_(std::move(observers)), log_(std::move(log)) {}
  ObserverSet(const ObserverSet&) = delete;
  ObserverSet& operator=(const ObserverSet&) = delete;

  /// A study that nobody ended on the way out, as when an exception passes by, has failed.
  ~ObserverSet();

  /// Throws `StudyError` that names the first observer that refuses the study; those that had
  /// started get their `on_study_end(failed)` before that, the others nothing. Gives the names of
  /// those whose store is away, with what they say of it.
  std::vector<std::pair<std::string, std::string>> start(const StudyStart& event);

  /// The study does not start after all: those whose store is away are destroyed, the others get
  /// their `on_study_end(failed)`.
  void refuse(Timestamp time) noexcept;

  /// A failure is logged with the observer's name. Never throws because of an observer. What one
  /// ignores, it has logged itself.
  void on_experiment_state(const ExperimentEvent& event);
  void on_experiments_added(const ExperimentsAdded& event);

  /// In a child of fork(2): leaves the observers as they are, and never calls them.
  void abandon() noexcept;

  /// The first call hands it to every observer that started, and gives how many have failed;
  /// further ones do nothing.
  std::size_t end(StudyOutcome outcome, Timestamp time) noexcept;

 private:
  /// Gives how many have failed.
  template <class Call>
  std::size_t for_each_started(LogSeverity severity, std::string_view function,
                               std::string_view consequence, const Call& call) noexcept;

  std::vector<NamedObserver> observers_;
  std::vector<std::size_t> away_;  ///< those whose store was away at the start, in order
  std::size_t started_ = 0;        ///< so many, from the first on, are between start and end
  LogFunction log_;
};

}  // namespace study
