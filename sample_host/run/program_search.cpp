#include "run/program_search.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

namespace host {
namespace {

namespace fs = std::filesystem;

/// As glibc's `confstr(_CS_PATH)`.
constexpr std::string_view kDefaultPath = "/bin:/usr/bin";
/// As much of a script's first line as the kernel looks at (BINPRM_BUF_SIZE of linux/binfmts.h).
constexpr std::size_t kFirstLineBytes = 256;

bool is_path(const std::string& program) {
  return program.find('/') != std::string::npos;
}

std::string first_line(const fs::path& file) {
  std::string text(kFirstLineBytes, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text.substr(0, text.find('\n'));
}

/// Of a file that is there and can't be executed because another one isn't.
std::string missing_interpreter(const fs::path& file) {
  std::string line = first_line(file);
  if (!line.starts_with("#!")) {
    return file.string() +
           " is there, but not the dynamic loader that it needs: is it for this "
           "system?";
  }
  const bool has_carriage_return = line.ends_with('\r');
  line.erase(0, std::min(line.find_first_not_of(" \t", 2), line.size()));
  const std::string interpreter = line.substr(0, line.find_first_of(" \t"));
  return "the interpreter in the first line of " + file.string() + " was not found: '" +
         study::visible(interpreter) + "'" +
         (has_carriage_return ? "; its lines end in CR LF" : "");
}

}  // namespace

std::vector<std::string> program_candidates(const std::string& program) {
  if (is_path(program)) return {program};
  const char* const variable = std::getenv("PATH");
  std::string_view path = variable != nullptr ? std::string_view(variable) : kDefaultPath;
  std::vector<std::string> candidates;
  while (true) {
    const std::size_t colon = path.find(':');
    const std::string folder(path.substr(0, colon));
    candidates.push_back((folder.empty() ? "." : folder) + "/" + program);
    if (colon == std::string_view::npos) return candidates;
    path.remove_prefix(colon + 1);
  }
}

std::string execution_problem(const std::string& program,
                              const std::vector<std::string>& candidates, int error_number) {
  const std::string reason = std::generic_category().message(error_number);
  if (error_number == ENOEXEC) {
    return reason + "; is it for this machine, and if it is a script, does it begin with #!?";
  }
  if (error_number != ENOENT) return reason;
  std::error_code ignored;
  const auto there = std::find_if(candidates.begin(), candidates.end(), [&](const auto& file) {
    return fs::is_regular_file(file, ignored);
  });
  if (there != candidates.end()) return missing_interpreter(*there);
  if (!is_path(program) || program.starts_with('/')) return reason;
  return reason + "; the path is relative to the directory where study-host runs, " +
         fs::current_path(ignored).string() + "; {study_file_dir}/… is relative to the study file";
}

}  // namespace host
