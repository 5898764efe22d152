/// What starts an experiment's command somewhere else: `srun`, `ssh host`, `docker run image`.
#pragma once

#include "plan/prepared_study.hpp"
#include "run/experiment_process.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace host {

/// `LAUNCHER study-host leaf OPTIONS STATUS_FILE -- COMMAND`, which runs `process` there. Some
/// launchers are known by their names: srun's steps get the name of the study
/// (`slurm_step_name`), and what goes to ssh is quoted, since a shell at its other end takes it
/// apart.
[[nodiscard]] std::vector<std::string> launch_command(const std::vector<std::string>& launcher,
                                                      const ProcessSpec& process,
                                                      const std::filesystem::path& study_dir,
                                                      const std::filesystem::path& status_file);

/// Whether any experiment of the study may become a step of Slurm's.
[[nodiscard]] bool uses_slurm(const PreparedStudy& study);

}  // namespace host
