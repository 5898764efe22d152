// study-host run --resume, as a person uses it.
#include "support/resumable.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <signal.h>

using namespace study_test;

BOOST_AUTO_TEST_SUITE(resume)

BOOST_AUTO_TEST_CASE(what_completed_stays_and_what_failed_runs_again) {
  Resumable study;
  study.fail(2);
  BOOST_TEST(study.folder.run().exit_code == 1);
  const auto before = study.folder.manifest();
  study.repair();
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "1232");
  BOOST_TEST(last_line(result.out) == study.folder.study_dir().string());
  const auto after = study.folder.manifest();
  BOOST_TEST(after.at("started_at") == before.at("started_at"));
  BOOST_TEST(after.at("completed") == 3);
  BOOST_TEST(after.at("experiments").at(0) == before.at("experiments").at(0));
  BOOST_TEST(contains(result.err, "[3/3] completed n=2"), result.err);
}

BOOST_AUTO_TEST_CASE(latest_begins_a_study_and_goes_on_with_it_until_nothing_is_left) {
  Resumable study;
  study.fail(2);
  const auto again = [&] { return study.folder.run({"--resume", "latest"}); };
  BOOST_TEST(again().exit_code == 1);
  const auto directory = study.folder.study_dir();  // the only one
  study.repair();
  const ProgramResult result = again();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(last_line(result.out) == directory.string());
  BOOST_TEST(study.ran() == "1232");
  const std::string completed = read_text(study.manifest_path());
  const ProgramResult nothing = again();
  BOOST_TEST(nothing.exit_code == 0, nothing.err);
  BOOST_TEST(last_line(nothing.out) == directory.string());
  BOOST_TEST(read_text(study.manifest_path()) == completed);
  BOOST_TEST(study.folder.study_dir() == directory);
  const ProgramResult nameless = run_program({kStudyHost, "run", "--resume", "latest"});
  BOOST_TEST(nameless.exit_code == 2);
  BOOST_TEST(contains(nameless.err, "give STUDY"), nameless.err);
}

BOOST_AUTO_TEST_CASE(failed_ones_can_be_left_as_they_are) {
  Resumable study;
  study.fail(2);
  static_cast<void>(study.folder.run());
  study.repair();
  const ProgramResult result = study.resume({"--skip-failed"});
  BOOST_TEST(result.exit_code == 1, result.err);
  BOOST_TEST(study.ran() == "123");
  BOOST_TEST(study.entry(1, "status") == "failed");
}

BOOST_AUTO_TEST_CASE(a_finished_study_resumes_to_nothing) {
  Resumable study;
  static_cast<void>(study.folder.run());
  BOOST_TEST(study.resume().exit_code == 0);
  BOOST_TEST(study.ran() == "123");
}

BOOST_AUTO_TEST_CASE(the_study_file_may_be_gone) {
  Resumable study;
  study.fail(3);
  static_cast<void>(study.folder.run());
  study.repair();
  fs::remove(study.folder / "study.json");
  const ProgramResult result = study.resume_alone();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "1233");
}

BOOST_AUTO_TEST_CASE(a_base_file_may_be_gone_too) {
  Resumable study;
  study.folder.write("base.yaml", "colour: red\n");
  study.folder.write("study.yaml",
                     "name: test\nbase: base.yaml\nexperiments: [{n: 1}]\nrunners: {default: "
                     "{command: [sh, -c, 'test -e go && echo {{}} # {colour}']}}\n");
  static_cast<void>(run_program({kStudyHost, "run", (study.folder / "study.yaml").string()}));
  BOOST_TEST(read_text(study.folder.study_dir() / "study.base.yaml") == "colour: red\n");
  fs::remove(study.folder / "study.yaml");
  fs::remove(study.folder / "base.yaml");
  const ProgramResult result = study.resume_alone();
  BOOST_TEST(result.exit_code == 1, result.err);  // it ran, and failed again
}

BOOST_AUTO_TEST_CASE(without_its_result_a_completed_one_runs_again) {
  Resumable study;
  static_cast<void>(study.folder.run());
  fs::remove(study.folder.study_dir() / study.entry(0, "result_file").as_string().c_str());
  std::ofstream(study.folder.study_dir() / study.entry(2, "result_file").as_string().c_str())
      << "{\"half";
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "12313");
  BOOST_TEST(contains(result.err, "n=1, cycle 1: is run again: its result "), result.err);
  BOOST_TEST(contains(result.err, " is no JSON: "), result.err);
}

BOOST_AUTO_TEST_CASE(a_changed_study_is_refused_with_an_account_unless_forced) {
  Resumable study;
  study.use({{{"n", 1}, {"m", 0}}, {{"n", 2}, {"m", 0}}});
  static_cast<void>(study.folder.run());
  study.use({{{"n", 2}, {"m", 0}}, {{"n", 3}, {"m", 0}}});
  const std::string before = read_text(study.manifest_path());
  const ProgramResult refused = study.resume();
  BOOST_TEST(refused.exit_code == 2);
  BOOST_TEST(contains(refused.err,
                      " has changed:\n"
                      "  new:       n=3\n"
                      "  gone:      n=1\n"
                      "  fields:    n: 1 → 3\n"
                      "  unchanged: 1 configuration\n"),
             refused.err);
  BOOST_TEST(contains(refused.err, "--force"));
  BOOST_TEST(read_text(study.manifest_path()) == before);
  const ProgramResult forced = study.resume({"--force"});
  BOOST_TEST(forced.exit_code == 0, forced.err);
  BOOST_TEST(study.ran() == "123");
  BOOST_TEST(study.folder.manifest().at("total_experiments") == 2);
  // From now on the study is the new one.
  BOOST_TEST(study.resume_alone().exit_code == 0);
}

BOOST_AUTO_TEST_CASE(other_cycles_gaps_and_runners_are_no_other_study) {
  Resumable study;
  study.use({{{"n", 1}}, {{"n", 2}}}, {{"n_cycles", 2}});
  static_cast<void>(study.folder.run());
  study.use({{{"n", 1}}, {{"n", 2}}},
            {{"n_cycles", 3}, {"cycle_order", "interleaved"}, {"cycle_gap_seconds", 0.01}});
  BOOST_TEST(study.resume().exit_code == 0);
  BOOST_TEST(study.ran() == "112212");
  study.use({{{"n", 1}}, {{"n", 2}}}, {{"n_cycles", 1}});
  BOOST_TEST(study.resume().exit_code == 0);
  BOOST_TEST(study.ran() == "112212");
  BOOST_TEST(study.folder.manifest().at("completed") == 6);
}

BOOST_AUTO_TEST_CASE(a_corrupt_checkpoint_stops_and_is_rebuilt_on_demand) {
  Resumable study;
  study.fail(2);
  static_cast<void>(study.folder.run());
  const auto started_at = study.folder.manifest().at("started_at");
  study.repair();
  study.put_manifest("{\"schema");
  const ProgramResult refused = study.resume();
  BOOST_TEST(refused.exit_code == 3);
  BOOST_TEST(contains(refused.err, study.manifest_path().string()), refused.err);
  BOOST_TEST(contains(refused.err, "--rebuild"), refused.err);
  BOOST_TEST(!contains(refused.err, "warning"), refused.err);  // it is said once
  BOOST_TEST(read_text(study.manifest_path()) == "{\"schema");
  const ProgramResult rebuilt = study.resume_alone({"--rebuild"});
  BOOST_TEST(rebuilt.exit_code == 0, rebuilt.err);
  BOOST_TEST(study.ran() == "1232");
  BOOST_TEST(study.folder.manifest().at("started_at") == started_at);
  BOOST_TEST(study.entry(0, "completed_at").is_string());
  std::string aside;
  for (const std::string& name : study.folder.files()) {
    if (name.starts_with("manifest.json.unreadable-")) aside = name;
  }
  BOOST_TEST_REQUIRE(!aside.empty());
  BOOST_TEST(read_text(study.folder.study_dir() / aside) == "{\"schema");
}

BOOST_AUTO_TEST_CASE(a_newer_checkpoint_is_left_alone) {
  Resumable study;
  static_cast<void>(study.folder.run());
  std::string text = read_text(study.manifest_path());
  text.replace(text.find("\"2.0\""), 5, "\"9.0\"");
  study.put_manifest(text);
  const ProgramResult refused = study.resume();
  BOOST_TEST(refused.exit_code == 3);
  BOOST_TEST(contains(refused.err, "written by a newer version"), refused.err);
  BOOST_TEST(contains(refused.err, "--rebuild"), refused.err);
  BOOST_TEST(read_text(study.manifest_path()) == text);
}

BOOST_AUTO_TEST_CASE(another_framework_version_is_a_warning_that_names_both) {
  Resumable study;
  static_cast<void>(study.folder.run());
  auto manifest = study.folder.manifest();
  const std::string now(manifest.at("llenergymeasure_version").as_string());
  manifest["llenergymeasure_version"] = "0.0.7";
  study.put_manifest(json::serialize(manifest));
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.err, "version 0.0.7 and goes on with version " + now), result.err);
}

BOOST_AUTO_TEST_CASE(nothing_to_resume_is_said) {
  Resumable study;
  static_cast<void>(study.folder.run());
  fs::remove(study.manifest_path());
  const ProgramResult with_results = study.resume();
  BOOST_TEST(with_results.exit_code == 3);
  BOOST_TEST(contains(with_results.err, "nothing to resume in "), with_results.err);
  BOOST_TEST(contains(with_results.err, "--rebuild"), with_results.err);
  const ProgramResult empty = study.folder.run({"--resume", (study.folder / "results").string()});
  BOOST_TEST(empty.exit_code == 3);
  BOOST_TEST(!contains(empty.err, "--rebuild"), empty.err);
  BOOST_TEST(run_program({kStudyHost, "run", "--resume", "/nowhere"}).exit_code == 3);
  BOOST_TEST(run_program({kStudyHost, "run"}).exit_code == 2);
}

BOOST_AUTO_TEST_CASE(logs_of_earlier_attempts_are_kept) {
  Resumable study;
  study.folder.study("date +%N; exit 1");
  static_cast<void>(study.folder.run());
  const std::string first = study.folder.content("d.log") + study.folder.content(".log");
  static_cast<void>(study.resume());
  static_cast<void>(study.resume());
  BOOST_TEST(study.folder.has(".1.log"));
  BOOST_TEST(study.folder.has(".2.log"));
  BOOST_TEST(!study.folder.has(".3.log"));
  BOOST_TEST(contains(first, study.folder.content(".1.log")));
  BOOST_TEST(study.folder.content(".1.log") != study.folder.content(".2.log"));
}

BOOST_AUTO_TEST_CASE(the_log_of_an_earlier_attempt_is_not_a_silent_one_s) {
  Resumable study;
  const std::string was_here = (study.folder / "was-here").string();
  study.folder.study("test -e " + was_here + " && exit 1; : > " + was_here + "; echo loud; exit 1");
  static_cast<void>(study.folder.run());
  BOOST_TEST(!study.folder.has(".1.log"));
  static_cast<void>(study.resume());
  std::vector<std::string> logs;
  for (const std::string& name : study.folder.files()) {
    if (name.ends_with(".log") && name != "study.log") logs.push_back(name);
  }
  BOOST_TEST_REQUIRE(logs.size() == 1u);
  BOOST_TEST(logs[0].ends_with(".1.log"), logs[0]);
  BOOST_TEST(contains(study.folder.content(".1.log"), "loud"));
}

BOOST_AUTO_TEST_CASE(a_directory_in_the_place_of_the_manifest_is_set_aside) {
  Resumable study;
  study.fail(2);
  static_cast<void>(study.folder.run());
  study.repair();
  fs::remove(study.manifest_path());
  fs::create_directory(study.manifest_path());
  std::ofstream(study.manifest_path() / "kept") << "kept";
  const ProgramResult refused = study.resume();
  BOOST_TEST(refused.exit_code == 3);
  BOOST_TEST(contains(refused.err, "--rebuild"), refused.err);
  const ProgramResult rebuilt = study.resume({"--rebuild"});
  BOOST_TEST(rebuilt.exit_code == 0, rebuilt.err);
  BOOST_TEST(study.folder.manifest().at("completed") == 3);
  const auto names = study.folder.files();
  const auto aside = std::find_if(names.begin(), names.end(), [](const std::string& name) {
    return name.starts_with("manifest.json.unreadable-");
  });
  BOOST_TEST_REQUIRE((aside != names.end()));
  BOOST_TEST(read_text(study.folder.study_dir() / *aside / "kept") == "kept");
}

BOOST_AUTO_TEST_CASE(nothing_is_left_in_a_directory_that_is_no_study_s) {
  Resumable study;
  const fs::path directory = study.folder / "project";
  fs::create_directory(directory);
  std::ofstream(directory / "package.json") << "{}";
  for (const ProgramResult& result :
       {study.folder.run({"--resume", directory.string()}),
        run_program({kStudyHost, "run", "--resume", directory.string()})}) {
    BOOST_TEST(result.exit_code == 3, result.err);
    BOOST_TEST(contains(result.err, "nothing to resume in " + directory.string()), result.err);
    BOOST_TEST(std::distance(fs::directory_iterator(directory), {}) == 1);
  }
}

BOOST_AUTO_TEST_CASE(leftovers_of_a_killed_host_are_removed) {
  Resumable study;
  static_cast<void>(study.folder.run());
  std::ofstream(study.folder.study_dir() / ".x.result.tmp") << "half";
  static_cast<void>(study.resume());
  BOOST_TEST(!study.folder.has(".tmp"));
}

BOOST_AUTO_TEST_CASE(a_second_host_on_the_directory_is_refused) {
  Resumable study;
  study.folder.study(": > " + (study.folder / "running").string() + "; sleep 1000");
  Program host(study.folder.command());
  wait_for_file(study.folder / "running");
  const ProgramResult second = study.resume();
  BOOST_TEST(second.exit_code == 3, second.err);
  BOOST_TEST(contains(second.err, std::to_string(host.pid())), second.err);
  host.send(SIGTERM);
  BOOST_TEST(host.wait().exit_code == 143);
}

BOOST_AUTO_TEST_CASE(one_that_waits_goes_on_when_the_other_has_ended) {
  Resumable study;
  const std::string running = (study.folder / "running").string();
  study.folder.study("test -e " + running + " && exec echo 1; : > " + running + "; sleep 1000");
  Program host(study.folder.command());
  wait_for_file(running);
  Program second(study.folder.command({"--resume", "latest", "--wait", "1000"}));
  wait_until("it waits", [&] { return contains(second.err(), "waiting: "); });
  host.send(SIGKILL);
  const ProgramResult result = second.wait();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.err, "1 completed"), result.err);
}

BOOST_AUTO_TEST_CASE(one_that_has_waited_long_enough_is_refused) {
  Resumable study;
  const std::string running = (study.folder / "running").string();
  study.folder.study(": > " + running + "; sleep 1000");
  Program host(study.folder.command());
  wait_for_file(running);
  const ProgramResult second = study.resume({"--wait", "1"});
  BOOST_TEST(second.exit_code == 3, second.err);
  BOOST_TEST(contains(second.err, std::to_string(host.pid())), second.err);
  BOOST_TEST(study.folder.run({"--wait", "1"}).exit_code == 2);  // nothing is resumed
}

BOOST_AUTO_TEST_SUITE_END()
