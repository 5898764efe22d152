#include "report/study_files.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fcntl.h>

namespace host {

bool is_plain_file_name(std::string_view name) {
  const bool has_letter = name.find_first_not_of('.') != std::string_view::npos;
  const std::size_t colon = name.find(':');
  const auto scheme_character = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
  };
  const bool has_scheme = colon != std::string_view::npos &&
                          std::all_of(name.begin(), name.begin() + colon, scheme_character);
  return has_letter && !has_scheme &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

StudyFiles::StudyFiles(std::filesystem::path directory) : directory_(std::move(directory)) {}

study::UniqueFd StudyFiles::open(const std::string& name) {
  study::UniqueFd file = study::open_regular_file((directory_ / name).c_str(), O_RDONLY);
  struct stat info {};
  if (file && ::fstat(file.get(), &info) == 0) narrow(info);
  return file;
}

void StudyFiles::count_readers_of(std::string_view name) {
  struct stat info {};
  if (::lstat((directory_ / name).c_str(), &info) == 0) narrow(info);
}

/// What one group can read, another group can't: then it may what everybody may.
void StudyFiles::narrow(const struct stat& info) {
  const auto without_group = [](mode_t mode) { return (mode & 0606) | ((mode & 0006) << 3); };
  mode_t mode = info.st_mode & 0666;
  if (std::exchange(is_first_, false)) {
    readers_.group = info.st_gid;
  } else if (info.st_gid != readers_.group) {
    mode = without_group(mode);
    readers_.mode = without_group(readers_.mode);
  }
  readers_.mode &= mode;
}

}  // namespace host
