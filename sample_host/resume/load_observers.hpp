/// From the host config's observers to loaded ones.
#pragma once

#include "input/host_config.hpp"
#include "resume/observer_set.hpp"

#include <study/observer_library.hpp>

#include <vector>

namespace host {

struct LoadedObserver {
  ObserverConfig config;
  study::ObserverLibrary library;
};

/// Finds and loads the enabled observers, in the config's order, and checks their options. Throws
/// `study::InputError` for options, `study::PluginError` for a library; both name the place in the
/// config.
[[nodiscard]] std::vector<LoadedObserver> load_observers(const HostConfig& config);

/// Makes the observers, which log through `log`. Throws as above.
[[nodiscard]] std::vector<NamedObserver> create_observers(const std::vector<LoadedObserver>& loaded,
                                                          HostLog& log);

}  // namespace host
