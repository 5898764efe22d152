// A symbol of a plugin's that the host exports under the same name: Boost.JSON's are such symbols.
// CMake links this program so that it exports its own.
#include "support/zoo.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

extern "C" {
__attribute__((visibility("default"))) const char* zoo_owner();
const char* zoo_owner() {
  return "the host's";
}
}

namespace {

/// What the animal logs when it makes an observer.
std::string owner_seen_by(const std::string& animal) {
  study_test::LogBook log;
  static_cast<void>(
      study::ObserverLibrary::load(study_test::zoo_file(animal)).create(log.services(), {}));
  const auto entries = log.entries();
  return entries.size() == 1 ? entries[0].text : "nobody's";
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_plugin_runs_its_own_code_where_the_host_exports_the_same_name) {
  BOOST_TEST(owner_seen_by("keeps_to_its_own") == "the plugin's own");
}

// Shows that the test above sees what it looks for, and what the version script is there for.
BOOST_AUTO_TEST_CASE(without_the_version_script_a_plugin_would_run_the_hosts_code) {
  BOOST_TEST(owner_seen_by("takes_the_hosts") == "the host's");
}
