/// `study-host plugins [--config HOST.json]`
#pragma once

#include <study/observer_search.hpp>

#include <filesystem>
#include <optional>

namespace CLI {
class App;
}

namespace host {

struct PluginsOptions {
  std::optional<std::filesystem::path> config;
};

CLI::App* set_up_plugins(CLI::App& app, PluginsOptions& options);

/// Prints each plugin that is found: its name as a host config has it, version, its own name where
/// that is another, description, file, options. A library that
/// can't be loaded is listed with its error. Without `--config`, a `study_host.json` in the current
/// directory counts. The exit code is 0 if there is at least one usable plugin; otherwise the
/// folders that were searched go to stderr, and it is that of a `StudyError`.
[[nodiscard]] int list_plugins(const PluginsOptions& options);

}  // namespace host
