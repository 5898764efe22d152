#include "run/attempt_spec.hpp"

#include "run/launcher.hpp"
#include "run/leaf_status.hpp"

#include <study/atomic_file.hpp>
#include <study/identity.hpp>

#include <system_error>

namespace host {
namespace {

namespace fs = std::filesystem;

PlaceholderValues placeholder_values(const PreparedStudy& study, const fs::path& study_dir,
                                     const ResultFiles& files, const AttemptName& name) {
  const ScheduledRun& scheduled = study.schedule[name.index];
  PlaceholderValues values;
  values.config_file = study_dir.native() + "/" + name.stem + ".config.json";
  values.result_file = files.written;
  values.timeseries_file = study_dir.native() + "/" + name.stem + ".parquet";
  values.study_file_dir = study.file.path.parent_path().native();
  values.cycle = scheduled.cycle;
  values.config_hash = study.plan().configurations[scheduled.configuration].config_hash;
  values.slot = name.slot;
  values.attempt = name.attempt;
  return values;
}

/// What is to be done with the command is its leaf's part from here on.
void launch(AttemptSpec& spec, const std::vector<std::string>& launcher, const fs::path& study_dir,
            const AttemptName& name) {
  spec.status_file = leaf_status_file(study_dir, name.stem, name.attempt);
  std::error_code ignored;
  fs::remove(spec.status_file, ignored);  // nobody's but this attempt's leaf counts
  ProcessSpec& process = spec.process;
  process.command = launch_command(launcher, process, study_dir, spec.status_file);
  process.is_launcher = true;
  process.directory.clear();
  process.timeout.reset();
  process.stop_signal = SIGTERM;
}

}  // namespace

AttemptSpec describe_attempt(const PreparedStudy& study, const boost::json::object& fields,
                             const fs::path& study_dir, const std::vector<std::string>& marks,
                             const AttemptName& name) {
  const std::size_t configuration = study.schedule[name.index].configuration;
  const RunnerSpec& runner = *study.runner_of[configuration];
  AttemptSpec spec;
  spec.files = result_files(study_dir, name.stem, name.attempt);
  const PlaceholderValues values = placeholder_values(study, study_dir, spec.files, name);
  if (uses_placeholder(runner, "config_file")) {
    study::replace_file(values.config_file, study::canonical_json(fields) + "\n",
                        study::Durability::process, mode_of_copy(study_dir, study.file.readers));
  }
  if (!uses_placeholder(runner, "result_file")) spec.files.written.clear();
  spec.durability = study.host.durability;
  ProcessSpec& process = spec.process;
  process.command = expand_command(runner, fields, values);
  process.variables = expand_environment(runner, fields, values);
  process.variables.insert(process.variables.end(), marks.begin(), marks.end());
  process.run = name.stem + "." + std::to_string(name.attempt);
  process.variables.push_back(std::string(kRunVariable) + "=" + process.run);
  process.mark = name.mark;
  process.directory = directory_of(runner, study);
  process.log_file = study_dir.native() + "/" + name.stem + ".log";
  process.log_has_times = study.host.log_times;
  process.timeout = runner.timeout;
  process.grace = runner.grace.value_or(kGracePeriod);
  process.stop_signal = runner.stop_signal;
  spec.timeout = runner.timeout;
  if (!runner.launcher.empty())
    launch(spec, expand_launcher(runner, fields, values), study_dir, name);
  return spec;
}

}  // namespace host
