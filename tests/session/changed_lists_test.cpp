// Lists of experiments that are not those of the checkpoint, or not known from the start.
#include "opened_study.hpp"
#include "support/test_data.hpp"

#include <study/error.hpp>
#include <study/study_plan.hpp>

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace study;
using study_test::experiments;
using study_test::says;
using study_test::StudyOnDisk;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(changed_lists)

BOOST_AUTO_TEST_CASE(one_that_only_grew_is_accepted) {
  StudyOnDisk study;
  {
    Session session = study.open();
    StudyOnDisk::complete(session, 0);
  }
  SessionOptions options = study.options();
  options.experiments = experiments(5);
  {
    const Session session = Session::open(std::move(options));
    BOOST_TEST((session.pending() == std::vector<RunNumber>{1, 2, 3, 4}));
  }
  SessionOptions fixed = study.options();
  fixed.experiments = experiments(6);
  fixed.accept_growth = false;
  BOOST_CHECK_THROW(Session::open(std::move(fixed)), DesignChanged);
}

BOOST_AUTO_TEST_CASE(another_one_is_refused_with_an_account_and_accepted_with_force) {
  StudyOnDisk study;
  {
    Session session = study.open();
    StudyOnDisk::complete(session, 1);
  }
  const auto other = [&] {
    SessionOptions options = study.options();
    options.experiments = experiments(3, 1);  // 0 is gone, 3 is new
    return options;
  };
  try {
    static_cast<void>(Session::open(other()));
    BOOST_ERROR("accepted");
  } catch (const DesignChanged& change) {
    std::string account;
    for (const std::string& line : change.account()) account += line + "\n";
    BOOST_TEST(account ==
               "  new:       x=3\n"
               "  gone:      x=0\n"
               "  fields:    x: 0 → 3\n"
               "  unchanged: 2 configurations\n");
  }
  SessionOptions options = other();
  options.force = true;
  const Session session = Session::open(std::move(options));
  BOOST_TEST((session.pending() == std::vector<RunNumber>{1, 2}));  // x=2 and x=3
}

BOOST_AUTO_TEST_CASE(an_open_ended_study_keeps_all_that_it_had) {
  StudyOnDisk study(0);
  const auto open = [&] {
    SessionOptions options = study.options();
    options.is_open_ended = true;
    return Session::open(std::move(options));
  };
  fs::path directory;
  {
    Session session = open();
    directory = session.directory();
    BOOST_TEST(session.pending().empty());
    BOOST_TEST((session.add(experiments(3)) == std::vector<RunNumber>{0, 1, 2}));
    BOOST_TEST((session.add(experiments(2, 2)) == std::vector<RunNumber>{2, 3}));
    StudyOnDisk::complete(session, 1);
  }
  BOOST_TEST((StudyOnDisk::manifest_in(directory).head.status == StudyStatus::interrupted));
  {
    Session session = open();
    BOOST_TEST((session.pending() == std::vector<RunNumber>{0, 2, 3}));
    BOOST_TEST(session.run(3).config.at("x").as_int64() == 3);
    BOOST_TEST(!session.run(3).experiment);
  }
  fs::remove(directory / "study_experiments.jsonl");  // then they are known by their hash alone
  Session session = open();
  BOOST_TEST((session.pending() == std::vector<RunNumber>{0, 2, 3}));
  BOOST_TEST(session.run(3).config.empty());
  BOOST_TEST((session.add(experiments(1, 3)) == std::vector<RunNumber>{3}));
  BOOST_TEST(session.run(3).config.at("x").as_int64() == 3);
  session.end(StudyOutcome::completed);
  const StudyManifest manifest = StudyOnDisk::manifest_in(directory);
  BOOST_TEST((manifest.head.status == StudyStatus::completed));
  BOOST_TEST(manifest.experiments.size() == 4U);
}

BOOST_AUTO_TEST_CASE(what_is_added_follows_and_what_can_not_be_is_named) {
  StudyOnDisk study(1);
  Session session = study.open();
  const std::string before = session.manifest().head.study_design_hash;
  session.add(experiments(1, 1));
  const StudyManifest manifest = StudyOnDisk::manifest_in(session.directory());
  BOOST_TEST(manifest.experiments.size() == 2U);
  BOOST_TEST(manifest.head.study_design_hash != before);
  BOOST_TEST(manifest.head.study_design_hash ==
             make_plan({.study_name = "s", .experiments = experiments(2)}).study_design_hash);
  std::vector<Experiment> wrong = experiments(1, 2);
  wrong.push_back({.config = {{"lr", std::numeric_limits<double>::infinity()}}});
  BOOST_CHECK_EXCEPTION(session.add(wrong), InputError, says("lr: an infinity"));
  BOOST_TEST(session.size() == 3U);  // the one before it has been added
  BOOST_TEST(StudyOnDisk::manifest_in(session.directory()).experiments.size() == 3U);
}

BOOST_AUTO_TEST_CASE(the_hosts_own_identity_counts) {
  StudyOnDisk study;
  SessionOptions options = study.options();
  options.study_design_hash = "design-1";
  options.experiments = {{.config = {{"x", 1}},
                          .config_hash = "a1b2c_00000",
                          .config_summary = "first",
                          .n_cycles = 2},
                         {.config_hash = "12345_0:7.b"}};
  Session session = Session::open(std::move(options));
  BOOST_TEST(session.size() == 3U);
  BOOST_TEST(session.run(1).config_hash == "a1b2c_00000");
  BOOST_TEST(session.run(1).config_summary == "first");
  BOOST_TEST(session.run(2).config_summary == "experiment");
  const StudyManifest manifest = StudyOnDisk::manifest_in(session.directory());
  BOOST_TEST(manifest.head.study_design_hash == "design-1");
  BOOST_TEST(manifest.experiments[2].config_hash == "12345_0:7.b");
}

BOOST_AUTO_TEST_SUITE_END()
