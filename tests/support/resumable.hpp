/// A study whose interrupted or failed runs are to be resumed.
#pragma once

#include "study_folder.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace study_test {

namespace fs = std::filesystem;

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Runs that note their number in `ledger` and fail while there is a file `fail-{n}`.
struct Resumable {
  Resumable() {
    folder.use_manifest_writer();
    use();
  }

  void use(json::array fields = {{{"n", 1}}, {{"n", 2}}, {{"n", 3}}}, json::object execution = {}) {
    folder.study("echo $1 >> " + ledger.string() + "; test ! -e " + (folder / "fail-").string() +
                     "$1 && echo '{}'",
                 std::move(fields), {}, std::move(execution));
  }
  /// Names the observers in the host config, in that order.
  void observe_with(const std::vector<std::string>& plugins) {
    json::array observers;
    for (const std::string& plugin : plugins) observers.push_back(json::object{{"plugin", plugin}});
    folder.host(observers);
  }
  void fail(int n) const { folder.write("fail-" + std::to_string(n), ""); }
  void repair() const {
    for (int n = 1; n <= 3; ++n) fs::remove(folder / ("fail-" + std::to_string(n)));
  }
  /// Resumes with the study file.
  [[nodiscard]] ProgramResult resume(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"--resume", folder.study_dir().string()});
    return folder.run(more);
  }
  /// Resumes without it.
  [[nodiscard]] ProgramResult resume_alone(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {kStudyHost, "run", "--resume", folder.study_dir().string()});
    return run_program(more);
  }
  /// What ran, in order, such as `123`.
  [[nodiscard]] std::string ran() const {
    std::string text = read_text(ledger);
    std::erase(text, '\n');
    return text;
  }
  [[nodiscard]] fs::path manifest_path() const { return folder.study_dir() / "manifest.json"; }
  [[nodiscard]] json::value entry(std::size_t i, const char* key) const {
    return folder.manifest().at("experiments").at(i).at(key);
  }
  void put_manifest(const std::string& text) const {
    std::ofstream(manifest_path(), std::ios::binary) << text;
  }

  StudyFolder folder;
  fs::path ledger = folder / "ledger";
};

}  // namespace study_test
