// What a study directory knows of its study beyond the checkpoint.
#include "support/resumable.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

/// An interrupted study whose record is changed by hand.
struct Recorded : Resumable {
  Recorded() {
    fail(2);
    static_cast<void>(folder.run());
    repair();
  }
  void change(const std::string& key, const json::value& value) const {
    const fs::path path = folder.study_dir() / "study_record.json";
    json::object record = json::parse(read_text(path)).as_object();
    record[key] = value;
    std::ofstream(path) << json::serialize(record);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(resume_record)

BOOST_AUTO_TEST_CASE(a_host_config_that_is_gone_is_named) {
  const Recorded study;
  fs::remove(study.folder / "study_host.json");
  const ProgramResult result = study.resume_alone();
  BOOST_TEST(result.exit_code == 3, result.err);
  BOOST_TEST(contains(result.err,
                      "study_host.json that the study began with is gone; give one "
                      "with --config"),
             result.err);
  study.folder.write("other.json", R"({"observers": [{"plugin": "manifest_writer"}]})");
  const ProgramResult given = study.resume_alone({"--config", (study.folder / "other.json")});
  BOOST_TEST(given.exit_code == 0, given.err);
}

BOOST_AUTO_TEST_CASE(a_record_never_leads_out_of_its_directory) {
  const Recorded study;
  for (const char* name : {"../study.json", "/etc/passwd", ""}) {
    study.change("study_copy", name);
    const ProgramResult result = study.resume_alone();
    BOOST_TEST(result.exit_code == 3, result.err);
    BOOST_TEST(contains(result.err, "'study_copy' is missing or wrong; give the study file"),
               result.err);
  }
  BOOST_TEST(study.resume().exit_code == 0);  // with the study file the record isn't needed
}

BOOST_AUTO_TEST_CASE(a_record_or_a_copy_that_can_t_be_used_asks_for_the_study_file) {
  const std::string hint = "; give the study file to resume without it";
  for (const char* text : {"{", "[]", "{}"}) {
    const Recorded study;
    std::ofstream(study.folder.study_dir() / "study_record.json") << text;
    const ProgramResult result = study.resume_alone();
    BOOST_TEST(result.exit_code == 3, result.err);
    BOOST_TEST(contains(result.err, "study_record.json"), result.err);
    BOOST_TEST(contains(result.err, hint), result.err);
    BOOST_TEST(study.resume().exit_code == 0);
  }
  const Recorded directory;
  fs::remove(directory.folder.study_dir() / "study_record.json");
  fs::create_directory(directory.folder.study_dir() / "study_record.json");
  BOOST_TEST(contains(directory.resume_alone().err, hint));
  for (const bool is_there : {false, true}) {
    const Recorded study;
    const fs::path copy = study.folder.study_dir() / "study.json";
    fs::remove(copy);
    if (is_there) std::ofstream(copy) << "{";
    const ProgramResult result = study.resume_alone();
    BOOST_TEST((result.exit_code == 2 || result.exit_code == 3), result.err);
    BOOST_TEST(contains(result.err, copy.string()), result.err);
    BOOST_TEST(contains(result.err, "; give the study file to resume without its copy"),
               result.err);
    BOOST_TEST(study.resume().exit_code == 0);
  }
}

BOOST_AUTO_TEST_CASE(another_study_name_is_a_warning_that_names_both) {
  const Recorded study;
  std::string text = read_text(study.folder / "study.json");
  text.replace(text.find("\"test\""), 6, "\"tset\"");
  study.folder.write("study.json", text);
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.err, "the study was called test and goes on as tset"), result.err);
}

BOOST_AUTO_TEST_CASE(the_manifest_of_another_study_is_not_taken_for_this_one) {
  const Recorded study;
  Resumable other;
  other.use({{{"n", 7}}});
  static_cast<void>(other.folder.run());
  const std::string alien = read_text(other.manifest_path());
  study.put_manifest(alien);
  const ProgramResult refused = study.resume_alone();
  BOOST_TEST(refused.exit_code == 2, refused.err);
  BOOST_TEST(contains(refused.err, "is not the study that the checkpoint in"), refused.err);
  BOOST_TEST(read_text(study.manifest_path()) == alien);
  BOOST_TEST(study.ran() == "123");
  BOOST_TEST(study.resume_alone({"--rebuild"}).exit_code == 0);
  BOOST_TEST(study.ran() == "1232");
}

BOOST_AUTO_TEST_CASE(what_failed_before_and_is_left_so_still_counts_in_the_exit_code) {
  Resumable study;
  study.fail(2);
  static_cast<void>(study.folder.run());
  BOOST_TEST(study.resume({"--skip-failed"}).exit_code == 1);
}

BOOST_AUTO_TEST_SUITE_END()
