/// A folder with a study file and a host config, and study-host run on them.
#pragma once

#include "run_program.hpp"
#include "temp_dir.hpp"
#include "valid_manifest.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace study_test {

namespace json = boost::json;

inline const std::string kStudyHost = std::string(STUDY_BIN_DIR) + "/study-host";

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);  // npos + 1 is 0
}

class StudyFolder {
 public:
  StudyFolder() { host({}); }

  /// Writes the host config.
  void host(const json::array& observers, json::object more = {}) {
    more["results_dir"] = "results";
    more["observers"] = observers;
    write("study_host.json", json::serialize(more));
  }

  /// The default observer, `manifest_writer`.
  void use_manifest_writer() { host({{{"plugin", "manifest_writer"}}}); }

  /// Writes a study whose experiments run `sh -c script`: one for each of `fields`.
  void study(const std::string& script, json::array fields = {{{"n", 1}}}, json::object runner = {},
             json::object execution = {}) {
    runner["command"] = json::array{"sh", "-c", script, "sh", "{n}"};
    json::object study{{"name", "test"},
                       {"experiments", std::move(fields)},
                       {"runners", {{"default", std::move(runner)}}}};
    if (!execution.empty()) study["execution"] = std::move(execution);
    write("study.json", json::serialize(study));
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ / name, std::ios::binary) << text;
  }

  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> more = {}) const {
    std::vector<std::string> result{kStudyHost, "run", (dir_ / "study.json").string()};
    result.insert(result.end(), more.begin(), more.end());
    return result;
  }

  ProgramResult run(std::vector<std::string> more = {}) const {
    return run_program(command(std::move(more)));
  }

  [[nodiscard]] std::filesystem::path results() const { return dir_ / "results"; }

  /// The only study's directory.
  [[nodiscard]] std::filesystem::path study_dir() const {
    for (const auto& entry : std::filesystem::directory_iterator(results())) {
      if (entry.is_directory()) return entry.path();  // beside it may be the store of a sink
    }
    throw std::runtime_error("there is no study in " + results().string());
  }

  /// The names of the files in the only study's directory, sorted, without what every study keeps
  /// there to be resumed.
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(study_dir())) {
      const std::string name = entry.path().filename().string();
      if (name == "study.json" || name == "study_record.json" || name == ".study.lock") continue;
      names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  /// The content of the first file in the study's directory whose name ends so; empty if none.
  [[nodiscard]] std::string content(const std::string& ending) const {
    for (const std::string& name : files()) {
      if (name.ends_with(ending)) return read_text(study_dir() / name);
    }
    return {};
  }

  [[nodiscard]] bool has(const std::string& ending) const {
    const auto names = files();
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return name.ends_with(ending); });
  }

  /// The only study's manifest, which satisfies the schema.
  [[nodiscard]] json::object manifest() const {
    return check_manifest_text(read_text(study_dir() / "manifest.json")).as_object();
  }

  [[nodiscard]] const std::filesystem::path& path() const { return dir_.path(); }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return dir_ / name;
  }

 private:
  TempDir dir_;
};

}  // namespace study_test
