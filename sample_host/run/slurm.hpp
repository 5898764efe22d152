/// Slurm's steps that are a study's: by their name, which srun gives them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace host {

/// Whether the parent of this process is the shell of a batch script, which Slurm's signals go to.
[[nodiscard]] bool is_below_batch_script();

/// The CPUs, on all nodes, of the allocation in which this process is; 0: unknown, or too many.
/// `text` is SLURM_JOB_CPUS_PER_NODE: `4(x3),2`.
[[nodiscard]] int allocated_cpus(std::string_view text);

/// `study-` and what tells the study's directory from any other.
[[nodiscard]] std::string slurm_step_name(const std::filesystem::path& study_dir);

/// The steps of that name that Slurm has: `12.4` each. Asks squeue(1) again and again, for two
/// minutes at most, while the controller doesn't answer. Throws `study::StudyError` where it never
/// does.
[[nodiscard]] std::vector<std::string> find_slurm_steps(const std::filesystem::path& study_dir);

/// Cancels them (scancel(1)), and waits until they are gone. Gives a sentence for each. Throws
/// `study::StudyError` where some are left.
std::vector<std::string> end_slurm_steps(const std::filesystem::path& study_dir);

}  // namespace host
