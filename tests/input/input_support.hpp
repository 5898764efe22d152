/// Files as a person writes them, and the messages that they get for it.
#pragma once

#include "support/temp_dir.hpp"

#include <study/error.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace study_test {

/// A folder with files of a person, in which messages name the files without the folder.
class InputFolder {
 public:
  std::filesystem::path write(const std::string& name, std::string_view text) const {
    const std::filesystem::path path = dir_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  [[nodiscard]] const std::filesystem::path& path() const { return dir_.path(); }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return dir_ / name;
  }

  /// `text` with every `{folder}/` taken out.
  [[nodiscard]] std::string without_folder(std::string text) const {
    const std::string prefix = dir_.path().string() + "/";
    for (std::size_t at = text.find(prefix); at != text.npos; at = text.find(prefix, at)) {
      text.erase(at, prefix.size());
    }
    return text;
  }

  /// The message of the `InputError` that `action` throws.
  template <class Action>
  [[nodiscard]] std::string error_of(Action action) const {
    try {
      action();
    } catch (const study::InputError& error) {
      return without_folder(error.what());
    }
    return "no error";
  }

 private:
  TempDir dir_;
};

}  // namespace study_test
