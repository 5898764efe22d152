// Several hosts that go on with the latest study at the same moment, and there is none yet.
#include "support/study_folder.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <list>
#include <string>

#include <boost/test/unit_test.hpp>

using namespace study_test;

BOOST_AUTO_TEST_SUITE(begin_at_once)

BOOST_AUTO_TEST_CASE(one_begins_it_and_the_others_are_refused_by_its_name) {
  constexpr std::ptrdiff_t kHosts = 8;
  StudyFolder folder;
  folder.use_manifest_writer();
  const std::string may_end = (folder / "may_end").string();
  // What is left of a host that the test has to kill ends with the folder.
  folder.study("until test -e " + may_end + " || ! test -d " + folder.path().string() +
               "; do sleep 0.02; done; echo 1");
  std::list<Program> hosts;
  for (std::ptrdiff_t i = 0; i < kHosts; ++i)
    hosts.emplace_back(folder.command({"--resume", "latest"}));
  const auto refused = [&] {
    return std::count_if(hosts.begin(), hosts.end(), [](const Program& host) {
      return host.err().find("another host writes here: pid ") != std::string::npos;
    });
  };
  wait_until("all but one are refused", [&] { return refused() == kHosts - 1; });
  folder.write("may_end", "");
  std::ptrdiff_t good = 0;
  for (Program& host : hosts) {
    const ProgramResult result = host.wait();
    good += result.exit_code == 0 ? 1 : 0;
    BOOST_TEST((result.exit_code == 0 || result.exit_code == 3), result.err);
  }
  BOOST_TEST(good == 1);
  BOOST_TEST(std::distance(std::filesystem::directory_iterator(folder.results()), {}) == 1);
  BOOST_TEST(folder.manifest().at("completed") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
