// `--rebuild` where no study has been: a person's own folder.
#include "support/resumable.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

/// A folder with a study file and whatever else a person keeps there.
struct OwnFolder {
  OwnFolder() {
    folder.use_manifest_writer();
    folder.write("study.yaml", text);
    folder.write("package.json", "{}");
  }
  [[nodiscard]] ProgramResult run(std::vector<std::string> more) const {
    more.insert(more.begin(), {kStudyHost, "run"});
    return run_program(more);
  }

  StudyFolder folder;
  const std::string text =
      "name: own\nexperiments: [{n: 1}]\n"
      "runners: {default: {command: [sh, -c, 'echo {}']}}\n";
};

}  // namespace

BOOST_AUTO_TEST_SUITE(rebuild)

BOOST_AUTO_TEST_CASE(a_folder_that_never_was_a_study_is_left_alone) {
  const OwnFolder own;
  own.folder.write("other.yaml", "name: other\nexperiments: [{n: 2}]\n");
  const std::string here = own.folder.path().string();
  for (const std::string study : {"other.yaml", "study.yaml"}) {
    const ProgramResult plain = own.run({(own.folder / study).string(), "--resume", here});
    BOOST_TEST(plain.exit_code == 3, plain.err);
    BOOST_TEST(!contains(plain.err, "--rebuild"), plain.err);
    const ProgramResult rebuilt =
        own.run({(own.folder / study).string(), "--resume", here, "--rebuild"});
    BOOST_TEST(rebuilt.exit_code == 3, rebuilt.err);
    BOOST_TEST(contains(rebuilt.err, "no result of this study"), rebuilt.err);
  }
  BOOST_TEST(own.run({"--resume", here}).exit_code == 3);
  BOOST_TEST(read_text(own.folder / "study.yaml") == own.text);
  BOOST_TEST(!fs::exists(own.folder / ".study.lock"));
  BOOST_TEST(!fs::exists(own.folder / "study_record.json"));
}

BOOST_AUTO_TEST_CASE(a_manifest_of_another_program_makes_no_study_of_a_folder) {
  const OwnFolder own;
  own.folder.write("manifest.json", "{\"name\": \"a web page\"}");
  own.folder.write("other.yaml", "name: other\nexperiments: [{n: 2}]\n");
  const ProgramResult result = own.run(
      {(own.folder / "other.yaml").string(), "--resume", own.folder.path().string(), "--rebuild"});
  BOOST_TEST(result.exit_code == 3, result.err);
  BOOST_TEST(read_text(own.folder / "study.yaml") == own.text);
  BOOST_TEST(read_text(own.folder / "manifest.json") == "{\"name\": \"a web page\"}");
}

BOOST_AUTO_TEST_CASE(a_study_file_that_is_no_copy_of_ours_stays_beside_the_copy) {
  Resumable study;
  static_cast<void>(study.folder.run());
  const fs::path dir = study.folder.study_dir();
  fs::remove(dir / "study_record.json");
  fs::remove(study.manifest_path());
  std::ofstream(dir / "study.json") << "mine";
  const ProgramResult result = study.resume({"--rebuild"});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "123");
  BOOST_TEST(read_text(dir / "study.json") == "mine");
  BOOST_TEST(read_text(dir / "study_1.json") == read_text(study.folder / "study.json"));
  fs::remove(study.folder / "study.json");
  BOOST_TEST(study.resume_alone().exit_code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
