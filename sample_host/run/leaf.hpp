/// The far end of a launcher: `LAUNCHER study-host leaf STATUS_FILE -- COMMAND`.
#pragma once

#include "run/experiment_process.hpp"

#include <filesystem>

namespace host {

struct LeafSpec {
  ProcessSpec process;
  std::filesystem::path status_file;
};

/// Runs the command where the launcher has put this process, ends all that it starts there, and
/// says by the status file what became of it (leaf_status.hpp). Its time limit counts from here.
///
/// stdin is the line to the host (`LineWord`): its end, which is the host's, or the launcher's,
/// stops the command gently, as SIGTERM and the other interrupts do; a second interrupt kills it.
/// What the command prints goes on to stdout and stderr.
///
/// Returns the command's exit code, or as a shell 128 and the signal that has ended it, 127 where
/// it could not be started. Throws `study::FileError` where the status can't be written.
[[nodiscard]] int run_leaf(const LeafSpec& spec);

}  // namespace host
