/// The programs and plugins of this build, as the tools of the linker see them.
#pragma once

#include "run_program.hpp"

#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace study_test {

inline const std::string kHostProgram = STUDY_BIN_DIR "/study-host";

[[nodiscard]] inline std::vector<std::string> plugin_files() {
  std::vector<std::string> files;
  std::istringstream list(STUDY_PLUGIN_FILES);
  for (std::string file; std::getline(list, file, '|');) files.push_back(file);
  return files;
}

/// The lines that a tool, such as nm(1), prints.
[[nodiscard]] inline std::vector<std::string> lines_printed_by(std::vector<std::string> command) {
  const std::string name = command.front();
  const ProgramResult result = run_program(std::move(command));
  if (result.exit_code != 0) throw std::runtime_error(name + " failed: " + result.err);
  std::vector<std::string> lines;
  std::istringstream text(result.out);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

}  // namespace study_test
