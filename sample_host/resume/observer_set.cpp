#include "resume/observer_set.hpp"

#include <study/error.hpp>

#include <exception>
#include <utility>

namespace host {
namespace {

/// Of the exception being handled, which has come out of `function`, if that is of interest.
/// Wrapped observers put both names in it, others neither.
std::string message_of_failure(std::string_view name, std::string_view function = {}) {
  std::string reason = "something that is no std::exception was thrown";
  try {
    throw;
  } catch (const std::exception& error) {
    reason = error.what();
  } catch (...) {
  }
  if (reason.find(name) != std::string::npos) return reason;
  const std::string what = function.empty() ? "" : std::string(function) + " failed: ";
  return std::string(name) + ": " + what + reason;
}

}  // namespace

ObserverSet::~ObserverSet() {
  end(study::StudyOutcome::failed, study::now());
}

void ObserverSet::start(const study::StudyStart& event) {
  for (const NamedObserver& observer : observers_) {
    try {
      observer.observer->on_study_start(event);
    } catch (...) {
      const std::string message = message_of_failure(observer.name);
      end(study::StudyOutcome::failed, event.time);
      throw study::StudyError("the study cannot start: " + message);
    }
    ++started_;
  }
}

template <class Call>
void ObserverSet::for_each_started(std::string_view function, std::string_view consequence,
                                   const Call& call) noexcept {
  for (std::size_t i = 0; i < started_; ++i) {
    try {
      call(*observers_[i].observer);
    } catch (...) {
      log_.write(study::LogSeverity::warning, observers_[i].name,
                 message_of_failure(observers_[i].name, function).append(consequence));
    }
  }
}

void ObserverSet::on_experiment_state(const study::ExperimentEvent& event) {
  for_each_started("on_experiment_state", "; the study goes on",
                   [&](study::StudyObserver& observer) { observer.on_experiment_state(event); });
}

void ObserverSet::end(study::StudyOutcome outcome, study::Timestamp time) noexcept {
  for_each_started("on_study_end", "", [&](study::StudyObserver& observer) {
    observer.on_study_end({outcome, time});
  });
  started_ = 0;
}

}  // namespace host
