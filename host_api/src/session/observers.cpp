#include "session/observers.hpp"

#include <study/error.hpp>
#include <study/options_schema.hpp>

#include <exception>

namespace study {
namespace {

/// Runs `call`, and puts the place in the config before the message of what it throws.
template <class Call>
auto at_place(const std::string& where, const Call& call) {
  const std::string prefix = where.empty() ? "" : where + ": ";
  try {
    return call();
  } catch (const InputError& error) {
    throw InputError(prefix + error.what());
  } catch (const PluginError& error) {
    throw PluginError(prefix + error.what());
  }
}

LogFunction log_of_plugin(const LogFunction& log, std::string name) {
  return [log, name = std::move(name)](LogSeverity severity, std::string_view channel,
                                       std::string_view text) {
    if (channel.empty()) return log(severity, name, text);
    log(severity, name + "/" + std::string(channel), text);
  };
}

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

std::string join_names(std::span<const NamedObserver> observers) {
  std::string names;
  for (const NamedObserver& observer : observers) {
    names += (names.empty() ? "" : ", ") + observer.name;
  }
  return names;
}

std::vector<ConfiguredObserver> load_observers(std::span<const ObserverConfig> observers,
                                               const ObserverSearchPath& search) {
  std::vector<ConfiguredObserver> configured;
  for (const ObserverConfig& observer : observers) {
    if (!observer.enabled) continue;
    configured.push_back(at_place(observer.where, [&] {
      auto library = ObserverLibrary::load(find_observer(observer.plugin, search));
      check_options(library.name(), library.options_schema(), observer.options);
      return ConfiguredObserver{observer, std::move(library)};
    }));
  }
  return configured;
}

std::vector<NamedObserver> create_observers(std::span<const ConfiguredObserver> configured,
                                            const HostServices& host) {
  std::vector<NamedObserver> observers;
  for (const auto& [config, library] : configured) {
    const std::string name(library.name());
    const HostServices services{host.name, host.version, log_of_plugin(host.log, name)};
    observers.push_back(at_place(config.where, [&, &config = config, &library = library] {
      return NamedObserver{name, library.create(services, config.options)};
    }));
  }
  return observers;
}

ObserverSet::~ObserverSet() {
  end(StudyOutcome::failed, now());
}

std::vector<std::pair<std::string, std::string>> ObserverSet::start(const StudyStart& event) {
  std::vector<std::pair<std::string, std::string>> away;
  StudyStart given = event;
  for (const NamedObserver& observer : observers_) {
    const bool is_last = &observer == &observers_.back();
    given.disposable_manifest = is_last ? event.disposable_manifest : nullptr;
    try {
      observer.observer->on_study_start(given);
    } catch (const StoreAway& error) {
      away.emplace_back(observer.name, error.what());
      away_.push_back(started_);
    } catch (...) {
      const std::string message = message_of_failure(observer.name);
      refuse(event.time);
      throw StudyError("the study cannot start: " + message);
    }
    ++started_;
  }
  return away;
}

void ObserverSet::refuse(Timestamp time) noexcept {
  for (auto index = away_.rbegin(); index != away_.rend(); ++index) {
    observers_.erase(observers_.begin() + static_cast<std::ptrdiff_t>(*index));
    --started_;
  }
  away_.clear();
  end(StudyOutcome::failed, time);
}

template <class Call>
std::size_t ObserverSet::for_each_started(LogSeverity severity, std::string_view function,
                                          std::string_view consequence, const Call& call) noexcept {
  std::size_t failures = 0;
  for (std::size_t i = 0; i < started_; ++i) {
    try {
      call(*observers_[i].observer);
    } catch (const EventIgnored&) {
    } catch (...) {
      ++failures;
      log_(severity, observers_[i].name,
           message_of_failure(observers_[i].name, function).append(consequence));
    }
  }
  return failures;
}

void ObserverSet::on_experiment_state(const ExperimentEvent& event) {
  for_each_started(LogSeverity::warning, "on_experiment_state", "; the study goes on",
                   [&](StudyObserver& observer) { observer.on_experiment_state(event); });
}

void ObserverSet::on_experiments_added(const ExperimentsAdded& event) {
  for_each_started(LogSeverity::warning, "on_experiments_added", "; the study goes on",
                   [&](StudyObserver& observer) { observer.on_experiments_added(event); });
}

void ObserverSet::abandon() noexcept {
  for (NamedObserver& observer : observers_) static_cast<void>(observer.observer.release());
  started_ = 0;
  observers_.clear();
}

std::size_t ObserverSet::end(StudyOutcome outcome, Timestamp time) noexcept {
  const std::size_t failures =
      for_each_started(LogSeverity::error, "on_study_end", "", [&](StudyObserver& observer) {
        observer.on_study_end({outcome, time});
      });
  started_ = 0;
  return failures;
}

}  // namespace study
