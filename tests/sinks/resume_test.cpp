// Interruption, end and resumption.
#include "kept_study.hpp"
#include "support/test_data.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>

#include <map>
#include <string>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace bdata = boost::unit_test::data;
namespace fs = std::filesystem;
using namespace study;
using enum study::ExperimentState;
using study_test::at;
using study_test::KeptStudy;

namespace study {
std::ostream& boost_test_print_type(std::ostream& out, StudyOutcome outcome) {
  return out << to_string(to_status(outcome));
}
}  // namespace study

namespace {

/// A study with an entry in each state.
void play_some(KeptStudy& study) {
  for (std::size_t i = 0; i < 4; ++i) study.tell(i, running, 1 + static_cast<double>(i));
  study.tell(1, completed, 10.5);
  study.tell(2, failed, 11);
  study.tell(4, failed, 12);  // could not be started
}

/// The bytes of all files in the study's directory, with their names.
std::string files_in(const fs::path& dir) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(dir)) {
    files[entry.path().filename().string()] = read_file(entry.path());
  }
  std::string all;
  for (const auto& [name, bytes] : files) all += name + '\n' + bytes + '\n';
  return all;
}

/// As a host settles what it goes on from: nothing runs.
StudyManifest settled(StudyManifest manifest) {
  return host::ReferenceTable(std::move(manifest)).manifest();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(resume)

BOOST_DATA_TEST_CASE(the_end_is_stored_with_its_outcome,
                     bdata::make({StudyOutcome::completed, StudyOutcome::interrupted,
                                  StudyOutcome::failed}),
                     outcome) {
  KeptStudy study;
  study.start();
  play_some(study);
  study.tell(0, pending, 20);  // interrupted before they finished
  study.tell(3, pending, 20);
  BOOST_TEST(study.is_stored());
  study.end(outcome, 21.5);
  BOOST_TEST(study.is_stored());
  BOOST_TEST(study.count(LogSeverity::warning) == 0);
}

BOOST_AUTO_TEST_CASE(an_ended_study_goes_on_from_its_checkpoint) {
  KeptStudy study;
  study.start();
  play_some(study);
  study.tell(0, pending, 20);
  study.tell(3, pending, 20);
  study.end(StudyOutcome::interrupted, 21);
  for (int round = 1; round <= 3; ++round) {
    const StudyManifest from = settled(*study.stored());
    study.start(&from, 100.0 * round);
    BOOST_TEST(study.is_stored());
    study.tell(0, running, 100 * round + 1);
    BOOST_TEST(study.is_stored());
    study.tell(0, failed, 100 * round + 2);
    BOOST_TEST(!study.tell(1, running, 100 * round + 3));  // completed before
    BOOST_TEST(study.is_stored());
    study.end(StudyOutcome::interrupted, 100 * round + 4);
    BOOST_TEST(study.is_stored());
  }
}

BOOST_AUTO_TEST_CASE(a_study_whose_host_has_died_goes_on_from_its_checkpoint) {
  KeptStudy study;
  study.start();
  for (int round = 1; round <= 3; ++round) {
    study.tell(5, running, 100 * round);
    study.tell(static_cast<std::size_t>(round), running, 100 * round);
    study.tell(static_cast<std::size_t>(round), completed, 100 * round + 1);
    study.abandon();
    BOOST_TEST(study.is_stored());
    const StudyManifest from = settled(*study.stored());
    study.start(&from, 100.0 * round + 50);
    BOOST_TEST(study.is_stored());
  }
  study.end(StudyOutcome::completed, 1000);
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_CASE(a_study_that_another_sink_has_kept_goes_on_from_what_the_host_says) {
  StudyManifest from = study_test::sample_manifest(8);
  from.experiments[0].status = completed;
  from.experiments[0].started_at = at(1.5);
  from.experiments[0].completed_at = at(2.000001);
  from.experiments[0].result_file = "elsewhere.json";
  from.experiments[1].status = failed;
  from.experiments[1].completed_at = at(3);
  from.experiments[1].error_type = "TimeoutError";
  from.experiments[1].error_message = "a\n\"text\"";
  KeptStudy study;
  study.start(&from, 100);
  BOOST_TEST(study.is_stored());
  study.tell(1, running, 101);
  study.tell(2, running, 102);
  study.tell(2, completed, 103);
  BOOST_TEST(study.is_stored());
  study.end(StudyOutcome::completed, 104);
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_CASE(what_the_host_says_counts_and_not_what_is_stored) {
  KeptStudy study;
  study.start();
  play_some(study);
  study.abandon();
  StudyManifest from = settled(study.expected());
  from.experiments[1] = {from.experiments[1].config_hash, from.experiments[1].config_summary};
  from.experiments[2].error_message.reset();  // failed, but otherwise
  from.experiments[3].status = completed;     // its result has been found
  from.experiments[3].started_at = at(4);
  from.experiments[3].completed_at = at(30);
  from.experiments[3].result_file = "found.json";
  study.start(&from, 100);
  BOOST_TEST(study.is_stored());
  study.tell(1, running, 101);
  study.tell(1, failed, 102);
  BOOST_TEST(!study.tell(3, running, 103));
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_CASE(a_study_may_go_on_with_other_entries_in_another_order) {
  KeptStudy study;
  study.start();
  play_some(study);
  study.abandon();
  StudyManifest from = settled(study.expected());
  StudyConfig config = study.config();
  std::swap(from.experiments[0], from.experiments[5]);
  from.experiments.erase(from.experiments.begin() + 2);
  config.experiments.erase(config.experiments.begin() + 2);
  from.experiments.push_back({"new-hash", "new summary", 1});
  from.experiments.push_back({"new-hash", "new summary", 3});  // of when there were more cycles
  config.experiments.push_back({.config = {{"model", "new"}}, .config_hash = "new-hash"});
  from.head.study_design_hash = "0123456789abcdef";
  study.set_config(config);
  study.start(&from, 100);
  BOOST_TEST(study.is_stored());
  const std::size_t last = from.experiments.size() - 1;
  study.tell(last, running, 101);
  study.tell(last, completed, 102);
  BOOST_TEST(study.is_stored());
  study.abandon();
  study.start(&from, 200);  // and once more from before that
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_CASE(a_checkpoint_that_is_not_of_the_config_is_refused_and_changes_nothing) {
  KeptStudy study;
  study.start();
  play_some(study);
  study.abandon();
  const StudyManifest before = study.expected();
  const std::string files = files_in(study.dir());
  for (const bool has_more : {false, true}) {
    StudyManifest from = settled(before);
    if (has_more) {
      from.experiments.push_back({"another", "summary"});
    } else {
      from.experiments.erase(from.experiments.begin() + 1);
    }
    BOOST_CHECK_EXCEPTION(study.start(&from, 100), StudyError,
                          study_test::says("is not one of this study"));
    BOOST_TEST((study.stored() == before));
    BOOST_TEST((files_in(study.dir()) == files));
  }
}

BOOST_AUTO_TEST_CASE(a_new_study_over_another_is_refused_and_changes_nothing) {
  for (const bool has_ended : {false, true}) {
    KeptStudy study;
    study.start();
    play_some(study);
    study.tell(0, pending, 20);
    study.tell(3, pending, 20);
    has_ended ? study.end(StudyOutcome::interrupted, 20) : study.abandon();
    const StudyManifest before = study.expected();
    const std::string files = files_in(study.dir());
    for (int i = 0; i < 2; ++i) {
      BOOST_CHECK_EXCEPTION(study.start(nullptr, 100), StudyError, [](const StudyError& error) {
        BOOST_TEST_MESSAGE(error.what());
        return study_test::says(
                   "the study sample, which began at 2026-02-27T16:30:00Z: 1 of 8 "
                   "completed")(error) &&
               study_test::says(
                   "A new study never replaces one: resume it, or give the new study "
                   "a directory of its own")(error);
      });
      BOOST_TEST((study.stored() == before));
      BOOST_TEST((files_in(study.dir()) == files));
    }
    const StudyManifest from = settled(before);
    study.start(&from, 200);
    BOOST_TEST(study.is_stored());
  }
}

BOOST_AUTO_TEST_CASE(reading_changes_nothing) {
  KeptStudy study;
  study.start();
  study.tell(0, running, 1);
  study.abandon();
  for (int i = 0; i < 3; ++i) BOOST_TEST(study.is_stored());
  BOOST_TEST((study.stored()->experiments[0].status == running));
}

BOOST_AUTO_TEST_SUITE_END()
