// study-host leaf by itself.
#include "support/run_program.hpp"
#include "support/study_folder.hpp"

#include <string>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

/// `input` is a shell's words that print what stdin is to have.
ProgramResult leaf(const StudyFolder& folder, const std::string& input,
                   const std::string& arguments) {
  return run_program({"sh", "-c",
                      "(" + input + ") | " + kStudyHost + " leaf " + (folder / "status").string() +
                          " " + arguments});
}

json::object status(const StudyFolder& folder) {
  return json::parse(read_text(folder / "status")).as_object();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(leaf_command)

BOOST_AUTO_TEST_CASE(it_says_what_has_become_of_the_command_and_passes_on_what_that_prints) {
  StudyFolder folder;
  const ProgramResult result =
      leaf(folder,
           "echo h; sleep 1000 & wait_for=$!; while ! test -e " + (folder / "status").string() +
               "; do sleep 0.02; done; kill $wait_for",
           "-- sh -c 'echo out; echo err >&2; exit 3'");
  BOOST_TEST(result.exit_code == 3);
  BOOST_TEST(result.out == "out\n");
  BOOST_TEST(result.err == "err\n");
  const json::object told = status(folder);
  BOOST_TEST(told.at("exit_code").to_number<int>() == 3);
  BOOST_TEST(told.at("signal").to_number<int>() == 0);
  BOOST_TEST(told.at("stdout_bytes").to_number<int>() == 4);
  BOOST_TEST(told.at("stderr_tail").as_string() == "err\n");
  BOOST_TEST(!told.at("interrupted").as_bool());
}

BOOST_AUTO_TEST_CASE(the_end_of_its_stdin_stops_the_command_gently_then_kills_it) {
  StudyFolder folder;
  const std::string ready = (folder / "ready").string();
  const std::string until_ready = "echo h; while ! test -e " + ready + "; do sleep 0.02; done";
  const std::string deaf = "--grace 0.1 -- sh -c 'trap \"\" TERM; : > " + ready + "; sleep 1000'";
  BOOST_TEST(leaf(folder, until_ready,
                  "-- sh -c 'trap \"exit 7\" TERM; : > " + ready + "; sleep 1000 & wait'")
                 .exit_code == 7);
  BOOST_TEST(status(folder).at("interrupted").as_bool());
  std::filesystem::remove(ready);
  BOOST_TEST(leaf(folder, until_ready, deaf).exit_code == 128 + 9);
  BOOST_TEST(status(folder).at("signal").to_number<int>() == 9);
}

BOOST_AUTO_TEST_CASE(its_wrong_options_are_refused) {
  StudyFolder folder;
  BOOST_TEST(leaf(folder, ":", "").exit_code == 2);
  BOOST_TEST(leaf(folder, ":", "--stop-signal=SIGNONE -- true").exit_code == 2);
  BOOST_TEST(leaf(folder, ":", "--timeout=-1 -- true").exit_code == 2);
  const ProgramResult result = run_program({kStudyHost, "leaf", "/nowhere/status", "--", "true"});
  BOOST_TEST(result.exit_code == 2);
  BOOST_TEST(result.err.find("/nowhere/status") != std::string::npos, result.err);
}

BOOST_AUTO_TEST_SUITE_END()
