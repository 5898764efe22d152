/// Study files of a test, loaded.
#pragma once

#include "input/study_file.hpp"
#include "input_support.hpp"

#include <string>
#include <vector>

#include <boost/json/serialize.hpp>

namespace study_test {

struct StudyFileFixture {
  host::StudyFile load(const std::string& text) const {
    return host::load_study_file(folder.write("study.yaml", text));
  }
  std::string error(const std::string& text) const {
    return folder.error_of([&] { (void)load(text); });
  }
  // The configurations, one a line.
  std::string configs(const std::string& text) const { return lines(load(text)); }
  std::vector<std::string> warnings(const std::string& text) const {
    std::vector<std::string> out;
    for (const std::string& warning : load(text).warnings) {
      out.push_back(folder.without_folder(warning));
    }
    return out;
  }
  static std::string lines(const host::StudyFile& study) {
    std::string out;
    for (const auto& config : study.configs) out += boost::json::serialize(config) + "\n";
    return out;
  }

  InputFolder folder;
};

}  // namespace study_test
