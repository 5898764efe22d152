/// The files of one study's directory, which others may have put there.
#pragma once

#include "input/readers.hpp"

#include <study/posix.hpp>

#include <filesystem>
#include <string>
#include <string_view>

#include <sys/stat.h>

namespace host {

/// The name of a file in the study's directory, as a manifest may have it: not empty, no place
/// elsewhere, and neither a folder nor anything with a scheme before it.
[[nodiscard]] bool is_plain_file_name(std::string_view name);

/// Opens them, and remembers who could read them.
class StudyFiles {
 public:
  /// An empty path: the directory is not on this machine.
  explicit StudyFiles(std::filesystem::path directory);

  [[nodiscard]] bool is_there() const { return !directory_.empty(); }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  /// Who can read all that was opened or counted.
  [[nodiscard]] const Readers& readers() const { return readers_; }

  /// Nothing where there is no such regular file; a link is none.
  [[nodiscard]] study::UniqueFd open(const std::string& name);
  /// Of a file that somebody else reads for us, if it is there.
  void count_readers_of(std::string_view name);

 private:
  void narrow(const struct stat& info);

  std::filesystem::path directory_;
  Readers readers_;
  bool is_first_ = true;
};

}  // namespace host
