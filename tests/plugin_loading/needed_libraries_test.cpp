// What the dynamic linker is to load with study-host and with each plugin.
#include "support/built_files.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using study_test::plugin_files;

namespace {

/// The library names of readelf(1)'s `(NEEDED) Shared library: [libc.so.6]`.
std::vector<std::string> needed_libraries(const std::string& file) {
  std::vector<std::string> names;
  for (const std::string& line : study_test::lines_printed_by({"readelf", "-d", "-W", file})) {
    if (line.find("(NEEDED)") == std::string::npos) continue;
    const std::size_t begin = line.find('[') + 1;
    names.push_back(line.substr(begin, line.find(']') - begin));
  }
  return names;
}

bool any_starts_with(const std::vector<std::string>& names, const std::string& beginning) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return name.starts_with(beginning); });
}

}  // namespace

// Boost.JSON is compiled into both, so that neither depends on the other's version of it.
BOOST_AUTO_TEST_CASE(neither_study_host_nor_any_plugin_needs_the_library_of_boost_json) {
  BOOST_TEST(any_starts_with(needed_libraries(study_test::kHostProgram), "libboost_log"));
  BOOST_TEST(!any_starts_with(needed_libraries(study_test::kHostProgram), "libboost_json"));
  BOOST_TEST(plugin_files().size() > 1U);
  for (const std::string& file : plugin_files()) {
    BOOST_TEST_CONTEXT(file) {
      BOOST_TEST(any_starts_with(needed_libraries(file), "libc.so"));
      BOOST_TEST(!any_starts_with(needed_libraries(file), "libboost_json"));
    }
  }
}

// A sink of a plugin's own in the core of Boost.Log, which the process has one of, would be called
// when the plugin is gone: plugins log through their host.
BOOST_AUTO_TEST_CASE(no_plugin_needs_boost_log) {
  for (const std::string& file : plugin_files()) {
    BOOST_TEST(!any_starts_with(needed_libraries(file), "libboost_log"), file);
  }
}
