// What a sink whose store has many studies tells of them.
#include "kept_study.hpp"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace study;
using enum study::ExperimentState;
using study_test::at;
using study_test::KeptStudy;

namespace {

bool lists_studies() {
  return study_test::sink_under_test().lists_studies;
}

struct Listed : KeptStudy {
  /// Those that a new observer tells of in this one's directory.
  std::vector<StoredStudy> given(const std::string& study_name = {}) {
    study_test::SinkLibrary::Logged logged;
    const auto observer = study_test::SinkLibrary().create(results_dir(), logged);
    const std::string directory = std::filesystem::canonical(dir());
    std::vector<StoredStudy> own;
    has_store = observer->list_studies({study_name, results_dir()}, [&](const StoredStudy& study) {
      if (study.study_dir == directory) own.push_back(study);
    });
    BOOST_TEST(logged.empty());
    return own;
  }

  /// There is one, and it is told of as the table has it.
  void expect(std::int64_t n_running) {
    const auto own = given();
    BOOST_TEST(has_store == lists_studies());
    BOOST_TEST_REQUIRE(own.size() == (lists_studies() ? 1U : 0U));
    if (own.empty()) return;
    const ManifestHead head = expected().head;
    BOOST_TEST(own[0].study_name == head.study_name);
    BOOST_TEST(own[0].study_design_hash == head.study_design_hash);
    BOOST_TEST((own[0].status == head.status));
    BOOST_TEST((own[0].started_at == head.started_at));
    BOOST_TEST((own[0].completed_at == head.completed_at));
    BOOST_TEST((own[0].counters == count_entries(expected())));
    BOOST_TEST(own[0].running == n_running);
    if (head.status == StudyStatus::running) {
      BOOST_TEST((own[0].writer.state != WriterState::gone));
    }
  }

  bool has_store = false;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(studies)

BOOST_FIXTURE_TEST_CASE(a_study_is_listed_as_it_stands, Listed) {
  start();
  expect(0);
  tell(0, running, 1);
  tell(1, running, 1.5);
  tell(2, failed, 2);
  expect(2);
  tell(0, completed, 3);
  tell(1, pending, 4);  // interrupted
  expect(0);
  end(StudyOutcome::interrupted, 5);
  expect(0);
}

BOOST_FIXTURE_TEST_CASE(a_resumed_study_is_listed_once, Listed) {
  start();
  tell(0, failed, 1);
  end(StudyOutcome::interrupted, 2);
  StudyManifest state = expected();
  state.experiments[0] = {state.experiments[0].config_hash, state.experiments[0].config_summary,
                          state.experiments[0].cycle};
  start(&state, 10);
  expect(0);
  tell(0, running, 11);
  expect(1);
}

BOOST_FIXTURE_TEST_CASE(asked_for_a_name_no_others_are_listed, Listed) {
  start();
  BOOST_TEST(given(expected().head.study_name).size() == (lists_studies() ? 1U : 0U));
  BOOST_TEST(given(expected().head.study_name + "2").empty());
  BOOST_TEST(has_store == lists_studies());
}

BOOST_AUTO_TEST_SUITE_END()
