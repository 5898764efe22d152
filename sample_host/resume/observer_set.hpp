/// The observers of a study as one.
#pragma once

#include "terminal/host_log.hpp"

#include <study/observer.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace host {

struct NamedObserver {
  std::string name;
  std::unique_ptr<study::StudyObserver> observer;
};

/// Hands each event to all observers, in the order of the config, and keeps one observer's failure
/// from the others. One thread only.
class ObserverSet {
 public:
  ObserverSet(std::vector<NamedObserver> observers, HostLog& log)
      : observers_(std::move(observers)), log_(log) {}
  ObserverSet(const ObserverSet&) = delete;
  ObserverSet& operator=(const ObserverSet&) = delete;

  /// A study that nobody ended on the way out, as when an exception passes by, has failed.
  ~ObserverSet();

  /// Throws `study::StudyError` that names the first observer that refuses the study; those that
  /// had started get their `on_study_end(failed)` before that, the others nothing.
  void start(const study::StudyStart& event);

  /// A failure is logged with the observer's name. Never throws because of an observer.
  void on_experiment_state(const study::ExperimentEvent& event);

  /// The first call hands it to every observer that started; further ones do nothing.
  void end(study::StudyOutcome outcome, study::Timestamp time) noexcept;

 private:
  template <class Call>
  void for_each_started(std::string_view function, std::string_view consequence,
                        const Call& call) noexcept;

  std::vector<NamedObserver> observers_;
  std::size_t started_ = 0;  ///< so many, from the first on, are between start and end
  HostLog& log_;
};

}  // namespace host
