// A plugin exports its entry point and nothing else, so that no two of them share a symbol.
#include "support/built_files.hpp"
#include "support/zoo.hpp"

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

/// `T name` for each symbol that `file` exports; the letters are those of nm(1).
std::vector<std::string> exported_symbols(const std::string& file) {
  std::vector<std::string> symbols;
  for (const std::string& line :
       lines_printed_by({"nm", "-D", "--defined-only", "--format=posix", file})) {
    std::string name, letter;
    std::istringstream(line) >> name >> letter;
    symbols.push_back(letter + " " + name);
  }
  return symbols;
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
  const auto symbols = exported_symbols(zoo_file("exports_too_much").string());
  BOOST_TEST(symbols.size() > 2U);
#ifdef __GLIBCXX__
  const auto is_unique = [](const std::string& symbol) { return symbol.starts_with("u "); };
  BOOST_TEST(std::any_of(symbols.begin(), symbols.end(), is_unique));
#endif
}

// The other half of that: nothing of ours, and nothing of Boost.JSON, for a library to be bound to.
BOOST_AUTO_TEST_CASE(study_host_hides_its_own_symbols_and_those_of_its_boost_json) {
  const std::vector<std::string> symbols = exported_symbols(kHostProgram);
  BOOST_TEST(!symbols.empty());  // its copies of what libraries that it links define, too
  for (const std::string& symbol : symbols) {
    for (const char* space : {"5study", "4host", "N5boost4json", "NK5boost4json"}) {
      BOOST_TEST(symbol.find(space) == std::string::npos, symbol);
    }
  }
}
