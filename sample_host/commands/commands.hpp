/// The commands of study-host. The options of each are filled when the command line is parsed, and
/// outlive `app`.
#pragma once

#include "plan/prepared_study.hpp"
#include "resume/open_study.hpp"

#include <study/log.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <signal.h>

namespace CLI {
class App;
}

namespace host {

/// `study-host run STUDY [--config HOST.json] [--jobs N] [--dry-run] [--log-level LEVEL]`
/// `study-host run [STUDY] --resume DIR [--force] [--skip-failed] [--rebuild] …`
struct RunOptions {
  StudyOptions study;
  ResumeOptions resume;
  bool dry_run = false;
  study::LogSeverity log_level = study::LogSeverity::warning;
};

CLI::App* set_up_run(CLI::App& app, RunOptions& options);

/// Returns the exit code. stdout gets one line, the study directory, as soon as the study has
/// started. Throws `study::InputError` and `study::StudyError` for what keeps it from starting; a
/// changed study is described on stderr before.
[[nodiscard]] int run_study(RunOptions options);

/// `study-host plugins [--config HOST.json]`
struct PluginsOptions {
  std::optional<std::filesystem::path> config;
};

CLI::App* set_up_plugins(CLI::App& app, PluginsOptions& options);

/// Prints each plugin that is found: its name as a host config has it, version, its own name where
/// that is another, description, file, options. A library that can't be loaded is listed with its
/// error. Without `--config`, a `study_host.json` in the current directory counts. The exit code is
/// 0 if there is at least one usable plugin; otherwise the folders that were searched go to stderr,
/// and it is that of a `StudyError`.
[[nodiscard]] int list_plugins(const PluginsOptions& options);

/// `study-host status DIR [--config HOST.json] [--json | --watch]`
/// `study-host status --study NAME [--config HOST.json] [--json | --watch]`
/// `study-host status RESULTS_DIR`, which is no study and has some in it, lists them.
struct StatusOptions {
  std::filesystem::path study_dir;  ///< empty: by name
  std::string study_name;           ///< empty: by directory
  std::optional<std::filesystem::path> config;
  bool json = false;
  bool watch = false;
};

CLI::App* set_up_status(CLI::App& app, StatusOptions& options);

/// Prints the state of a running or ended study, once or until it is over (`watch_study`). Only
/// reads. A directory's `manifest.json` is read without asking anybody, unless there is a
/// `--config`; where there is no such file, or the latest run of the study didn't keep it, the
/// observers of that run's host config are asked. A name is asked of the config's observers;
/// without `--config`, a `study_host.json` in the current directory counts.
///
/// Throws `study::InputError` where there is no checkpoint, `study::CheckpointError` for one that
/// can't be used, `study::PluginError` for an observer that can't be loaded.
[[nodiscard]] int show_status(const StatusOptions& options);

/// `study-host list [RESULTS_DIR] [--config HOST.json] [--json]`
struct ListOptions {
  std::filesystem::path results_dir;  ///< empty: the config's
  std::optional<std::filesystem::path> config;
  bool json = false;
};

CLI::App* set_up_list(CLI::App& app, ListOptions& options);

/// Prints the studies of the folder, the latest first. Only reads, each study as `show_status`
/// does; one that can't be read is listed with the reason. Without RESULTS_DIR, those that the
/// observers of `--config` know are listed, too, and the folder may be missing; without both, a
/// `study_host.json` in the current directory tells the folder, and nothing else.
///
/// Throws `study::InputError` for a folder that isn't there, or is a study itself, and where no
/// observer could tell in its place.
[[nodiscard]] int list_studies(const ListOptions& options);

/// `study-host report DIR [--output FILE | -] [--config HOST.json]`
/// `study-host report RESULTS_DIR`, which is no study and has some in it, lists them.
struct ReportOptions {
  std::filesystem::path study_dir;
  std::filesystem::path output;  ///< empty: `report.html` in the study's directory; `-`: stdout
  std::optional<std::filesystem::path> config;
};

CLI::App* set_up_report(CLI::App& app, ReportOptions& options);

/// Makes the page of a study, which is read as `show_status` does, and prints its path. Of the
/// study nothing is changed; a file in the page's place is replaced if it is a report itself.
///
/// Throws as `show_status`, `study::InputError` for a place where something else lies, and
/// `study::StudyError` where the file can't be written.
[[nodiscard]] int make_report(const ReportOptions& options);

/// `study-host check-plugin PATH [--options JSON] [--timeout SECONDS] [--json]`
struct CheckPluginOptions {
  std::filesystem::path plugin;
  std::string options = "{}";
  double timeout_seconds = 30;
  double slow_seconds = 0.25;
  std::uint64_t seed = 1;
  std::string only;
  bool json = false;
};

CLI::App* set_up_check_plugin(CLI::App& app, CheckPluginOptions& options);

/// Puts the plugin through the cases of check_plugin/ and prints a line for each. The exit code is
/// 0 if none failed, else 1, or that of a signal. Throws `study::InputError` for a file that isn't
/// there or can't be read, for options that are no JSON object, times out of range, and where no
/// case has `only` in its name.
[[nodiscard]] int check_plugin(const CheckPluginOptions& options);

/// `study-host leaf [OPTIONS] STATUS_FILE -- COMMAND...`: the far end of a launcher (run/leaf.hpp).
struct LeafOptions {
  std::filesystem::path status_file;
  std::vector<std::string> command;
  std::vector<std::string> variables;  ///< "NAME=value"
  std::filesystem::path directory;     ///< empty: where this process is
  std::optional<double> timeout_seconds;
  std::optional<double> grace_seconds;
  int stop_signal = SIGTERM;
  std::uint64_t mark = 0;
};

CLI::App* set_up_leaf(CLI::App& app, LeafOptions& options);

/// Returns the command's exit code, 128 and the signal that has ended it, or 127 where it could not
/// be started. Throws `study::FileError` where the status file can't be written.
[[nodiscard]] int run_leaf_command(const LeafOptions& options);

/// The options of all commands.
struct AllOptions {
  RunOptions run;
  PluginsOptions plugins;
  StatusOptions status;
  ListOptions list;
  ReportOptions report;
  LeafOptions leaf;
  CheckPluginOptions check_plugin;
};

/// The whole command line: each command with its options, and what `--help` says of it.
void set_up_study_host(CLI::App& app, AllOptions& options);

/// Calls the command that `app` has parsed, and returns its exit code. What the process prints
/// otherwise goes to stderr from then on (`keep_stdout`), but for `leaf`, whose command's it is.
[[nodiscard]] int call_command(const CLI::App& app, const AllOptions& options);

}  // namespace host
