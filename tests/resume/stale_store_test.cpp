// Several sinks, one of which has missed a part of the study: none of its old states wins.
#include "support/resumable.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <signal.h>

namespace data = boost::unit_test::data;
using namespace study_test;

namespace {

const char* const kPairs[][2] = {{"manifest_writer", "journal_writer"},
                                 {"journal_writer", "manifest_writer"},
                                 {"sqlite_writer", "manifest_writer"},
                                 {"manifest_writer", "sqlite_writer"}};

std::string status_of(const Resumable& study, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {kStudyHost, "status", study.folder.study_dir().string()});
  const ProgramResult result = run_program(more);
  BOOST_TEST(result.exit_code == 0, result.err);
  return result.out + result.err;
}

std::string config_of(const Resumable& study) {
  return (study.folder / "study_host.json").string();
}

/// Three experiments, of which `n` waits until there is a file `go-on`.
void use_waiting(Resumable& study, const std::string& n, const std::string& before = ":") {
  study.folder.study(before + "; echo $1 >> " + study.ledger.string() + "; test $1 != " + n +
                         " || test -e " + (study.folder / "go-on").string() +
                         " || sleep 1000; echo '{}'",
                     {{{"n", 1}}, {{"n", 2}}, {{"n", 3}}});
}

void kill_in(Resumable& study, const std::string& ran) {
  Program host(study.folder.command());
  wait_until("run " + ran, [&] { return study.ran() == ran; });
  host.send(SIGKILL);
  BOOST_TEST(host.wait().signal == SIGKILL);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(stale_store)

BOOST_DATA_TEST_CASE(a_sink_that_was_left_out_for_a_while_does_not_bring_its_old_state_back,
                     data::xrange(std::size(kPairs)), pair) {
  const std::string left_out = kPairs[pair][0];
  const std::string kept = kPairs[pair][1];
  Resumable study;
  study.observe_with({left_out, kept});
  use_waiting(study, "2");
  kill_in(study, "12");
  study.folder.write("go-on", "");
  study.observe_with({kept});
  const ProgramResult alone = study.resume();
  BOOST_TEST(alone.exit_code == 0, alone.err);
  BOOST_TEST(study.ran() == "1223");
  BOOST_TEST(contains(alone.err, "manifest: ") == (kept == "manifest_writer"), alone.err);
  BOOST_TEST(contains(status_of(study), "test: completed\n"));
  study.observe_with({left_out, kept});
  const std::string asked = status_of(study, {"--config", config_of(study)});
  BOOST_TEST(contains(asked, "3 completed, 0 failed, 0 pending of 3"), asked);
  const std::string warning = "the checkpoint of " + left_out + " is behind (1 completed, ";
  BOOST_TEST(contains(asked, warning), asked);
  const ProgramResult both = study.resume();
  BOOST_TEST(both.exit_code == 0, both.err);
  BOOST_TEST(contains(both.err, warning), both.err);
  BOOST_TEST(contains(both.err, "that of " + kept + " counts (3 completed, "), both.err);
  BOOST_TEST(study.ran() == "1223");
  BOOST_TEST(!contains(study.resume().err, "is behind"));  // by now both know
}

BOOST_AUTO_TEST_CASE(a_sink_that_could_not_write_to_the_end_does_not_win_because_it_is_first) {
  Resumable study;
  study.folder.host({{{"plugin", "manifest_writer"}, {"options", {{"engine", "replace"}}}},
                     {{"plugin", "journal_writer"}}});
  // The second run puts a directory into the manifest's place, over which no file can be renamed.
  use_waiting(study, "3",
              "test $1 != 2 || (cd " + study.folder.results().string() +
                  "/test_* && mv manifest.json kept && mkdir manifest.json)");
  kill_in(study, "123");
  fs::remove(study.manifest_path());
  fs::rename(study.folder.study_dir() / "kept", study.manifest_path());
  BOOST_TEST(study.folder.manifest().at("completed") == 1);
  const std::string asked = status_of(study, {"--config", config_of(study)});
  BOOST_TEST(contains(asked, "2 completed, 0 failed, 1 pending of 3"), asked);
  study.folder.write("go-on", "");
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.err, "the checkpoint of manifest_writer is behind"), result.err);
  BOOST_TEST(study.ran() == "1233");
  BOOST_TEST(study.folder.manifest().at("completed") == 3);
}

BOOST_AUTO_TEST_CASE(what_only_the_less_advanced_one_has_as_completed_counts_too) {
  Resumable study;
  study.observe_with({"manifest_writer", "journal_writer"});
  study.fail(3);
  static_cast<void>(study.folder.run());
  study.repair();
  json::object manifest = study.folder.manifest();
  json::object& entry = manifest.at("experiments").as_array().at(0).as_object();
  entry["status"] = "pending";
  for (const char* key : {"result_file", "started_at", "completed_at"}) entry[key] = nullptr;
  manifest["completed_at"] = "2999-01-01T00:00:00Z";
  study.put_manifest(json::serialize(manifest));
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "1233");
  BOOST_TEST(contains(result.err, "the checkpoint of manifest_writer lacks 1 completed"),
             result.err);
}

BOOST_AUTO_TEST_CASE(another_study_s_checkpoint_is_passed_over_by_name) {
  Resumable study;
  study.observe_with({"manifest_writer", "journal_writer"});
  study.fail(2);
  static_cast<void>(study.folder.run());
  study.repair();
  json::object manifest = study.folder.manifest();
  manifest["started_at"] = "2001-01-01T00:00:00Z";
  study.put_manifest(json::serialize(manifest));
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "1232");
  BOOST_TEST(contains(result.err,
                      "the checkpoint of manifest_writer is of another study, which began at "
                      "2001-01-01T00:00:00Z: it is passed over"),
             result.err);
}

BOOST_AUTO_TEST_CASE(with_none_of_the_latest_run_s_sinks_the_older_state_is_warned_of) {
  Resumable study;
  study.observe_with({"manifest_writer", "journal_writer"});
  study.fail(2);
  static_cast<void>(study.folder.run());
  study.repair();
  study.observe_with({"journal_writer"});
  BOOST_TEST(study.resume().exit_code == 0);
  BOOST_TEST(study.ran() == "1232");
  study.observe_with({"manifest_writer"});
  const ProgramResult result = study.resume();
  BOOST_TEST(contains(result.err,
                      "the latest run's checkpoint is known to journal_writer, which is not "
                      "enabled now"),
             result.err);
}

BOOST_AUTO_TEST_CASE(of_a_newer_version_the_next_sink_is_asked) {
  Resumable study;
  study.observe_with({"manifest_writer", "journal_writer"});
  study.fail(2);
  static_cast<void>(study.folder.run());
  study.repair();
  std::string text = read_text(study.manifest_path());
  text.replace(text.find("\"2.0\""), 5, "\"9.0\"");
  study.put_manifest(text);
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.err, "can't be read: it was written by a newer version: "),
             result.err);
  BOOST_TEST(study.ran() == "1232");
}

BOOST_AUTO_TEST_CASE(a_host_config_that_is_gone_leaves_no_stale_manifest_to_be_shown) {
  Resumable study;
  study.observe_with({"manifest_writer"});
  static_cast<void>(study.folder.run());
  study.observe_with({"manifest_writer", "journal_writer"});
  static_cast<void>(study.resume());
  study.observe_with({"journal_writer"});
  fs::remove(study.folder.study_dir() / study.entry(0, "result_file").as_string().c_str());
  static_cast<void>(study.resume());  // one is run again, of which the manifest doesn't know
  fs::remove(config_of(study));
  const ProgramResult result =
      run_program({kStudyHost, "status", study.folder.study_dir().string()});
  BOOST_TEST(result.exit_code == 2);
  BOOST_TEST(contains(result.err, "no up-to-date manifest.json there"), result.err);
}

BOOST_AUTO_TEST_SUITE_END()
