/// Which files a command's program may be, and why none of them could be executed.
#pragma once

#include <string>
#include <vector>

namespace host {

/// The paths that `program` may have, in the order in which they are to be tried: itself if there
/// is a `/` in it, else one in each directory of the host's PATH, an empty one standing for the
/// current directory. As execvp(3), without its `/bin/sh` for a file that the kernel can't execute.
[[nodiscard]] std::vector<std::string> program_candidates(const std::string& program);

/// What execve(2) has failed with for all `candidates` of `program`, in words that tell what to do:
/// the kernel says "No such file or directory" also where only a script's interpreter is missing.
[[nodiscard]] std::string execution_problem(const std::string& program,
                                            const std::vector<std::string>& candidates,
                                            int error_number);

}  // namespace host
