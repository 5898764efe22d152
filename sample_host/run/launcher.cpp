#include "run/launcher.hpp"

#include "base/format.hpp"
#include "plan/dry_run.hpp"
#include "run/failure.hpp"
#include "run/slurm.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <system_error>

namespace host {
namespace {

namespace fs = std::filesystem;

std::string seconds_of(std::chrono::milliseconds duration) {
  return study::format("{}.{:03}", duration.count() / 1000, duration.count() % 1000);
}

/// Of the program that this process runs: nodes that share the study's directory mostly share it.
std::string own_path() {
  std::error_code error;
  const fs::path path = fs::read_symlink("/proc/self/exe", error);
  return error ? "study-host" : path.string();
}

std::vector<std::string> leaf_command(const ProcessSpec& process, const fs::path& status_file) {
  std::error_code ignored;
  const fs::path directory =
      process.directory.empty() ? fs::current_path(ignored) : fs::absolute(process.directory);
  std::vector<std::string> command{own_path(),
                                   "leaf",
                                   study::format("--mark={}", process.mark),
                                   "--grace=" + seconds_of(process.grace),
                                   "--stop-signal=" + signal_name(process.stop_signal),
                                   "--directory=" + directory.string()};
  if (process.timeout) command.push_back("--timeout=" + seconds_of(*process.timeout));
  for (const std::string& variable : process.variables) command.push_back("--env=" + variable);
  command.push_back(status_file.string());
  command.emplace_back("--");
  command.insert(command.end(), process.command.begin(), process.command.end());
  return command;
}

std::string_view name_of(std::string_view program) {
  return program.substr(program.rfind('/') + 1);
}

bool is_srun(std::string_view program) {
  return name_of(program) == "srun";
}

}  // namespace

bool uses_slurm(const PreparedStudy& study) {
  return std::any_of(study.runners.begin(), study.runners.end(), [](const auto& entry) {
    const RunnerSpec& runner = entry.second;
    return !runner.launcher.empty() && is_srun(runner.launcher.front());
  });
}

std::vector<std::string> launch_command(const std::vector<std::string>& launcher,
                                        const ProcessSpec& process, const fs::path& study_dir,
                                        const fs::path& status_file) {
  std::vector<std::string> command = launcher;
  if (is_srun(launcher.front())) {
    command.insert(command.begin() + 1, "--job-name=" + slurm_step_name(study_dir));
  }
  const bool is_quoted = name_of(launcher.front()) == "ssh";
  for (std::string& word : leaf_command(process, status_file)) {
    command.push_back(is_quoted ? shell_quote(word) : std::move(word));
  }
  return command;
}

}  // namespace host
