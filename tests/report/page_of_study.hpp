/// `study-host report`, and what is in the page that it makes.
#pragma once

#include "support/study_folder.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace study_test {

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline ProgramResult report(const std::filesystem::path& study_dir,
                            std::vector<std::string> more = {}) {
  std::vector<std::string> command{kStudyHost, "report", study_dir.string()};
  command.insert(command.end(), more.begin(), more.end());
  return run_program(command);
}

/// What an element of the page holds.
inline json::value element(const std::string& page, const std::string& id) {
  const std::string opening = "<script type=\"application/json\" id=\"" + id + "\">";
  const std::size_t begin = page.find(opening);
  BOOST_REQUIRE(begin != std::string::npos);
  const std::size_t end = page.find("</script>", begin);
  return json::parse(page.substr(begin + opening.size(), end - begin - opening.size()));
}

inline json::value page_data(const std::filesystem::path& page) {
  return element(read_text(page), "data");
}

}  // namespace study_test
