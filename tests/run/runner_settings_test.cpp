// What a runner says beyond its command, and what a study says of failures.
#include "run/out_of_memory.hpp"
#include "support/study_folder.hpp"

#include <set>
#include <sstream>
#include <string>

#include <boost/test/unit_test.hpp>
#include <signal.h>

using namespace study_test;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

json::array numbered(int count) {
  json::array fields;
  for (int n = 1; n <= count; ++n) fields.push_back(json::object{{"n", n}});
  return fields;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(runner_settings)

BOOST_AUTO_TEST_CASE(a_run_that_fails_is_tried_again_so_often) {
  StudyFolder folder;
  folder.use_manifest_writer();
  folder.study("echo $1 >> " + (folder / "tries").string() + "; exit 3", numbered(2),
               {{"retries", 2}});
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 1);
  BOOST_TEST(read_text(folder / "tries") == "1\n1\n1\n2\n2\n2\n");
  BOOST_TEST(contains(result.err, "0 completed, 2 failed, 0 pending of 2"), result.err);
}

BOOST_AUTO_TEST_CASE(a_run_that_succeeds_in_the_end_has_completed) {
  StudyFolder folder;
  folder.use_manifest_writer();
  folder.study("test {attempt} -ge 3 && echo {attempt}; echo try >&2", numbered(1),
               {{"retries", 5}});
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(folder.content(".json") == "3\n");
  BOOST_TEST(contains(result.err, "1 completed, 0 failed, 0 pending of 1"), result.err);
  BOOST_TEST(folder.manifest().at("failed").to_number<int>() == 0);
  BOOST_TEST(folder.has(".1.log"));
  BOOST_TEST(folder.has(".2.log"));
}

BOOST_AUTO_TEST_CASE(too_many_failures_stop_the_study_and_leave_the_rest_to_be_resumed) {
  StudyFolder folder;
  folder.use_manifest_writer();
  folder.study("echo $1 >> " + (folder / "begun").string() + "; test -e " +
                   (folder / "mended").string() + " && echo 1",
               numbered(5), {}, {{"max_failures", 2}});
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 1);
  BOOST_TEST(read_text(folder / "begun") == "1\n2\n");
  BOOST_TEST(contains(result.err, "nothing more is run: 2 runs have failed, which is max_failures"),
             result.err);
  BOOST_TEST(folder.manifest().at("status").as_string() == "failed");
  BOOST_TEST(folder.manifest().at("pending").to_number<int>() == 3);
  folder.write("mended", "");
  BOOST_TEST(folder.run({"--resume", folder.study_dir().string()}).exit_code == 0);
  BOOST_TEST(folder.manifest().at("completed").to_number<int>() == 5);
}

BOOST_AUTO_TEST_CASE(a_study_whose_time_is_over_is_interrupted_and_goes_on_when_resumed) {
  StudyFolder folder;
  folder.use_manifest_writer();
  const std::string script = "test -e " + (folder / "fast").string() + " || sleep 0.2; echo 1";
  folder.write("study.json", json::serialize(json::object{
                                 {"study_name", "test"},
                                 {"experiments", numbered(100)},
                                 {"study_execution", {{"wall_clock_timeout_hours", 0.0003}}},
                                 {"runners", {{"default", {{"command", {"sh", "-c", script}}}}}}}));
  ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 75, result.err);
  BOOST_TEST(
      contains(result.err, "nothing more is run: the study's time limit of 1.1 s has passed"),
      result.err);
  BOOST_TEST(folder.manifest().at("status").as_string() == "interrupted");
  const int completed = folder.manifest().at("completed").to_number<int>();
  BOOST_TEST(completed < 100);
  BOOST_TEST(folder.manifest().at("pending").to_number<int>() == 100 - completed);  // none cut off
  folder.write("fast", "");
  while (result.exit_code == 75) result = folder.run({"--resume", folder.study_dir().string()});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(folder.manifest().at("completed").to_number<int>() == 100);
}

BOOST_AUTO_TEST_CASE(the_last_of_too_many_failures_leaves_a_study_that_is_done) {
  StudyFolder folder;
  folder.use_manifest_writer();
  folder.study("exit 1", numbered(2), {}, {{"max_failures", 2}});
  BOOST_TEST(folder.run().exit_code == 1);
  BOOST_TEST(folder.manifest().at("status").as_string() == "completed");
}

BOOST_AUTO_TEST_CASE(an_experiment_gets_the_environment_of_its_runner) {
  StudyFolder folder;
  folder.study(
      R"sh(printf '{"device": "%s", "n": "%s", "run": "%s"}' "$DEVICE" "$N" "$STUDY_RUN")sh",
      numbered(1), {{"env", {{"DEVICE", "cuda:{slot}"}, {"N", "{n}"}}}});
  BOOST_TEST(folder.run().exit_code == 0);
  const auto result = json::parse(folder.content(".json"));
  BOOST_TEST(result.at("device").as_string() == "cuda:0");
  BOOST_TEST(result.at("n").as_string() == "1");
  BOOST_TEST(std::string(result.at("run").as_string()).ends_with(".1"));
}

BOOST_AUTO_TEST_CASE(a_slot_is_held_by_one_run_at_a_time) {
  StudyFolder folder;
  const std::string dir = folder.path().string();
  folder.study("mkdir " + dir + "/slot-{slot} || exit 1; sleep 0.05; rmdir " + dir +
                   "/slot-{slot}; echo {slot}",
               numbered(12));
  BOOST_TEST(folder.run({"--jobs", "3"}).exit_code == 0);
  std::set<std::string> slots;
  for (const std::string& name : folder.files()) {
    if (name.ends_with(".json")) slots.insert(read_text(folder.study_dir() / name));
  }
  BOOST_TEST((slots == std::set<std::string>{"0\n", "1\n", "2\n"}));
}

BOOST_AUTO_TEST_CASE(a_store_of_attempts_is_told_the_slot_of_each) {
  StudyFolder folder;
  folder.host({{{"plugin", "journal_writer"}}});
  folder.study("sleep 0.05; echo {slot}", numbered(9));
  BOOST_TEST(folder.run({"--jobs", "3"}).exit_code == 0);
  std::istringstream journal(read_text(folder.study_dir() / "journal.jsonl"));
  int completed = 0;
  for (std::string line; std::getline(journal, line);) {
    const json::value event = json::parse(line);
    if (event.at("event") != "state" || event.at("state") != "completed") continue;
    ++completed;
    const std::string result(event.at("result_file").as_string());
    BOOST_TEST(read_text(folder.study_dir() / result) ==
               std::to_string(event.at("attributes").at("slot").as_int64()) + "\n");
  }
  BOOST_TEST(completed == 9);
}

BOOST_AUTO_TEST_CASE(an_experiment_runs_in_the_directory_of_its_runner) {
  StudyFolder folder;
  std::filesystem::create_directory(folder / "inner");
  folder.study("printf '\"%s\"' \"$(pwd)\"", numbered(1), {{"cwd", "inner"}});
  BOOST_TEST(folder.run().exit_code == 0);
  BOOST_TEST(json::parse(folder.content(".json")).as_string() ==
             std::filesystem::canonical(folder / "inner").string());
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_not_there_is_named) {
  StudyFolder folder;
  folder.study("echo 1", numbered(1), {{"cwd", "absent"}});
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 1);
  BOOST_TEST(contains(result.err, "the directory where it is to run, " +
                                      (folder / "absent").string() + ", is not there"),
             result.err);
}

BOOST_AUTO_TEST_CASE(a_study_that_is_resumed_from_elsewhere_runs_where_it_began) {
  StudyFolder folder;
  folder.use_manifest_writer();
  std::filesystem::create_directory(folder / "project");
  folder.write("project/bench.sh", "test -e mended && pwd | sed 's/.*/\"&\"/'");
  folder.write("study.json", R"({"name": "test", "experiments": [{"n": 1}],
      "runners": {"default": {"command": ["sh", "bench.sh"]}}})");
  const auto run_in = [&](const std::string& directory, std::vector<std::string> command) {
    command.insert(command.begin(), {"env", "-C", directory});
    return run_program(command);
  };
  BOOST_TEST(run_in((folder / "project").string(), folder.command()).exit_code == 1);
  folder.write("project/mended", "");
  const std::vector<std::string> resume{kStudyHost, "run", "--resume", folder.study_dir().string()};
  const ProgramResult resumed = run_in("/", resume);
  BOOST_TEST(resumed.exit_code == 0, resumed.err);
  BOOST_TEST(contains(folder.content("e5d5f7c1.json"), "/project"), folder.content(".json"));
}

BOOST_AUTO_TEST_CASE(a_project_that_has_moved_is_noticed) {
  StudyFolder folder;
  folder.use_manifest_writer();
  std::filesystem::create_directory(folder / "project");
  folder.study("exit 1");
  std::vector<std::string> command = folder.command();
  command.insert(command.begin(), {"env", "-C", (folder / "project").string()});
  BOOST_TEST(run_program(command).exit_code == 1);
  std::filesystem::rename(folder / "project", folder / "moved");
  const ProgramResult resumed = folder.run({"--resume", folder.study_dir().string()});
  BOOST_TEST(
      contains(resumed.err, "the study ran in " + (folder / "project").string() +
                                ", which is not there any more: has the project been moved?"),
      resumed.err);
}

BOOST_AUTO_TEST_CASE(a_runner_has_a_stop_signal_and_a_grace_of_its_own) {
  StudyFolder folder;
  const auto marker = folder / "told";
  folder.study("trap 'sleep 3; : > " + marker.string() + "; exit 0' USR1; : > " +
                   (folder / "running").string() + "; while :; do sleep 0.05; done",
               numbered(1), {{"stop_signal", "SIGUSR1"}, {"grace_seconds", 60}});
  Program host(folder.command());
  wait_for_file(folder / "running");
  host.send(SIGINT);
  BOOST_TEST(host.wait().exit_code == 130);
  BOOST_TEST(std::filesystem::exists(marker));
}

BOOST_AUTO_TEST_CASE(an_end_for_lack_of_memory_is_told_where_the_kernel_counts_it) {
  const TempDir root;
  const auto write = [&](const std::string& name, const std::string& text) {
    std::filesystem::create_directories((root / name).parent_path());
    std::ofstream(root / name) << text;
  };
  write("user/job/memory.events", "low 0\noom 2\noom_kill 1\noom_group_kill 0\n");
  const auto file = host::out_of_memory_file("1:name=systemd:/x\n0::/user/job\n", root.path());
  BOOST_TEST(file == root / "user/job/memory.events");
  host::OutOfMemoryKills kills(file);
  BOOST_TEST(kills.news() == "");
  write("user/job/memory.events", "low 0\noom 3\noom_kill 2\n");
  BOOST_TEST(kills.news() ==
             "the kernel has ended a process here for lack of memory (oom_kill in " +
                 file.string() + " is 2, and was 1 before)");
  BOOST_TEST(kills.news() == "");

  write("memory/job/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n");
  const auto old = host::out_of_memory_file("4:memory:/job\n0::/\n", root.path());
  BOOST_TEST(old == root / "memory/job/memory.oom_control");
  BOOST_TEST(host::read_out_of_memory_kills(old).value() == 7u);
  BOOST_TEST(host::out_of_memory_file("0::/nowhere\n", root.path()).empty());
}

BOOST_AUTO_TEST_SUITE_END()
