// Nothing that comes from a file acts on a terminal.
#include "support/resumable.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

const std::string kEscape = "\x1b[31m";
const std::string kControl = "\xC2\x9B";        // U+009B, which begins a sequence as ESC [ does
const std::string kBackwards = "\xE2\x80\xAE";  // U+202E

bool is_raw(const std::string& text) {
  return contains(text, "\x1b") || contains(text, kControl) || contains(text, kBackwards);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(escapes)

BOOST_AUTO_TEST_CASE(the_lines_of_a_run_show_a_directory_s_control_characters_by_number) {
  Resumable study;
  study.folder.use_manifest_writer();
  std::string config = read_text(study.folder / "study_host.json");
  config.replace(config.find("\"results\""), 9, "\"re" + kControl + kBackwards + "sults\"");
  study.folder.write("study_host.json", config);
  study.fail(2);
  const ProgramResult result = study.folder.run();
  BOOST_TEST(result.exit_code == 1, result.err);
  BOOST_TEST(contains(result.err, "manifest: "), result.err);
  BOOST_TEST(contains(result.err, "re\\u009b\\u202esults"), result.err);
  BOOST_TEST(!is_raw(result.err), result.err);
}

BOOST_AUTO_TEST_CASE(status_as_json_has_them_as_escapes_and_means_the_same) {
  Resumable study;
  static_cast<void>(study.folder.run());
  auto manifest = study.folder.manifest();
  const std::string summary = "a" + kEscape + kControl + "\x7f" + kBackwards + "ü";
  manifest["experiments"].as_array()[0].as_object()["config_summary"] = summary;
  study.put_manifest(json::serialize(manifest));
  const ProgramResult result =
      run_program({kStudyHost, "status", study.folder.study_dir().string(), "--json"});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(!is_raw(result.out), result.out);
  BOOST_TEST(contains(result.out, "ü"), result.out);
  const auto shown = json::parse(result.out).at("manifest").at("experiments").at(0);
  BOOST_TEST(shown.at("config_summary").as_string() == summary);
}

BOOST_AUTO_TEST_SUITE_END()
