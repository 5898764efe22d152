/// `study-host status DIR [--config HOST.json] [--json | --watch]`
/// `study-host status --study NAME [--config HOST.json] [--json | --watch]`
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace host {

struct StatusOptions {
  std::filesystem::path study_dir;  ///< empty: by name
  std::string study_name;           ///< empty: by directory
  std::optional<std::filesystem::path> config;
  bool json = false;
  bool watch = false;
};

CLI::App* set_up_status(CLI::App& app, StatusOptions& options);

/// Prints the state of a running or ended study, once or until it is over (status_watch.hpp). Only
/// reads. A directory's `manifest.json` is read without asking anybody, unless there is a
/// `--config`; where there is no such file, or the latest run of the study didn't keep it, the
/// observers of that run's host config are asked. A name is asked of the config's observers;
/// without `--config`, a `study_host.json` in the current directory counts.
///
/// Throws `study::InputError` where there is no checkpoint, `study::CheckpointError` for one that
/// can't be used, `study::PluginError` for an observer that can't be loaded.
[[nodiscard]] int show_status(const StatusOptions& options);

}  // namespace host
