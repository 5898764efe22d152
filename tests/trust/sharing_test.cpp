// Who may read and write what a study makes.
#include "support/resumable.hpp"
#include "support/two_users.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

mode_t mode_of(const fs::path& file) {
  struct stat found {};
  return ::stat(file.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
}

/// study-host with a umask.
ProgramResult run_with_umask(const std::string& mask, unsigned user, const fs::path& study) {
  return run_program(as_user(user, {"sh", "-c", "umask " + mask + "; exec \"$0\" run \"$1\"",
                                    kStudyHost, study.string()}));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sharing)

BOOST_AUTO_TEST_CASE(a_colleague_can_begin_a_study_beside_another_s_in_one_database) {
  if (!has_two_users()) return;
  const TempDir top;
  set_mode(top.path(), 0755);
  const fs::path results = top / "results";
  fs::create_directory(results);
  give_to(kVictim, results);
  set_mode(results, 02775);
  for (const unsigned user : {kVictim, kStranger}) {
    const fs::path folder = top / std::to_string(user);
    fs::create_directory(folder);
    std::ofstream(folder / "study.yaml") << "name: shared\nexperiments: [{n: 1}]\n"
                                            "runners: {default: {command: [sh, -c, 'echo {}']}}\n";
    std::ofstream(folder / "study_host.json")
        << R"({"results_dir": "../results", "observers": [{"plugin": "sqlite_writer"}]})";
    give_to(user, folder);
    const ProgramResult result = run_with_umask("002", user, folder / "study.yaml");
    BOOST_TEST(result.exit_code == 0, result.err);
  }
  BOOST_TEST(mode_of(results / "studies.db") == 0664U);
}

BOOST_AUTO_TEST_CASE(a_copy_is_readable_for_nobody_who_cant_read_the_original) {
  StudyFolder folder;
  folder.use_manifest_writer();
  folder.write("base.yaml", "model: secret\n");
  folder.write("study.yaml",
               "name: test\nbase: base.yaml\nexperiments: [{n: 1}]\n"
               "runners: {default: {command: [sh, -c, 'cat {config_file}']}}\n");
  const std::vector<std::string> run{kStudyHost, "run", (folder / "study.yaml").string()};
  set_mode(folder / "study.yaml", 0600);
  set_mode(folder / "base.yaml", 0600);
  BOOST_TEST_REQUIRE(run_program(run).exit_code == 0);
  const fs::path first = folder.study_dir();
  BOOST_TEST(mode_of(first / "study.yaml") == 0600U);
  BOOST_TEST(mode_of(first / "study.base.yaml") == 0600U);
  for (const auto& entry : fs::directory_iterator(first)) {
    if (entry.path().filename().string().ends_with(".config.json")) {
      BOOST_TEST(mode_of(entry.path()) == 0600U);
    }
  }
  // Resumed from the copies, it stays so.
  fs::remove(folder / "study.yaml");
  BOOST_TEST(run_program({kStudyHost, "run", "--resume", first.string()}).exit_code == 0);
  BOOST_TEST(mode_of(first / "study.yaml") == 0600U);
}

BOOST_AUTO_TEST_CASE(a_copy_of_what_a_group_can_read_is_not_for_another_group) {
  if (!has_two_users()) return;
  const TempDir top;
  set_mode(top.path(), 0755);
  std::ofstream(top / "study.yaml") << "name: test\nexperiments: [{n: 1}]\n"
                                       "runners: {default: {command: [sh, -c, 'echo {}']}}\n";
  give_to(kVictim, top.path());
  set_mode(top / "study.yaml", 0640);
  fs::create_directory(top / "results");
  BOOST_TEST_REQUIRE(::chown((top / "results").c_str(), kVictim, kTheirGroup + 9) == 0);
  set_mode(top / "results", 02755);  // what is made there gets its group
  const ProgramResult result =
      run_program(as_user(kVictim, {"env", "-C", top.path().string(), kStudyHost, "run",
                                    (top / "study.yaml").string()}));
  BOOST_TEST_REQUIRE(result.exit_code == 0, result.err);
  BOOST_TEST(mode_of(fs::path(last_line(result.out)) / "study.yaml") == 0600U);
}

BOOST_AUTO_TEST_SUITE_END()
