// What plugins print, which must not be taken for what the host has to say.
#include "support/study_folder.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

const std::string kZoo = std::string(STUDY_BUILD_DIR) + "/tests/zoo/";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A study whose observers print: while it runs, to a buffer that is written at the end, and when
/// the library is loaded and the process exits.
struct PrintedStudy {
  PrintedStudy() {
    folder.study("echo '{}'", {{{"n", 1}}, {{"n", 2}}});
    folder.host({{{"plugin", kZoo + "prints_at_exit.so"}},
                 {{"plugin", kZoo + "prints_to_stdout.so"}},
                 {{"plugin", "manifest_writer"}}});
  }
  StudyFolder folder;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(plugin_output)

BOOST_AUTO_TEST_CASE(stdout_has_the_study_directory_and_nothing_that_a_plugin_prints) {
  const PrintedStudy study;
  const ProgramResult result = study.folder.run();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(result.out == study.folder.study_dir().string() + "\n");
  for (const char* printed : {"hello\n", "one more\n", "goodbye\n"}) {
    BOOST_TEST(contains(result.err, printed), result.err);
  }
}

BOOST_AUTO_TEST_CASE(nor_has_what_other_commands_print) {
  const PrintedStudy study;
  const ProgramResult plan = study.folder.run({"--dry-run"});
  BOOST_TEST(plan.exit_code == 0, plan.err);
  BOOST_TEST(contains(plan.err, "hello\n"), plan.err);
  BOOST_TEST(!contains(plan.out, "hello\n"), plan.out);
  BOOST_TEST(!contains(plan.out, "goodbye\n"), plan.out);
  static_cast<void>(study.folder.run());
  const ProgramResult status =
      run_program({kStudyHost, "status", study.folder.study_dir().string(), "--json", "--config",
                   (study.folder / "study_host.json").string()});
  BOOST_TEST(status.exit_code == 0, status.err);
  BOOST_TEST(json::parse(status.out).is_object());
}

BOOST_AUTO_TEST_CASE(an_experiment_inherits_neither_of_them) {
  StudyFolder folder;
  folder.study("ls -l /proc/self/fd > fds; echo '{}'");
  folder.write("study_host.json", "{}");
  const ProgramResult result =
      run_program({"sh", "-c", "cd \"$1\" && exec \"$2\" run study.json > out", "sh",
                   folder.path().string(), kStudyHost});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(!contains(read_text(folder / "fds"), "/out\n"), read_text(folder / "fds"));
}

BOOST_AUTO_TEST_SUITE_END()
