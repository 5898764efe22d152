// All studies of a database, whichever hosts have written them.
#include "other_host.hpp"

#include <study/error.hpp>

#include <algorithm>
#include <set>

#include <boost/test/unit_test.hpp>

using namespace study;
using namespace study_test;
using enum study::ExperimentState;

namespace {

std::vector<StoredStudy> list(const postgres::PostgresOptions& options,
                              const std::string& study_name = {}) {
  std::vector<StoredStudy> studies;
  BOOST_TEST(postgres::PostgresSink(options).list_studies(
      {study_name, {}}, [&](const StoredStudy& study) { studies.push_back(study); }));
  return studies;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(listing)

BOOST_AUTO_TEST_CASE(studies_are_listed_with_the_hosts_that_write_them) {
  const auto options = fresh_options();
  const TempDir first;
  const TempDir second;
  OtherHost other(options, first);
  WrittenStudy own(options, second.path(), sample_study(4), nullptr, at(60));
  own.set(0, failed, 61);
  const auto studies = list(options);
  BOOST_TEST_REQUIRE(studies.size() == 2U);
  BOOST_TEST(studies[0].study_dir == first.path().string());
  BOOST_TEST(studies[0].running == 1);
  BOOST_TEST(studies[1].study_dir == second.path().string());
  BOOST_TEST(studies[1].counters.failed == 1);
  BOOST_TEST((studies[1].started_at == at(60)));
  for (const StoredStudy& study : studies) {
    BOOST_TEST((study.writer.state == WriterState::alive));
    BOOST_TEST_REQUIRE(study.writer.writer.has_value());
    BOOST_TEST(study.writer.writer->host == this_writer().host);
  }
  BOOST_TEST(studies[0].writer.writer->pid == other.pid());
  BOOST_TEST(studies[1].writer.writer->pid == ::getpid());
}

BOOST_AUTO_TEST_CASE(a_killed_writer_is_gone_at_once_and_one_that_has_ended_too) {
  const auto options = fresh_options();
  const TempDir first;
  const TempDir second;
  OtherHost other(options, first);
  {
    WrittenStudy own(options, second.path());
    own.end();
  }
  other.kill();
  // The server notices a moment later.
  wait_until("the lock is free",
             [&] { return list(options)[0].writer.state == WriterState::gone; });
  const auto studies = list(options);
  BOOST_TEST((studies[0].status == StudyStatus::running));
  BOOST_TEST((studies[1].status == StudyStatus::completed));
  BOOST_TEST((studies[1].writer.state == WriterState::gone));
}

BOOST_AUTO_TEST_CASE(those_of_a_name_are_listed_alone) {
  const auto options = fresh_options();
  const TempDir dir;
  const WrittenStudy study(options, dir.path());
  const std::string name = study.table().head().study_name;
  BOOST_TEST(list(options, name).size() == 1U);
  BOOST_TEST(list(options, name + "'").empty());
}

BOOST_AUTO_TEST_CASE(a_database_without_the_tables_has_no_list) {
  const auto options = fresh_options();
  BOOST_TEST(!postgres::PostgresSink(options).list_studies({}, [](const StoredStudy&) {}));
  BOOST_TEST(server().query("SELECT count(*) FROM pg_namespace WHERE nspname = '" + options.schema +
                            "'") == "0");
}

BOOST_AUTO_TEST_CASE(each_of_many_studies_is_listed_once) {
  const auto options = fresh_options();
  const TempDir dir;
  { WrittenStudy(options, dir.path()).end(); }
  server().query(
      "INSERT INTO " + options.schema +
      ".studies (study_name, study_design_hash, schema_version, framework_version, status, "
      "started_at_us, writer_host, writer_pid, writer_since_us, writer_token, study_dir, "
      "directory_id, directory_inode) SELECT study_name, study_design_hash, schema_version, "
      "framework_version, 'running', started_at_us + i, 'node' || i, i, writer_since_us, '', "
      "'/d/' || i, 'id' || i, i FROM " +
      options.schema + ".studies, generate_series(1, 299) AS i");
  const auto studies = list(options);
  BOOST_TEST(studies.size() == 300U);
  std::set<std::string> directories;
  for (const StoredStudy& study : studies) directories.insert(study.study_dir);
  BOOST_TEST(directories.size() == 300U);
  BOOST_TEST(std::count_if(studies.begin(), studies.end(), [](const StoredStudy& study) {
               return study.writer.state == WriterState::gone;
             }) == 300);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_away_is_told) {
  const auto options = fresh_options();
  server().kill();
  BOOST_CHECK_THROW(
      static_cast<void>(postgres::PostgresSink(options).list_studies({}, [](const auto&) {})),
      Error);
  server().start();
}

BOOST_AUTO_TEST_SUITE_END()
