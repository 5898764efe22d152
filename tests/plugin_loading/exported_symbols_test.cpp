// A plugin exports its entry point and nothing else, so that no two of them share a symbol.
#include "zoo.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

/// `T name` for each symbol that `file` exports; the letters are those of nm(1).
std::vector<std::string> exported_symbols(const std::filesystem::path& file) {
  const std::string command = "nm -D --defined-only --format=posix '" + file.string() + "'";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error(command);
  std::string text;
  char buffer[4096];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) text += buffer;
  if (::pclose(pipe) != 0) throw std::runtime_error(command + " failed");

  std::vector<std::string> symbols;
  std::istringstream lines(text);
  std::string name, letter, rest;
  while (lines >> name >> letter && std::getline(lines, rest))
    symbols.push_back(letter + " " + name);
  return symbols;
}

std::vector<std::string> plugin_files() {
  std::vector<std::string> files;
  std::istringstream list(STUDY_PLUGIN_FILES);
  for (std::string file; std::getline(list, file, '|');) files.push_back(file);
  return files;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_plugin_exports_its_entry_point_alone) {
  const std::vector<std::string> entry_point_alone = {"T study_observer_plugin_v1"};
  BOOST_TEST(plugin_files().size() > 1U);
  for (const std::string& file : plugin_files()) {
    BOOST_TEST_CONTEXT(file) {
      BOOST_TEST(exported_symbols(file) == entry_point_alone, boost::test_tools::per_element());
    }
  }
}

// Shows that the test above sees what it looks for, and what the version script is there for.
BOOST_AUTO_TEST_CASE(without_the_version_script_a_unique_symbol_would_pin_the_library) {
  const auto symbols = exported_symbols(zoo_file("exports_too_much"));
  BOOST_TEST(symbols.size() > 2U);
#ifdef __GLIBCXX__
  const auto is_unique = [](const std::string& symbol) { return symbol.starts_with("u "); };
  BOOST_TEST(std::any_of(symbols.begin(), symbols.end(), is_unique));
#endif
}
