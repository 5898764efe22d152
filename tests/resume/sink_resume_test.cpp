// Studies that are run and resumed with whatever observers the host config names.
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

constexpr const char* kSinks[] = {"manifest_writer", "journal_writer", "sqlite_writer"};
constexpr const char* kNextSinks[] = {"journal_writer", "sqlite_writer", "manifest_writer"};

std::string zoo(const std::string& animal) {
  return std::string(STUDY_BUILD_DIR) + "/tests/zoo/" + animal + ".so";
}

/// The checkpoint as the sink alone knows it.
json::value checkpoint_of(const Resumable& study, const std::string& sink) {
  const json::object config{{"results_dir", "results"},
                            {"observers", json::array{json::object{{"plugin", sink}}}}};
  study.folder.write("one_sink.json", json::serialize(config));
  const ProgramResult result =
      run_program({kStudyHost, "status", study.folder.study_dir().string(), "--json", "--config",
                   (study.folder / "one_sink.json").string()});
  BOOST_TEST_REQUIRE(result.exit_code == 0, sink << ": " << result.err);
  return json::parse(result.out).at("manifest");
}

std::string states_of(const json::value& manifest) {
  std::string states;
  for (const json::value& entry : manifest.at("experiments").as_array()) {
    states += entry.at("status").as_string().front();
  }
  return states;
}

/// Starts the host and waits until run 2, which never ends, is under way.
Program begin_endless(Resumable& study) {
  study.folder.study("echo $1 >> " + study.ledger.string() + "; test $1 != 2 || test -e " +
                         (study.folder / "go-on").string() + " || sleep 1000; echo '{}'",
                     {{{"n", 1}}, {{"n", 2}}, {{"n", 3}}});
  return Program(study.folder.command());
}

/// Until the run is there and its sink knows of it: one comes a moment before the other.
void wait_for_run_2(const Resumable& study, const std::string& sink) {
  wait_until("run 2", [&] { return study.ran() == "12"; });
  wait_until("the checkpoint of run 2",
             [&] { return states_of(checkpoint_of(study, sink)) == "crp"; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sink_resume)

BOOST_DATA_TEST_CASE(a_study_goes_on_from_one_sink_alone, data::make(kSinks), sink) {
  Resumable study;
  study.observe_with({sink});
  study.fail(2);
  BOOST_TEST(study.folder.run().exit_code == 1);
  BOOST_TEST(states_of(checkpoint_of(study, sink)) == "cfc");
  study.repair();
  const ProgramResult result = study.resume_alone();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "1232");
  BOOST_TEST(states_of(checkpoint_of(study, sink)) == "ccc");
  BOOST_TEST(study.folder.has("manifest.json") == (sink == std::string("manifest_writer")));
}

BOOST_DATA_TEST_CASE(a_killed_host_s_study_goes_on_from_one_sink_alone, data::make(kSinks), sink) {
  Resumable study;
  study.observe_with({sink});
  Program host = begin_endless(study);
  wait_for_run_2(study, sink);
  host.send(SIGKILL);
  BOOST_TEST(host.wait().signal == SIGKILL);
  BOOST_TEST(states_of(checkpoint_of(study, sink)) == "crp");
  study.folder.write("go-on", "");
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "1223");
  BOOST_TEST(states_of(checkpoint_of(study, sink)) == "ccc");
}

BOOST_DATA_TEST_CASE(a_lost_result_is_run_again_though_the_sink_has_it_as_completed,
                     data::make(kSinks), sink) {
  Resumable study;
  study.observe_with({sink});
  BOOST_TEST(study.folder.run().exit_code == 0);
  const json::value before = checkpoint_of(study, sink);
  fs::remove(study.folder.study_dir() /
             before.at("experiments").at(0).at("result_file").as_string().c_str());
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "1231");
  const json::value after = checkpoint_of(study, sink);
  BOOST_TEST(states_of(after) == "ccc");
  BOOST_TEST((after.at("experiments").at(1) == before.at("experiments").at(1)));
  BOOST_TEST((after.at("experiments").at(0) != before.at("experiments").at(0)));
}

BOOST_DATA_TEST_CASE(a_study_moves_from_one_sink_to_another,
                     data::make(kSinks) ^ data::make(kNextSinks), sink, next) {
  Resumable study;
  study.observe_with({sink});
  study.fail(2);
  BOOST_TEST(study.folder.run().exit_code == 1);
  // The new one is named first, and has none; the old one has.
  study.observe_with({next, sink});
  BOOST_TEST(study.resume().exit_code == 1);
  BOOST_TEST(study.ran() == "1232");
  BOOST_TEST((checkpoint_of(study, next) == checkpoint_of(study, sink)));
  study.observe_with({next});
  study.repair();
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "12322");
  BOOST_TEST(states_of(checkpoint_of(study, next)) == "ccc");
  // The old one is as it was when it was last named.
  BOOST_TEST(states_of(checkpoint_of(study, sink)) == "cfc");
}

BOOST_AUTO_TEST_CASE(a_sink_that_knows_nothing_of_the_study_is_named) {
  Resumable study;
  study.observe_with({"journal_writer"});
  BOOST_TEST(study.folder.run().exit_code == 0);
  study.observe_with({"sqlite_writer"});
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 3);
  BOOST_TEST(contains(result.err,
                      "no checkpoint is known to sqlite_writer, but there are result "
                      "files: --rebuild "),
             result.err);
  BOOST_TEST(contains(result.err, "add the observer that kept the study's checkpoint"), result.err);
  BOOST_TEST(study.resume({"--rebuild"}).exit_code == 0);
  BOOST_TEST(study.ran() == "123");
  BOOST_TEST(states_of(checkpoint_of(study, "sqlite_writer")) == "ccc");
}

BOOST_AUTO_TEST_CASE(several_sinks_at_once_keep_the_same_checkpoint) {
  Resumable study;
  study.observe_with({"manifest_writer", "journal_writer", "sqlite_writer"});
  Program host = begin_endless(study);
  wait_for_run_2(study, "sqlite_writer");
  host.send(SIGTERM);
  BOOST_TEST(host.wait().exit_code == 143);
  const json::value manifest = checkpoint_of(study, "manifest_writer");
  BOOST_TEST(states_of(manifest) == "cpp");
  BOOST_TEST(manifest.at("status") == "interrupted");
  BOOST_TEST((checkpoint_of(study, "journal_writer") == manifest));
  BOOST_TEST((checkpoint_of(study, "sqlite_writer") == manifest));
}

BOOST_DATA_TEST_CASE(an_observer_that_fails_in_the_middle_does_not_disturb_the_others,
                     data::make({"experiment_fails", "end_fails"}) ^
                         data::make({"on_experiment_state failed: no room for a transition; the "
                                     "study goes on",
                                     "on_study_end failed: no room for an end"}),
                     animal, message) {
  Resumable study;
  study.observe_with({"journal_writer", zoo(animal), "sqlite_writer", "manifest_writer"});
  study.fail(3);
  const ProgramResult result = study.folder.run();
  BOOST_TEST(result.exit_code == 1, result.err);
  BOOST_TEST(contains(result.err, "plugin 'zoo' (" + zoo(animal) + "): " + message + "\n"),
             result.err);
  for (const char* sink : kSinks) {
    const json::value manifest = checkpoint_of(study, sink);
    BOOST_TEST(states_of(manifest) == "ccf");
    BOOST_TEST(manifest.at("status") == "completed");
  }
}

BOOST_AUTO_TEST_CASE(a_store_that_goes_away_in_the_middle_does_not_disturb_the_others) {
  Resumable study;
  study.observe_with({"journal_writer", "sqlite_writer"});
  // The first run takes the journal's file away and puts a directory in its place.
  study.folder.study("test $1 != 1 || (cd " + study.folder.results().string() +
                         "/test_* && rm journal.jsonl && mkdir journal.jsonl); echo '{}'",
                     {{{"n", 1}}, {{"n", 2}}, {{"n", 3}}});
  const ProgramResult result = study.folder.run();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.err, "journal_writer: warning: "), result.err);
  BOOST_TEST(states_of(checkpoint_of(study, "sqlite_writer")) == "ccc");
}

BOOST_AUTO_TEST_CASE(a_sink_that_refuses_the_study_keeps_it_from_starting) {
  Resumable study;
  study.observe_with({"journal_writer", zoo("start_fails"), "sqlite_writer"});
  const ProgramResult result = study.folder.run();
  BOOST_TEST(result.exit_code == 3);
  BOOST_TEST(contains(result.err, "the study cannot start: "), result.err);
  BOOST_TEST(contains(result.err, "no room for a study"), result.err);
  BOOST_TEST(!fs::exists(study.ledger));
}

BOOST_AUTO_TEST_CASE(a_checkpoint_that_can_t_be_read_is_passed_over_for_the_next_sink_s) {
  Resumable study;
  study.observe_with({"journal_writer", "sqlite_writer"});
  study.fail(2);
  BOOST_TEST(study.folder.run().exit_code == 1);
  const fs::path journal = study.folder.study_dir() / "journal.jsonl";
  std::ofstream(journal, std::ios::binary) << "no journal\nat all\n";
  study.repair();
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.err, "a checkpoint can't be read: "), result.err);
  BOOST_TEST(study.ran() == "1232");
  BOOST_TEST(states_of(checkpoint_of(study, "journal_writer")) == "ccc");
  // What could not be read is still there.
  bool is_kept = false;
  for (const auto& entry : fs::directory_iterator(study.folder.study_dir())) {
    is_kept = is_kept || (entry.is_regular_file() &&
                          read_text(entry.path()).starts_with("no journal\nat all\n"));
  }
  BOOST_TEST(is_kept);
}

BOOST_AUTO_TEST_SUITE_END()
