#include "resume/load_observers.hpp"

#include <study/error.hpp>
#include <study/observer_search.hpp>
#include <study/options_schema.hpp>

#include <string>

namespace host {
namespace {

/// Runs `call`, and puts the place in the config before the message of what it throws.
template <class Call>
auto at_place(const std::string& where, const Call& call) {
  const std::string prefix = where.empty() ? "" : where + ": ";
  try {
    return call();
  } catch (const study::InputError& error) {
    throw study::InputError(prefix + error.what());
  } catch (const study::PluginError& error) {
    throw study::PluginError(prefix + error.what());
  }
}

}  // namespace

std::vector<LoadedObserver> load_observers(const HostConfig& config) {
  std::vector<LoadedObserver> loaded;
  for (const ObserverConfig& observer : config.observers) {
    if (!observer.enabled) continue;
    loaded.push_back(at_place(observer.where, [&] {
      auto library =
          study::ObserverLibrary::load(study::find_observer(observer.plugin, config.search));
      study::check_options(library.name(), library.options_schema(), observer.options);
      return LoadedObserver{observer, std::move(library)};
    }));
  }
  return loaded;
}

std::vector<NamedObserver> create_observers(const std::vector<LoadedObserver>& loaded,
                                            HostLog& log) {
  std::vector<NamedObserver> observers;
  for (const LoadedObserver& observer : loaded) {
    const std::string name(observer.library.name());
    study::HostServices services{std::string(kHostChannel), STUDY_HOST_VERSION,
                                 log.for_plugin(name)};
    observers.push_back(at_place(observer.config.where, [&] {
      return NamedObserver{name, observer.library.create(services, observer.config.options)};
    }));
  }
  return observers;
}

}  // namespace host
