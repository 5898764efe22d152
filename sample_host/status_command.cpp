#include "status_command.hpp"

#include "exit_code.hpp"
#include "status.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>

#include <iostream>

#include <CLI/CLI.hpp>

namespace study_host {

CLI::App* set_up_status(CLI::App& app, StatusOptions& options) {
  CLI::App* command = app.add_subcommand("status", "Show the state of a study");
  command->add_option("DIR", options.study_dir, "The study directory")->required();
  command->add_flag("--json", options.json, "Print it as JSON");
  return command;
}

int show_status(const StatusOptions& options) {
  if (!std::filesystem::is_directory(options.study_dir)) {
    throw study::InputError(options.study_dir.string() + ": no such directory");
  }
  const auto manifest = study::read_manifest_file(options.study_dir / study::kManifestFileName);
  if (!manifest) {
    throw study::InputError(options.study_dir.string() + ": no " +
                            std::string(study::kManifestFileName) +
                            " there; is it a study directory?");
  }
  std::cout << (options.json ? status_json(*manifest) : status_text(*manifest)) << std::flush;
  return kExitCompleted;
}

}  // namespace study_host
