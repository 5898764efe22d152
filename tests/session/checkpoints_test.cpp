// What several observers know together of one study.
#include "session/checkpoints.hpp"

#include "support/sample_study.hpp"
#include "support/temp_dir.hpp"

#include <study/error.hpp>

#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

using study::ExperimentState;
using study_test::at;
using study_test::sample_manifest;

namespace {

/// Knows a checkpoint, or none, or says why it can't be read.
class Store final : public study::StudyObserver {
 public:
  explicit Store(std::optional<study::StudyManifest> manifest) : manifest_(std::move(manifest)) {}
  explicit Store(study::CheckpointError error) : error_(std::move(error)) {}

  void on_study_start(const study::StudyStart&) override {}
  void on_experiment_state(const study::ExperimentEvent&) override {}
  void on_study_end(const study::StudyEnd&) override {}
  std::optional<study::StudyManifest> read_checkpoint(const study::CheckpointQuery&) override {
    if (error_) throw study::CheckpointError(*error_);
    return manifest_;
  }

 private:
  std::optional<study::StudyManifest> manifest_;
  std::optional<study::CheckpointError> error_;
};

/// A study of four runs of which those in `completed` have completed, the last one at `time`.
study::StudyManifest checkpoint(const std::vector<std::size_t>& completed, int time) {
  study::StudyManifest manifest = sample_manifest(4, 1);
  for (const std::size_t i : completed) {
    manifest.experiments[i].status = ExperimentState::completed;
    manifest.experiments[i].completed_at = at(time);
  }
  return manifest;
}

study::StudyManifest of_another_study(int completed_at) {
  study::StudyManifest manifest = checkpoint({0, 1, 2, 3}, completed_at);
  manifest.head.started_at = at(1000);
  return manifest;
}

struct Log {
  std::vector<std::string> warnings;
  study::LogFunction function = [this](study::LogSeverity severity, std::string_view channel,
                                       std::string_view text) {
    BOOST_TEST(channel == "");  // the host's own
    if (severity == study::LogSeverity::warning) warnings.emplace_back(text);
  };
};

}  // namespace

BOOST_AUTO_TEST_SUITE(checkpoints)

BOOST_AUTO_TEST_CASE(all_are_asked_whatever_one_of_them_fails_with) {
  std::vector<study::NamedObserver> observers;
  observers.push_back({"none", std::make_unique<Store>(std::nullopt)});
  observers.push_back({"newer", std::make_unique<Store>(study::CheckpointError(
                                    study::CheckpointError::Kind::newer_version, "version 9"))});
  observers.push_back({"some", std::make_unique<Store>(checkpoint({0}, 1))});
  const study::CheckpointAnswers answers = study::ask_observers(observers, {});
  BOOST_TEST_REQUIRE(answers.checkpoints.size() == 1u);
  BOOST_TEST(answers.checkpoints[0].observer == "some");
  BOOST_TEST(study::join_texts(answers.failures) == "it was written by a newer version: version 9");
}

BOOST_AUTO_TEST_CASE(the_one_that_changed_last_counts_and_keeps_what_another_has_completed) {
  Log log;
  const study::StudyManifest merged = study::merge_checkpoints(
      {{{"old", checkpoint({0, 3}, 5)}, {"new", checkpoint({1, 2}, 9)}}, {}}, std::nullopt,
      log.function);
  study::StudyManifest expected = checkpoint({1, 2}, 9);
  expected.experiments[0] = checkpoint({0}, 5).experiments[0];
  expected.experiments[3] = checkpoint({3}, 5).experiments[3];
  BOOST_TEST((merged == expected));
  BOOST_TEST_REQUIRE(log.warnings.size() == 2u);
  BOOST_TEST(log.warnings[0].starts_with("the checkpoint of old is behind (2 completed, "));
  BOOST_TEST(log.warnings[1] ==
             "the checkpoint of new lacks 2 completed experiments that another observer has: they "
             "count");
}

BOOST_AUTO_TEST_CASE(of_several_studies_the_one_that_began_then_counts) {
  std::vector<study::NamedCheckpoint> checkpoints{{"alien", of_another_study(2000)},
                                                  {"own", checkpoint({0}, 1)}};
  const auto taken =
      study::take_out_other_studies(checkpoints, sample_manifest(1, 1).head.started_at);
  BOOST_TEST_REQUIRE(checkpoints.size() == 1u);
  BOOST_TEST(checkpoints[0].observer == "own");
  BOOST_TEST(taken.at(0).observer == "alien");
}

BOOST_AUTO_TEST_CASE(where_the_start_is_not_known_the_first_one_says_which_study_it_is) {
  std::vector<study::NamedCheckpoint> checkpoints{{"first", checkpoint({0}, 1)},
                                                  {"alien", of_another_study(2000)}};
  BOOST_TEST(study::take_out_other_studies(checkpoints, std::nullopt).at(0).observer == "alien");
  BOOST_TEST(checkpoints.at(0).observer == "first");
}

BOOST_AUTO_TEST_CASE(equally_advanced_ones_stay_in_their_order_without_a_warning) {
  Log log;
  static_cast<void>(study::merge_checkpoints(
      {{{"a", checkpoint({0}, 1)}, {"b", checkpoint({0}, 1)}}, {}}, std::nullopt, log.function));
  BOOST_TEST(log.warnings.empty());
}

BOOST_AUTO_TEST_CASE(observers_of_the_latest_run_are_missed_only_if_all_are_left_out) {
  std::vector<study::NamedObserver> observers;
  observers.push_back({"a", std::make_unique<Store>(std::nullopt)});
  Log log;
  study::warn_of_left_out_observers(std::vector<std::string>{"b", "a"}, observers, log.function);
  BOOST_TEST(log.warnings.empty());
  study::warn_of_left_out_observers(std::vector<std::string>{"b", "c"}, observers, log.function);
  BOOST_TEST_REQUIRE(log.warnings.size() == 1u);
  BOOST_TEST(log.warnings[0].starts_with("the latest run's checkpoint is known to b, c, which"));
}

BOOST_AUTO_TEST_CASE(a_run_whose_result_is_there_is_rebuilt_as_completed) {
  const study_test::TempDir dir;
  study::StudyConfig config;
  config.n_cycles = 2;
  config.experiments = {{{{"n", 1}}, {}}, {{{"n", 2}}, {}}};
  const study::StudyPlan plan = study::make_plan(config);
  const auto stems =
      study::possible_stems(config.experiments[plan.configurations[1].experiment_index].config,
                            plan.configurations[1], 1);
  BOOST_TEST_REQUIRE(stems.size() == 2u);
  std::ofstream(dir / (stems[1] + ".json")) << "{}";  // from when there was one cycle
  const auto rebuilt = study::rebuild_checkpoint(config, plan, dir.path(), at(0));
  for (std::size_t i = 0; i < 4; ++i) {
    BOOST_TEST((rebuilt.experiments[i].status == ExperimentState::completed) == (i == 2));
  }
  BOOST_TEST((rebuilt.experiments[2].result_file == stems[1] + ".json"));
  BOOST_TEST(rebuilt.experiments[2].completed_at.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
