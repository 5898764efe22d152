// What fails, or dies, while others read.
#define BOOST_TEST_MODULE failures_among_readers
#include "faulty_study.hpp"
#include "support/child.hpp"

#include <boost/test/data/test_case.hpp>

namespace bdata = boost::unit_test::data;
namespace fs = std::filesystem;
using namespace study;
using study_test::FaultyStudy;
using study_test::kAfter;
using study_test::kDuring;
using study_test::kTransitions;

namespace study {
std::ostream& boost_test_print_type(std::ostream& out, Durability durability) {
  return out << (durability == Durability::power ? "power" : "process");
}
}  // namespace study

BOOST_DATA_TEST_CASE(
    with_many_readers_a_failing_call_leaves_a_true_state_and_no_reader_sees_a_change,
    bdata::make({Durability::process, Durability::power}) * bdata::make({EIO, ENOSPC}), durability,
    error_number) {
  bool failed = true;
  for (int n = 1; failed; n += 5) {
    FaultyStudy scenario(durability);
    scenario.start();
    scenario.files.fail_at(n, n % 2 == 1, error_number);
    for (int i = 0; i < kTransitions; ++i) {
      scenario.read(i < kTransitions / 2 ? 5 : 2);
      scenario.step(i);
      scenario.check_published_is_a_true_state();
      scenario.check_listing(kDuring);
      scenario.check_readers();
    }
    failed = scenario.files.has_failed();
    scenario.files.heal();
    scenario.step(kTransitions);
    BOOST_TEST_REQUIRE((scenario.on_disk() == scenario.newest()));
    scenario.end();
    scenario.check_readers();
    BOOST_TEST((scenario.on_disk() == scenario.newest()));
    scenario.check_listing(kAfter);
  }
}

BOOST_AUTO_TEST_CASE(of_a_writer_that_is_killed_among_readers_the_next_one_removes_all_spares) {
  int exit_code = study_test::FaultyFileSystem::kDied;
  std::set<std::size_t> left;
  for (int call = 1; exit_code == study_test::FaultyFileSystem::kDied; call += 3) {
    FaultyStudy scenario(Durability::process);
    exit_code = study_test::run_in_child([&] {
      scenario.start();
      scenario.files.die_at(call);
      for (int i = 0; i < 8; ++i) {
        scenario.read(5);
        scenario.step(i);
      }
      return 0;
    });
    const auto& dir = scenario.path().parent_path();
    left.insert(static_cast<std::size_t>(std::distance(fs::directory_iterator(dir), {})));
    static_cast<void>(scenario.on_disk());
    FaultyStudy::go_on(dir);
    BOOST_TEST(std::distance(fs::directory_iterator(dir), {}) == 2);
    scenario.check_listing({"manifest.json", ".manifest.json.spare"});
  }
  BOOST_TEST(exit_code == 0);
  BOOST_TEST(left.contains(2));
  BOOST_TEST(left.contains(4));  // the manifest and three spares
}
