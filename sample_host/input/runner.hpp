/// How the experiments of a backend are run: a command with placeholders.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>
#include <signal.h>

namespace study {
class FieldReader;
}

namespace host {

using study::FieldReader;

/// As given under `runners` in a study file or a host config.
struct RunnerSpec {
  std::vector<std::string>
      command;  ///< program and arguments, with `{placeholders}`; never a shell
  /// What starts that somewhere else, with `{placeholders}`; empty: it is started here.
  std::vector<std::string> launcher{};
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::chrono::milliseconds> grace;  ///< between the stop signal and SIGKILL
  int stop_signal = SIGTERM;
  int retries = 0;  ///< so often a run that has failed is run again
  /// Set for the experiments, in written order; values with `{placeholders}`.
  std::vector<std::pair<std::string, std::string>> environment{};
  /// Relative to the study file's directory; empty: where the study was started.
  std::filesystem::path directory{};
  std::string where;  ///< for messages: `study.yaml:12`
  /// Why there is no command: a name that nobody knows, which only counts if an experiment needs
  /// it.
  std::string problem{};
};

/// Runners by backend; the key `default` serves the rest.
using Runners = std::map<std::string, RunnerSpec, std::less<>>;

/// `{"command": ["python3", "bench.py"], "timeout_seconds": 600, "grace_seconds": 10,
/// "stop_signal": "SIGTERM", "retries": 0, "launcher": ["srun", "-N1"], "env":
/// {"CUDA_VISIBLE_DEVICES": "{slot}"}, "cwd": "."}`, as it is written in a study file or a host
/// config. Arguments that are numbers or booleans are taken as they were written. Throws
/// `study::InputError`.
[[nodiscard]] RunnerSpec read_runner(const FieldReader& reader);

/// What `{placeholders}` other than the experiment's own fields stand for; files as texts, since
/// there are these for each attempt.
struct PlaceholderValues {
  std::string config_file;
  std::string result_file;
  std::string timeseries_file;
  std::string study_file_dir;
  int cycle = 1;
  std::string config_hash;
  int slot = 0;     ///< from 0 to jobs - 1, held by one run at a time
  int attempt = 1;  ///< at this run, from 1
};

/// The field whose value chooses an experiment's runner.
struct BackendField {
  std::string key = "backend";
  std::string when_absent{};  ///< the value of experiments without one; empty: they have none
};

/// The backend of an experiment; empty if it has none.
[[nodiscard]] std::string backend_of(const boost::json::object& config, const BackendField& field);

/// The runner of an experiment: that of its backend, else `default`. Without a backend it is
/// `default`, else the only one, else that of `pytorch`. Null if there is none of these.
[[nodiscard]] const RunnerSpec* find_runner(const Runners& runners,
                                            const boost::json::object& config,
                                            const BackendField& field = {});

/// Throws `study::InputError` that names runner, placeholder and the nearest known one if some
/// `{name}` in the command or a value of `env` is neither a field of `config` (dotted: nested) nor
/// one of the names above. A field that is not a scalar can't be an argument either.
void check_placeholders(const RunnerSpec& runner, const boost::json::object& config);

/// The arguments with every placeholder replaced. Strings go in bare, other scalars as canonical
/// JSON text; every brace that is not part of a placeholder (`{name}`: letters, digits, `_`, `.`,
/// `-`, beginning with a letter or `_`) is plain text. A field of the experiment wins over nothing:
/// the names above are reserved.
[[nodiscard]] std::vector<std::string> expand_command(const RunnerSpec& runner,
                                                      const boost::json::object& config,
                                                      const PlaceholderValues& values);

/// The same of its launcher.
[[nodiscard]] std::vector<std::string> expand_launcher(const RunnerSpec& runner,
                                                       const boost::json::object& config,
                                                       const PlaceholderValues& values);

/// What is started on this machine: the launcher, or else the command.
[[nodiscard]] const std::vector<std::string>& started_here(const RunnerSpec& runner);

/// The number of `SIGTERM`, or of `TERM` as kill(1) has it; 0: there is none of that name.
[[nodiscard]] int signal_number(std::string_view name);

/// `env` as "NAME=value" each, with every placeholder replaced.
[[nodiscard]] std::vector<std::string> expand_environment(const RunnerSpec& runner,
                                                          const boost::json::object& config,
                                                          const PlaceholderValues& values);

/// Whether any argument or value of `env` has the placeholder `{name}`: files that nobody asks for
/// are not written.
[[nodiscard]] bool uses_placeholder(const RunnerSpec& runner, std::string_view name);

}  // namespace host
