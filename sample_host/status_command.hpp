/// `study-host status DIR [--json]`
#pragma once

#include <filesystem>

namespace CLI {
class App;
}

namespace study_host {

struct StatusOptions {
  std::filesystem::path study_dir;
  bool json = false;
};

CLI::App* set_up_status(CLI::App& app, StatusOptions& options);

/// Reads the manifest of a running or ended study and prints its state. Throws `study::InputError`
/// where there is no manifest, `study::CheckpointError` for one that can't be used.
[[nodiscard]] int show_status(const StatusOptions& options);

}  // namespace study_host
