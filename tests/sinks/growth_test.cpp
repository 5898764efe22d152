// Studies whose experiments come while they run.
#include "kept_study.hpp"

#include <study/error.hpp>

#include <boost/test/unit_test.hpp>

using namespace study;
using enum study::ExperimentState;
using study_test::KeptStudy;
using study_test::sample_study;

namespace {

/// As a host settles what it goes on from: nothing runs.
StudyManifest settled(StudyManifest manifest) {
  return host::ReferenceTable(std::move(manifest)).manifest();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(growth)

BOOST_AUTO_TEST_CASE(a_study_may_begin_empty_and_get_its_experiments_one_by_one) {
  KeptStudy study(sample_study(0));
  study.start();
  BOOST_TEST(study.is_stored());
  for (int i = 0; i < 20; ++i) {
    study.grow_to(i + 1, 10 * i);
    BOOST_TEST_REQUIRE(study.is_stored());
    const auto newest = static_cast<std::size_t>(i);
    study.tell(newest, running, 10 * i + 1);
    BOOST_TEST_REQUIRE(study.is_stored());
    study.tell(newest, i % 3 == 0 ? failed : completed, 10 * i + 2);
    BOOST_TEST_REQUIRE(study.is_stored());
  }
  study.end(StudyOutcome::completed, 1000);
  BOOST_TEST(study.is_stored());
  BOOST_TEST(study.count(LogSeverity::warning) == 0);
}

BOOST_AUTO_TEST_CASE(an_empty_study_may_end_empty) {
  KeptStudy study(sample_study(0));
  study.start();
  study.end(StudyOutcome::completed, 1);
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_CASE(experiments_come_while_others_run) {
  KeptStudy study(sample_study(3, 2));
  study.start();
  study.tell(0, running, 1);
  study.tell(3, running, 1);
  study.grow_to(10, 2);
  BOOST_TEST(study.is_stored());
  study.tell(0, completed, 3);
  study.tell(19, running, 3);
  study.grow_to(11, 4);
  study.tell(3, failed, 5);
  study.tell(21, running, 5);
  study.tell(19, pending, 6);
  BOOST_TEST(study.is_stored());
  BOOST_TEST(study.expected().experiments.size() == 22U);
}

BOOST_AUTO_TEST_CASE(experiments_that_the_study_has_already_change_nothing) {
  KeptStudy study(sample_study(3));
  study.start();
  study.tell(1, running, 1);
  study.tell(1, completed, 2);
  study.add(sample_study(3).experiments, 3);
  BOOST_TEST(study.is_stored());
  BOOST_TEST(study.expected().experiments.size() == 3U);
  study.add(sample_study(5).experiments, 4);  // two of them are new
  BOOST_TEST(study.is_stored());
  BOOST_TEST(study.expected().experiments.size() == 5U);
}

BOOST_AUTO_TEST_CASE(a_host_may_name_what_it_adds_itself) {
  KeptStudy study(sample_study(1));
  study.start();
  study.add({{.config = {{"lr", 0.1}},
              .config_hash = "12345_0",
              .config_summary = std::string("trial \"0\": \0 é", 15),
              .n_cycles = 3}},
            1);
  BOOST_TEST(study.expected().experiments.size() == 4U);
  BOOST_TEST(study.is_stored());
  study.tell(3, running, 2);
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_CASE(experiments_that_can_not_be_are_an_error_and_change_nothing) {
  KeptStudy study(sample_study(2));
  study.start();
  for (const Experiment& bad : {Experiment{.config = {{"a", 1}}, .config_hash = "not a hash"},
                                Experiment{.config = {{"a", 1}}, .n_cycles = -1}}) {
    BOOST_CHECK_THROW(study.add_to_sink_only({bad}, 1), Error);
  }
  BOOST_TEST(study.is_stored());
  study.grow_to(3, 2);
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_CASE(a_study_that_has_grown_is_resumed_and_grows_on) {
  KeptStudy study(sample_study(1));
  study.start();
  for (int round = 1; round <= 3; ++round) {
    study.grow_to(4 * round, 100 * round);
    study.tell(static_cast<std::size_t>(4 * round - 1), running, 100 * round + 1);
    study.tell(static_cast<std::size_t>(4 * round - 2), running, 100 * round + 1);
    study.tell(static_cast<std::size_t>(4 * round - 2), completed, 100 * round + 2);
    round == 2 ? study.end(StudyOutcome::interrupted, 100 * round + 3) : study.abandon();
    BOOST_TEST(study.is_stored());
    const StudyManifest from = settled(*study.stored());
    study.start(&from, 100 * round + 50);
    BOOST_TEST(study.is_stored());
  }
  study.grow_to(20, 1000);
  BOOST_TEST(study.is_stored());
  study.end(StudyOutcome::completed, 1001);
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_CASE(many_experiments_are_added_at_once) {
  KeptStudy study(sample_study(1));
  study.start();
  study.grow_to(700, 1);  // more than go into one transaction of any store
  BOOST_TEST(study.is_stored());
  study.tell(699, running, 2);
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_SUITE_END()
