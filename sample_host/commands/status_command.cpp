#include "base/format.hpp"
#include "commands/command_line.hpp"
#include "commands/commands.hpp"
#include "input/trust.hpp"
#include "resume/study_record.hpp"
#include "status/study_reader.hpp"
#include "terminal/terminal.hpp"

#include <study/error.hpp>

#include <algorithm>

#include <CLI/CLI.hpp>
#include <unistd.h>

namespace host {
namespace {

namespace fs = std::filesystem;

/// A record that can't be read is no reason not to show a manifest.
std::optional<StudyRecord> record_of(const fs::path& study_dir, bool has_manifest) {
  try {
    return read_study_record(study_dir);
  } catch (const study::StudyError&) {
    if (!has_manifest) throw;
    return std::nullopt;
  }
}

bool keeps_manifest(const StudyRecord& record) {
  const auto& names = record.observers;
  return !names || std::find(names->begin(), names->end(), kManifestObserver) != names->end();
}

/// The host config of the latest run in `study_dir`, if only that tells where its checkpoint is:
/// there is no manifest, or one that an earlier run has left.
std::optional<fs::path> config_of_record(const fs::path& study_dir) {
  std::error_code ignored;
  const bool has_manifest = fs::exists(study_dir / study::kManifestFileName, ignored);
  const auto record = record_of(study_dir, has_manifest);
  if (!record || !record->host_config) return std::nullopt;
  if (has_manifest && keeps_manifest(*record)) return std::nullopt;
  if (fs::exists(*record->host_config, ignored)) return record->host_config;
  throw study::InputError(study::format(
      "{}: no {}{} there, and the host config that the study began with is gone: {}; give one with "
      "--config",
      study_dir.string(), has_manifest ? "up-to-date " : "", study::kManifestFileName,
      record->host_config->string()));
}

/// As a run of the study names it, without a slash at its end.
fs::path normal_directory(const fs::path& path) {
  const fs::path normal = fs::absolute(path).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

std::unique_ptr<StudyReader> make_reader(const StatusOptions& options, HostLog& log) {
  if (!options.study_name.empty()) {
    const HostConfig config = load_host_config(options.config, fs::current_path() / "study.yaml");
    if (!options.config) check_found_config(config);
    return std::make_unique<ObserverReader>(
        config, study::CheckpointQuery{{}, options.study_name, config.results_dir}, log);
  }
  refuse_file_as_directory(options.study_dir);
  const auto file = options.config ? options.config : config_of_record(options.study_dir);
  if (!file) return std::make_unique<ManifestReader>(options.study_dir);
  const HostConfig config = load_host_config(file, {});
  if (!options.config) check_found_config(config);
  const fs::path directory = normal_directory(options.study_dir);
  return std::make_unique<ObserverReader>(
      config, study::CheckpointQuery{directory, {}, directory.parent_path()}, log);
}

}  // namespace

CLI::App* set_up_status(CLI::App& app, StatusOptions& options) {
  CLI::App* command = app.add_subcommand("status", "Show the state of a study");
  CLI::Option* directory =
      require_text(command->add_option("DIR", options.study_dir, "The study directory"));
  require_text(command->add_option(
                   "--study", options.study_name,
                   "In the place of DIR: the latest study of this name that an observer knows"))
      ->excludes(directory);
  require_text(
      command->add_option("--config", options.config,
                          "Ask the observers of this host config in the place of manifest.json"));
  CLI::Option* json = command->add_flag("--json", options.json, "Print it as JSON");
  command
      ->add_flag("--watch", options.watch,
                 "Go on showing it until the study ends or its writer is gone")
      ->excludes(json);
  command->final_callback([&options] {
    if (options.study_dir.empty() && options.study_name.empty()) {
      throw CLI::RequiredError("DIR or --study NAME");
    }
  });
  return command;
}

int show_status(const StatusOptions& options) {
  Console console(STDERR_FILENO);
  HostLog log(console, study::LogSeverity::warning);
  const std::unique_ptr<StudyReader> reader = make_reader(options, log);
  if (options.watch) {
    const int signal = watch_study(*reader);
    return signal == 0 ? kExitCompleted : kExitSignalBase + signal;
  }
  const StudyView view = reader->read();
  print(options.json ? status_json(view) : status_text(view, terminal_size(STDOUT_FILENO).columns));
  return kExitCompleted;
}

}  // namespace host
