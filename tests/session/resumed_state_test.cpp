#include "session/resumed_state.hpp"

#include "support/sample_study.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

using study::ExperimentState;
using study::FailedRuns;
using study_test::at;
using study_test::sample_manifest;
using study_test::sample_study;

namespace {

std::string no_problem(const study::ManifestEntry&) {
  return {};
}

/// A checkpoint of two configurations in two cycles: completed, failed, running, pending.
study::StudyManifest checkpoint() {
  study::StudyManifest manifest = sample_manifest(2, 2);
  auto& entries = manifest.experiments;
  entries[0].status = ExperimentState::completed;
  entries[0].result_file = "a.json";
  entries[0].started_at = at(1);
  entries[0].completed_at = at(2);
  entries[1].status = ExperimentState::failed;
  entries[1].error_type = "E";
  entries[1].error_message = "m";
  entries[2].status = ExperimentState::running;
  entries[2].started_at = at(3);
  manifest.head.status = study::StudyStatus::interrupted;
  manifest.head.completed_at = at(9);
  return manifest;
}

study::StudyPlan plan_of(int configurations, int n_cycles) {
  return study::make_plan(sample_study(configurations, n_cycles));
}

study::ResumedState resumed_state(study::StudyManifest before, const study::StudyPlan& plan,
                                  FailedRuns failed_runs, const study::ResultProblem& problem,
                                  const study::FindUntoldResult& untold = {}) {
  const auto head = study::initial_head(sample_study(0), plan, at(100));
  return study::resumed_state(std::move(before), head, plan, failed_runs, problem, untold);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(resumed_states)

BOOST_AUTO_TEST_CASE(only_what_completed_stays_and_the_start_is_the_original_one) {
  const auto resumed =
      resumed_state(checkpoint(), plan_of(2, 2), FailedRuns::are_run_again, no_problem);
  study::StudyManifest expected = sample_manifest(2, 2);
  expected.experiments[0] = checkpoint().experiments[0];
  BOOST_TEST((resumed.manifest == expected));
  BOOST_TEST(resumed.warnings.empty());
}

BOOST_AUTO_TEST_CASE(what_had_not_ended_and_has_a_result_has_completed) {
  const auto resumed = resumed_state(checkpoint(), plan_of(2, 2), FailedRuns::are_run_again,
                                     no_problem, [](const study::ManifestEntry&) {
                                       return study::UntoldResult{"untold.json", at(50)};
                                     });
  const auto& entries = resumed.manifest.experiments;
  BOOST_TEST(resumed.adopted == 2U);
  for (const std::size_t untold : {2U, 3U}) {
    BOOST_TEST((entries[untold].status == ExperimentState::completed));
    BOOST_TEST(entries[untold].result_file.value() == "untold.json");
    BOOST_TEST((entries[untold].completed_at == at(50)));
  }
  BOOST_TEST((entries[1].status == ExperimentState::pending));  // what failed is run again
  BOOST_TEST(resumed.run_again == std::vector<std::size_t>{1}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(failed_ones_stay_if_asked) {
  const auto resumed =
      resumed_state(checkpoint(), plan_of(2, 2), FailedRuns::stay_failed, no_problem);
  BOOST_TEST((resumed.manifest.experiments[1] == checkpoint().experiments[1]));
  BOOST_TEST((resumed.manifest.experiments[2].status == ExperimentState::pending));
}

BOOST_AUTO_TEST_CASE(a_completed_one_without_its_result_is_pending_with_a_warning) {
  const auto resumed = resumed_state(checkpoint(), plan_of(2, 2), FailedRuns::are_run_again,
                                     [](const auto&) { return std::string("it is gone"); });
  BOOST_TEST((resumed.manifest == sample_manifest(2, 2)));
  BOOST_TEST_REQUIRE(resumed.warnings.size() == 1u);
  BOOST_TEST(resumed.warnings[0].ends_with(", cycle 1: is run again: it is gone"));
}

BOOST_AUTO_TEST_CASE(more_cycles_add_entries) {
  const auto resumed =
      resumed_state(checkpoint(), plan_of(2, 3), FailedRuns::are_run_again, no_problem);
  BOOST_TEST(resumed.manifest.experiments.size() == 6u);
  BOOST_TEST((resumed.manifest.experiments[0] == checkpoint().experiments[0]));
  BOOST_TEST(resumed.manifest.experiments[2].cycle == 3);
  BOOST_TEST((resumed.manifest.experiments[2].status == ExperimentState::pending));
}

BOOST_AUTO_TEST_CASE(fewer_cycles_drop_only_what_has_not_ended) {
  const auto resumed =
      resumed_state(checkpoint(), plan_of(2, 1), FailedRuns::are_run_again, no_problem);
  BOOST_TEST_REQUIRE(resumed.manifest.experiments.size() == 3u);
  BOOST_TEST((resumed.manifest.experiments[0] == checkpoint().experiments[0]));
  BOOST_TEST((resumed.manifest.experiments[1] == checkpoint().experiments[1]));  // cycle 2, failed
  BOOST_TEST((resumed.manifest.experiments[2].status == ExperimentState::pending));
}

BOOST_AUTO_TEST_CASE(configurations_that_are_gone_go_and_new_ones_are_pending) {
  study::StudyManifest before = checkpoint();
  before.experiments[0].config_hash = before.experiments[1].config_hash = "gone";
  const auto resumed = resumed_state(before, plan_of(2, 2), FailedRuns::stay_failed, no_problem);
  BOOST_TEST((resumed.manifest == sample_manifest(2, 2)));
}

BOOST_AUTO_TEST_CASE(what_stays_is_summarised_as_in_the_present_study) {
  study::StudyPlan now = plan_of(2, 1);
  for (auto& configuration : now.configurations) configuration.config_summary += " / new";
  const auto resumed = resumed_state(checkpoint(), now, FailedRuns::stay_failed, no_problem);
  BOOST_TEST_REQUIRE(resumed.manifest.experiments.size() == 3u);
  for (const auto& entry : resumed.manifest.experiments) {
    BOOST_TEST(entry.config_summary.ends_with(" / new"));  // also the cycle that is no more
  }
}

BOOST_AUTO_TEST_SUITE_END()
