// A resumed study: the table that it is given is right, whatever the database holds.
#include "written_study.hpp"

#include <optional>

#include <boost/test/unit_test.hpp>

using namespace study;
using namespace study_test;
using enum study::ExperimentState;

namespace {

/// The attempts of a study in their order: `position/attempt status`, those that are discarded in
/// brackets.
std::string attempts(const postgres::PostgresOptions& options) {
  return server().query(
      "SELECT string_agg(format(CASE WHEN discarded THEN '[%s/%s %s]' ELSE '%s/%s %s' END, "
      "position, attempt, status), ', ' ORDER BY position, attempt) FROM " +
      options.schema + ".attempts");
}

/// A study whose host dies with entry 0 completed, 1 failed and 2 running.
StudyManifest killed_study(const postgres::PostgresOptions& options, const TempDir& dir) {
  WrittenStudy study(options, dir.path());
  study.set(0, running, 1);
  study.set(0, completed, 2);
  study.set(1, running, 3);
  study.set(1, failed, 4);
  study.set(2, running, 5);
  return study.table().manifest();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(resume)

BOOST_AUTO_TEST_CASE(attempts_go_on_counting_where_the_history_ended) {
  const TempDir dir;
  const auto options = fresh_options();
  const StudyManifest before = killed_study(options, dir);
  WrittenStudy study(options, dir.path(), sample_study(4), &before, at(60));
  BOOST_TEST(study.stored() == study.expected());
  study.set(1, running, 61);
  study.set(1, completed, 62);
  study.set(2, failed, 63);
  study.set(2, running, 64);
  BOOST_TEST(study.stored() == study.expected());
  BOOST_TEST(attempts(options) ==
             "0/1 completed, 1/1 failed, 1/2 completed, 2/1 interrupted, 2/2 failed, 2/3 running");
  BOOST_TEST(server().query("SELECT count(*) FROM " + options.schema + ".studies") == "1");
  // Nobody knows when the running attempt was interrupted, and one that never started has no start.
  BOOST_TEST(
      server().query("SELECT string_agg(concat(started_at_us IS NULL, ended_at_us IS NULL), ' ' "
                     "ORDER BY attempt) FROM " +
                     options.schema + ".attempts WHERE position = 2") == "ft tf ft");
}

BOOST_AUTO_TEST_CASE(an_outcome_that_no_longer_counts_is_kept_as_discarded) {
  const TempDir dir;
  const auto options = fresh_options();
  StudyManifest settled = killed_study(options, dir);
  settled.experiments[0] = sample_manifest(4).experiments[0];
  const WrittenStudy study(options, dir.path(), sample_study(4), &settled, at(60));
  BOOST_TEST(study.stored() == study.expected());
  BOOST_TEST(attempts(options) == "[0/1 completed], 1/1 failed, 2/1 interrupted");
}

BOOST_AUTO_TEST_CASE(outcomes_that_the_database_has_missed_are_added) {
  const TempDir dir;
  const auto options = fresh_options();
  StudyManifest settled = killed_study(options, dir);
  const auto complete = [&](std::size_t entry, double begin, double end) {
    settled.experiments[entry].status = completed;
    settled.experiments[entry].result_file = "result.json";
    settled.experiments[entry].error_type.reset();
    settled.experiments[entry].error_message.reset();
    settled.experiments[entry].started_at = at(begin);
    settled.experiments[entry].completed_at = at(end);
  };
  complete(1, 5, 6);  // a later attempt than the stored one
  complete(2, 5, 7);  // the end of the attempt that is stored as running
  complete(3, 8, 9);  // of which nothing is stored
  const WrittenStudy study(options, dir.path(), sample_study(4), &settled, at(60));
  BOOST_TEST(study.stored() == render_manifest(settled));
  BOOST_TEST(attempts(options) ==
             "0/1 completed, 1/1 failed, 1/2 completed, 2/1 completed, 3/1 completed");
}

BOOST_AUTO_TEST_CASE(entries_come_and_go_and_keep_their_history) {
  const TempDir dir;
  const auto options = fresh_options();
  const StudyManifest before = killed_study(options, dir);
  // The first is gone, the others are in the opposite order, and there are new ones around them.
  StudyManifest changed = before;
  const auto fresh = sample_manifest(8).experiments;
  changed.experiments = {
      fresh[6], before.experiments[3], before.experiments[2], before.experiments[1], fresh[7],
      fresh[5]};
  changed.experiments[1].config_summary = "another summary";
  StudyConfig config = sample_study(8);
  config.experiments.erase(config.experiments.begin() + 4);
  config.experiments.erase(config.experiments.begin());
  const WrittenStudy study(options, dir.path(), config, &changed, at(60));
  BOOST_TEST(study.stored() == study.expected());
  BOOST_TEST(attempts(options) == "2/1 interrupted, 3/1 failed");
}

BOOST_AUTO_TEST_CASE(a_study_that_another_sink_began_is_stored_whole) {
  const TempDir dir;
  const auto options = fresh_options();
  const TempDir elsewhere;
  const StudyManifest before = killed_study(fresh_options(), elsewhere);
  WrittenStudy study(options, dir.path(), sample_study(4), &before, at(60));
  BOOST_TEST(study.stored() == study.expected());
  study.set(1, running, 61);
  BOOST_TEST(study.stored() == study.expected());
}

BOOST_AUTO_TEST_CASE(a_study_goes_on_in_its_rows_whatever_path_leads_to_its_directory) {
  const TempDir outer;
  const auto dir = outer / "study";
  std::filesystem::create_directory(dir);
  const auto link = outer / "link";
  std::filesystem::create_directory_symlink(dir, link);
  const auto options = fresh_options();
  const auto rows = [&] {
    return server().query("SELECT string_agg(study_dir, ' ') FROM " + options.schema + ".studies");
  };
  std::optional<WrittenStudy> study(std::in_place, options, dir);
  study->set(0, running, 1);
  StudyManifest before = study->table().manifest();
  study.emplace(options, link, sample_study(4), &before, at(60));
  study->set(1, running, 61);
  BOOST_TEST(rows() == std::filesystem::canonical(dir).string());
  for (const auto& path : {dir, link, link / "."}) {
    BOOST_TEST(read(options, path) == study->expected());
  }
  // Also where it has been moved.
  before = study->table().manifest();
  std::filesystem::rename(dir, outer / "moved");
  study.emplace(options, outer / "moved", sample_study(4), &before, at(120));
  study->set(2, running, 121);
  BOOST_TEST(rows() == std::filesystem::canonical(outer / "moved").string());
  BOOST_TEST(study->stored() == study->expected());
}

BOOST_AUTO_TEST_CASE(a_copy_of_a_directory_is_a_study_of_its_own) {
  const TempDir dir;
  const auto options = fresh_options();
  const StudyManifest before = killed_study(options, dir);
  const TempDir copy;
  std::filesystem::copy(dir / ".study_id", copy / ".study_id");
  BOOST_TEST(read(options, copy.path()) == render_manifest(before));
  WrittenStudy study(options, copy.path(), sample_study(4), &before, at(60));
  study.set(3, running, 61);
  BOOST_TEST(study.stored() == study.expected());
  BOOST_TEST(read(options, dir.path()) == render_manifest(before));
}

BOOST_AUTO_TEST_SUITE_END()
