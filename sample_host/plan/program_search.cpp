#include "plan/program_search.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <cerrno>
#include <fstream>
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

/// The first of `candidates` that is a file, as one in `directory` sees it; empty if none is.
fs::path find_file(const std::vector<std::string>& candidates, const fs::path& directory) {
  std::error_code ignored;
  for (const std::string& candidate : candidates) {
    fs::path file = directory.empty() || candidate.starts_with('/') ? fs::path(candidate)
                                                                    : directory / candidate;
    if (fs::is_regular_file(file, ignored)) return file;
  }
  return {};
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

std::vector<std::string> program_candidates(const std::string& program,
                                            std::optional<std::string_view> variable) {
  if (is_path(program)) return {program};
  std::string_view path = variable.value_or(kDefaultPath);
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
                              const std::vector<std::string>& candidates, const fs::path& directory,
                              int error_number) {
  std::string reason = std::generic_category().message(error_number);
  if (error_number == ENOEXEC) {
    return reason + "; is it for this machine, and if it is a script, does it begin with #!?";
  }
  if (error_number != ENOENT) return reason;
  if (const fs::path there = find_file(candidates, directory); !there.empty()) {
    return missing_interpreter(there);
  }
  if (!is_path(program) || program.starts_with('/')) return reason;
  std::error_code ignored;
  const bool is_ours = directory.empty() || directory == fs::current_path(ignored);
  return reason + "; the path is relative to the directory where " +
         (is_ours ? "study-host runs, " + fs::current_path(ignored).string()
                  : "it is to run, " + directory.string()) +
         "; {study_file_dir}/… is relative to the study file";
}

std::string missing_program(const std::string& program, std::optional<std::string_view> path,
                            const fs::path& directory) {
  const std::vector<std::string> candidates = program_candidates(program, path);
  if (!find_file(candidates, directory).empty()) return {};
  return execution_problem(program, candidates, directory, ENOENT);
}

}  // namespace host
