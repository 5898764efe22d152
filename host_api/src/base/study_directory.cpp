#include "base/format.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/posix.hpp>
#include <study/study_directory.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <optional>
#include <regex>
#include <string>
#include <system_error>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace study {
namespace {

constexpr std::size_t kMaxStudyNameBytes = 200;

std::string advice(int error_number) {
  switch (error_number) {
    case EACCES:
    case EPERM:
      return "give yourself write permission, or choose another results directory";
    case EROFS:
      return "its file system is read-only: choose another results directory";
    case ENOTDIR:
    case EEXIST:
      return "something that is not a directory is in the way: move it, or choose another "
             "results directory";
    case ENOSPC:
    case EDQUOT:
      return "free some space, or choose a results directory on another disk";
    default:
      return "choose another results directory";
  }
}

[[noreturn]] void fail(std::string_view what, const std::filesystem::path& path,
                       const std::error_code& reason) {
  throw StudyError(study::format("cannot {} {}: {}; {}", what, path.string(), reason.message(),
                                 advice(reason.value())));
}

/// Finds out before anything runs what permissions, quota and a full disk would do later.
void check_writable(const std::filesystem::path& directory) {
  const std::filesystem::path probe = directory / ".write_check";
  try {
    replace_file(probe, "this study directory can be written to\n");
  } catch (const FileError& error) {
    ::rmdir(directory.c_str());
    fail("write in the study directory", directory, error.code());
  }
  ::unlink(probe.c_str());
}

/// Prevents a study that a power loss takes with its directory, when everything in that is synced.
/// Where a directory can't be synced, the study begins all the same.
void sync_name(const std::filesystem::path& results_dir) {
  const UniqueFd fd = open_file(results_dir.c_str(), O_RDONLY | O_DIRECTORY);
  if (fd) static_cast<void>(::fsync(fd.get()));
}

/// When a study began, and the how manyth it was in that second.
using StudyTime = std::pair<std::string, unsigned long>;

/// Of what follows `{study_name}_` in a directory's name; empty if that is something else, such as
/// the rest of a longer name.
std::optional<StudyTime> parse_study_time(const std::string& text) {
  static const std::regex form(R"((\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)(?:_(\d{1,9}))?)");
  std::smatch parts;
  if (!std::regex_match(text, parts, form)) return std::nullopt;
  return StudyTime(parts[1].str(), parts[2].matched ? std::stoul(parts[2].str()) : 0);
}

}  // namespace

void check_study_name(std::string_view study_name) {
  const auto refuse = [&](std::string_view why) {
    throw InputError(study::format(
        "study name \"{}\" {}: it names a directory; use letters, digits, '-', '_' and spaces",
        visible(truncate_utf8(study_name, 60)), why));
  };
  if (study_name.empty()) refuse("is empty");
  if (study_name.size() > kMaxStudyNameBytes) refuse("is longer than 200 bytes");
  if (study_name.front() == '.') refuse("begins with a dot");
  if (study_name.find('/') != std::string_view::npos) refuse("contains a '/'");
  if (!is_valid_utf8(study_name)) refuse("is not UTF-8");
  if (visible(study_name) != study_name) refuse("contains a control character");
  if (study_name.front() == ' ' || study_name.back() == ' ') refuse("begins or ends with a blank");
}

std::filesystem::path create_study_directory(const std::filesystem::path& results_dir,
                                             std::string_view study_name, Timestamp started_at) {
  check_study_name(study_name);
  std::error_code error;
  std::filesystem::create_directories(results_dir, error);
  if (error) fail("create the results directory", results_dir, error);

  const std::string name = study::format("{}_{}", study_name, file_name_timestamp(started_at));
  std::filesystem::path directory = results_dir / name;
  // mkdir(2) decides who gets a name; looking first whether it is free would leave a gap.
  for (int suffix = 1; ::mkdir(directory.c_str(), 0777) != 0; ++suffix) {
    if (errno != EEXIST) {
      fail("create the study directory", directory, {errno, std::generic_category()});
    }
    directory = results_dir / study::format("{}_{}", name, suffix);
  }
  check_writable(directory);
  sync_name(results_dir);
  return directory;
}

std::vector<std::filesystem::path> study_directories(const std::filesystem::path& results_dir,
                                                     std::string_view study_name) {
  const std::string stem = std::string(study_name) + "_";
  std::vector<std::pair<StudyTime, std::filesystem::path>> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(results_dir, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(stem) || !entry.is_directory(ignored)) continue;
    if (auto time = parse_study_time(name.substr(stem.size()))) {
      found.emplace_back(*std::move(time), entry.path());
    }
  }
  std::ranges::sort(found, std::greater<>());
  std::vector<std::filesystem::path> directories;
  directories.reserve(found.size());
  for (auto& [time, directory] : found) directories.push_back(std::move(directory));
  return directories;
}

}  // namespace study
