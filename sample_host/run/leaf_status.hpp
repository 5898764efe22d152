/// What a leaf leaves of a command for the host that has had it launched: the word on what became
/// of it, whatever the launcher's own exit code says.
#pragma once

#include "run/experiment_process.hpp"
#include "run/failure.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace host {

struct LeafStatus {
  /// As the leaf has seen it, but for stdout, which has gone through the launcher, and the log.
  ProcessEnd end;
  std::optional<Failure> not_started;  ///< the command could not be started there
  std::string place;                   ///< `node3 (Slurm job 12, step 4)`
  std::string out_of_memory;           ///< what the kernel says there; empty: nothing
  bool has_no_line = false;            ///< stdin had ended before the host said anything
};

/// `node3 (Slurm job 12, step 4)` of this process.
[[nodiscard]] std::string own_place();

/// `.{stem}.{attempt}.status` of the study directory.
[[nodiscard]] std::filesystem::path leaf_status_file(const std::filesystem::path& study_dir,
                                                     const std::string& stem, int attempt);

/// Puts it there whole, by a rename. Throws `study::FileError`.
void write_leaf_status(const std::filesystem::path& file, const LeafStatus& status);

/// Empty where there is none, or what is there is none.
[[nodiscard]] std::optional<LeafStatus> read_leaf_status(const std::filesystem::path& file);

}  // namespace host
