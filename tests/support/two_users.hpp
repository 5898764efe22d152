/// Two users without rights beyond their own, for what one of them does to the other.
#pragma once

#include "run_program.hpp"
#include "study_folder.hpp"

#include <filesystem>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace study_test {

/// Nobody's numbers; both are in one group, as colleagues are.
inline constexpr unsigned kVictim = 54301;
inline constexpr unsigned kStranger = 54302;
inline constexpr unsigned kTheirGroup = 54300;

/// `command` as one of them, by setpriv(1).
[[nodiscard]] inline std::vector<std::string> as_user(unsigned user,
                                                      std::vector<std::string> command) {
  const std::string number = std::to_string(user);
  std::vector<std::string> result{"setpriv", "--reuid=" + number,
                                  "--regid=" + std::to_string(kTheirGroup), "--clear-groups"};
  result.insert(result.end(), std::make_move_iterator(command.begin()),
                std::make_move_iterator(command.end()));
  return result;
}

/// Whether study-host can be run as them; if not, says why.
[[nodiscard]] inline bool has_two_users() {
  static const std::string problem = []() -> std::string {
    if (::geteuid() != 0) return "to become two other users needs root";
    const ProgramResult result = run_program(as_user(kVictim, {kStudyHost, "--version"}));
    return result.exit_code == 0 ? "" : "another user can't run study-host: " + result.err;
  }();
  if (!problem.empty()) std::cout << "SKIPPED: " << problem << std::endl;
  return problem.empty();
}

/// All of it becomes one of theirs.
inline void give_to(unsigned user, const std::filesystem::path& path) {
  const auto give = [&](const std::filesystem::path& one) {
    if (::lchown(one.c_str(), user, kTheirGroup) != 0) throw std::runtime_error("chown");
  };
  give(path);
  if (!std::filesystem::is_directory(std::filesystem::symlink_status(path))) return;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) give(entry.path());
}

inline void set_mode(const std::filesystem::path& path, mode_t mode) {
  if (::chmod(path.c_str(), mode) != 0) throw std::runtime_error("chmod " + path.string());
}

}  // namespace study_test
