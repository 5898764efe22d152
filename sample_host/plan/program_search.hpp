/// Where the program of an experiment is, and what is said where it isn't.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace host {

/// The paths that `program` may have, in the order in which they are to be tried: itself if there
/// is a `/` in it, else one in each directory of `path`, the value of PATH, an empty one standing
/// for the current directory. As execvp(3), without its `/bin/sh` for a file that the kernel can't
/// execute.
[[nodiscard]] std::vector<std::string> program_candidates(const std::string& program,
                                                          std::optional<std::string_view> path);

/// What execve(2) has failed with for all `candidates` of `program`, run in `directory` (empty: the
/// host's), in words that tell what to do: the kernel says "No such file or directory" also where
/// only a script's interpreter is missing.
[[nodiscard]] std::string execution_problem(const std::string& program,
                                            const std::vector<std::string>& candidates,
                                            const std::filesystem::path& directory,
                                            int error_number);

/// The same, before anything is run: empty where some file is there that may be it.
[[nodiscard]] std::string missing_program(const std::string& program,
                                          std::optional<std::string_view> path,
                                          const std::filesystem::path& directory);

}  // namespace host
