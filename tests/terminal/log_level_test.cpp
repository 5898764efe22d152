// What is shown of the log, and what is kept.
#include "support/study_folder.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A study that logs an info (its start) and, while it runs under a host config without observers,
/// a warning.
struct LoggedStudy {
  LoggedStudy() { folder.study("echo '{}'"); }
  [[nodiscard]] ProgramResult run(const std::string& level) const {
    return folder.run({"--log-level", level});
  }
  StudyFolder folder;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(log_level)

BOOST_AUTO_TEST_CASE(the_console_shows_what_is_at_least_as_severe) {
  const LoggedStudy study;
  const std::string info = "study test: 1 runs";
  const std::string warning = "study-host: warning: no observer is enabled";
  const std::string all = study.run("info").err;
  BOOST_TEST(contains(all, info), all);
  BOOST_TEST(contains(all, warning), all);
  const std::string some = study.run("warning").err;
  BOOST_TEST(!contains(some, info), some);
  BOOST_TEST(contains(some, warning), some);
  const std::string none = study.run("error").err;
  BOOST_TEST(!contains(none, warning), none);
}

BOOST_AUTO_TEST_CASE(the_study_log_keeps_info_and_warnings_whatever_is_shown) {
  const LoggedStudy study;
  BOOST_TEST(study.run("error").exit_code == 0);
  const std::string kept = read_text(study.folder.study_dir() / "study.log");
  BOOST_TEST(contains(kept, "[info] [study-host] study test: 1 runs"), kept);
  BOOST_TEST(contains(kept, "[warning] [study-host] no observer is enabled"), kept);
}

BOOST_AUTO_TEST_CASE(an_unknown_level_is_refused_with_those_that_exist) {
  const ProgramResult result = LoggedStudy().run("loud");
  BOOST_TEST(result.exit_code == 2);
  BOOST_TEST(contains(result.err, "warning"), result.err);
  BOOST_TEST(contains(result.err, "loud"), result.err);
}

BOOST_AUTO_TEST_SUITE_END()
