#define BOOST_TEST_MODULE manifest_failures
#include "faulty_study.hpp"
#include "manifest/swap_file.hpp"
#include "support/child.hpp"
#include "support/valid_manifest.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/manifest.hpp>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fcntl.h>

namespace bdata = boost::unit_test::data;
namespace fs = std::filesystem;
using namespace study;
using manifest::ManifestSink;
using study_test::FaultyStudy;
using study_test::kAfter;
using study_test::kDuring;
using study_test::kTransitions;

namespace {

const auto kDurabilities = bdata::make({Durability::process, Durability::power});
const auto kErrors = bdata::make({EIO, ENOSPC});

}  // namespace

namespace study {
std::ostream& boost_test_print_type(std::ostream& out, Durability durability) {
  return out << (durability == Durability::power ? "power" : "process");
}
}  // namespace study

BOOST_DATA_TEST_CASE(one_failing_call_leaves_a_true_state_and_the_next_transition_recovers,
                     kDurabilities* kErrors, durability, error_number) {
  int n = 1;
  for (bool failed = true; failed; ++n) {
    FaultyStudy scenario(durability);
    scenario.start();
    scenario.files.fail_at(n, false, error_number);
    for (int i = 0; i < kTransitions; ++i) {
      const bool failed_before = scenario.files.has_failed();
      scenario.step(i);
      scenario.check_published_is_a_true_state();
      scenario.check_listing(kDuring);
      // A failure in this step may leave its state to the next one, no failure leaves nothing
      // behind.
      if (failed_before == scenario.files.has_failed()) {
        BOOST_TEST_REQUIRE(scenario.published_was_newest());
      }
    }
    failed = scenario.files.has_failed();
    scenario.end();
    BOOST_TEST((scenario.on_disk() == scenario.newest()));
    scenario.check_listing(kAfter);
  }
  BOOST_TEST(n > 5 * kTransitions);  // every call of every transition has had its turn
}

BOOST_DATA_TEST_CASE(a_call_that_fails_for_good_leaves_a_true_state_until_it_works_again,
                     kDurabilities* kErrors, durability, error_number) {
  bool failed = true;
  for (int n = 1; failed; n += 3) {
    FaultyStudy scenario(durability);
    scenario.start();
    scenario.files.fail_at(n, true, error_number);
    for (int i = 0; i < kTransitions; ++i) {
      scenario.step(i);
      scenario.check_published_is_a_true_state();
      scenario.check_listing(kDuring);
    }
    failed = scenario.files.has_failed();
    scenario.files.heal();
    scenario.step(kTransitions);
    BOOST_TEST_REQUIRE((scenario.on_disk() == scenario.newest()));
    scenario.step(kTransitions + 1);
    BOOST_TEST_REQUIRE((scenario.on_disk() == scenario.newest()));
    scenario.end();
    BOOST_TEST((scenario.on_disk() == scenario.newest()));
    scenario.check_listing(kAfter);
  }
}

BOOST_AUTO_TEST_CASE(a_start_over_a_damaged_manifest_leaves_a_checkpoint_wherever_it_is_killed) {
  const StudyManifest previous = study_test::sample_manifest(3);
  for (const std::string& damage : {std::string(), std::string("{\"schema_version\": \"2.0\"")}) {
    int exit_code = study_test::FaultyFileSystem::kDied;
    int call = 1;
    for (; exit_code == study_test::FaultyFileSystem::kDied; ++call) {
      FaultyStudy scenario(Durability::process);
      if (!damage.empty()) replace_file(scenario.path(), damage);
      replace_file(manifest::spare_paths(scenario.path()).front(), render_manifest(previous));
      exit_code = study_test::run_in_child([&] {
        scenario.files.die_at(call);
        scenario.start(true);
        return 0;
      });
      ManifestSink reader({}, [](LogSeverity, std::string_view) {});
      const auto found = reader.read_checkpoint({.study_dir = scenario.path().parent_path()});
      BOOST_TEST_REQUIRE(found.has_value());
      BOOST_TEST((*found == previous || found->experiments.size() == 12U));
    }
    BOOST_TEST(exit_code == 0);
    BOOST_TEST(call > 10);
  }
}

BOOST_AUTO_TEST_CASE(
    a_first_start_that_is_killed_leaves_a_whole_manifest_or_none_and_can_be_repeated) {
  int exit_code = study_test::FaultyFileSystem::kDied;
  int none = 0;
  for (int call = 1; exit_code == study_test::FaultyFileSystem::kDied; ++call) {
    FaultyStudy scenario(Durability::process);
    exit_code = study_test::run_in_child([&] {
      scenario.files.die_at(call);
      scenario.start();
      return 0;
    });
    ManifestSink reader({}, [](LogSeverity, std::string_view) {});
    const auto found = reader.read_checkpoint({.study_dir = scenario.path().parent_path()});
    none += found ? 0 : 1;
    if (found) BOOST_TEST((*found == scenario.newest()));
    scenario.start(found.has_value());
    BOOST_TEST((scenario.on_disk() == scenario.newest()));
  }
  BOOST_TEST(exit_code == 0);
  BOOST_TEST(none > 3);
}

BOOST_DATA_TEST_CASE(a_failure_at_the_start_refuses_the_study_or_does_not_matter, kErrors,
                     error_number) {
  bool failed = true;
  for (int n = 1; failed; ++n) {
    FaultyStudy scenario(Durability::power);
    const std::string older = render_manifest(study_test::sample_manifest(3));
    replace_file(scenario.path(), older);
    scenario.files.fail_at(n, false, error_number);
    bool refused = false;
    try {
      scenario.start(true);
    } catch (const Error&) {
      refused = true;
    }
    failed = scenario.files.has_failed();
    if (!refused) {
      BOOST_TEST((scenario.on_disk() == scenario.newest()));
    } else {
      const std::string text = read_file(scenario.path());
      BOOST_TEST(
          (text == older || study_test::parse_valid_manifest(text, "text") == scenario.newest()));
    }
  }
}
