/// `study-host status DIR [--json | --watch]`
#pragma once

#include <filesystem>

namespace CLI {
class App;
}

namespace study_host {

struct StatusOptions {
  std::filesystem::path study_dir;
  bool json = false;
  bool watch = false;
};

CLI::App* set_up_status(CLI::App& app, StatusOptions& options);

/// Prints the state of a running or ended study, once or until it is over (status_watch.hpp). Only
/// reads. Throws `study::InputError` where there is no manifest, `study::CheckpointError` for one
/// that can't be used.
[[nodiscard]] int show_status(const StatusOptions& options);

}  // namespace study_host
