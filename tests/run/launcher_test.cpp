// Experiments that a launcher starts somewhere else: here by scripts that do as srun and ssh do.
#include "is_alive.hpp"
#include "support/study_folder.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <signal.h>

using namespace study_test;

namespace {

namespace fs = std::filesystem;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A study whose experiments are started by the shell script `launcher`, for which `"$@"` is what
/// is to be started.
struct LaunchedStudy {
  LaunchedStudy(const std::string& launcher, const std::string& script, json::object runner = {},
                json::array fields = {{{"n", 1}}}) {
    folder.use_manifest_writer();
    runner["launcher"] = json::array{"sh", "-c", launcher, "launcher"};
    folder.study(script, std::move(fields), std::move(runner));
  }

  [[nodiscard]] std::string error() const {
    return std::string(folder.manifest().at("experiments").at(0).at("error_message").as_string());
  }

  StudyFolder folder;
};

/// Fails the first time.
std::string fails_once(const StudyFolder& folder, const std::string& first) {
  const std::string mark = (folder / "launched").string();
  return "if test -e " + mark + "; then exec \"$@\"; fi; : > " + mark + "; " + first;
}

pid_t pid_in(const fs::path& file) {
  wait_until(file.string(), [&] { return read_text(file).ends_with('\n'); });
  return std::stoi(read_text(file));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(launcher)

BOOST_AUTO_TEST_CASE(what_it_starts_is_an_experiment_as_any_other) {
  LaunchedStudy study("exec \"$@\"",
                      R"sh(echo "{\"n\": $1, \"cwd\": \"$(pwd)\", \"v\": \"$V\"}")sh",
                      {{"env", {{"V", "a 'b' {n}"}}}, {"cwd", "."}}, {{{"n", 1}}, {{"n", 2}}});
  const ProgramResult result = study.folder.run();
  BOOST_TEST(result.exit_code == 0, result.err);
  const auto printed = json::parse(study.folder.content(".json"));
  BOOST_TEST(printed.at("v").as_string() == "a 'b' " + std::to_string(printed.at("n").as_int64()));
  BOOST_TEST(fs::equivalent(printed.at("cwd").as_string().c_str(), study.folder.path()));
  BOOST_TEST(!study.folder.has(".status"));
}

BOOST_AUTO_TEST_CASE(a_result_file_counts_whatever_else_is_printed) {
  LaunchedStudy study("\"$@\"; echo said by the launcher", "echo noise; echo 7 > {result_file}");
  BOOST_TEST(study.folder.run().exit_code == 0);
  BOOST_TEST(study.folder.content(".json") == "7\n");
}

BOOST_AUTO_TEST_CASE(its_own_exit_code_says_nothing_of_the_experiment) {
  LaunchedStudy failing("\"$@\"; exit 0", "echo the reason >&2; exit 3");
  BOOST_TEST(failing.folder.run().exit_code == 1);
  BOOST_TEST(contains(failing.error(), "exited with code 3: the reason; it ran on "),
             failing.error());
  LaunchedStudy fine("\"$@\"; exit 9", "echo 1");
  BOOST_TEST(fine.folder.run().exit_code == 0);
}

BOOST_AUTO_TEST_CASE(a_signal_that_ends_the_experiment_is_told) {
  LaunchedStudy study("\"$@\"; exit 0", "kill -SEGV $$");
  BOOST_TEST(study.folder.run().exit_code == 1);
  BOOST_TEST(contains(study.error(), "killed by SIGSEGV"), study.error());
}

BOOST_AUTO_TEST_CASE(its_failure_is_not_the_experiments) {
  StudyFolder folder;
  LaunchedStudy study(fails_once(folder, "echo no node today >&2; exit 1"), "echo 1");
  const ProgramResult result = study.folder.run();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.err,
                      "an experiment was not launched, or has been lost, and is run again in 250 "
                      "ms: it ended with code 1, and the experiment has left no status: no node "
                      "today"),
             result.err);
  BOOST_TEST(study.folder.manifest().at("failed").to_number<int>() == 0);
}

BOOST_AUTO_TEST_CASE(half_a_printed_result_is_none) {
  StudyFolder folder;
  // Ends with 0, as srun does of which the node has died.
  LaunchedStudy study(fails_once(folder, "\"$@\" | head -c 1"), "echo 123456");
  const ProgramResult result = study.folder.run();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.folder.content(".json") == "123456\n");
  BOOST_TEST(contains(result.err, "of the 7 bytes that the experiment printed 1 have arrived"),
             result.err);
}

BOOST_AUTO_TEST_CASE(half_a_result_of_a_node_that_dies_is_none) {
  StudyFolder folder;
  LaunchedStudy study(
      fails_once(folder, "exec 3<&0; \"$@\" <&3 & wait_for=$!; while ! test -e " +
                             (folder / "printed").string() +
                             "; do sleep 0.02; done; kill -9 $wait_for; exit 0"),
      "printf 1; : > " + (folder / "printed").string() + "; test {attempt} = 2 || sleep 1000");
  const ProgramResult result = study.folder.run();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.err, "left no status"), result.err);
  BOOST_TEST(study.folder.content(".json") == "1\n");
}

BOOST_AUTO_TEST_CASE(an_experiment_that_others_than_the_host_end_is_run_again) {
  for (const std::string who : {"$leaf", "$experiment $leaf"}) {
    for (const std::string at_its_end : {"exec sleep 1000",
                                         "trap 'echo no >&2; exit 1' TERM; "
                                         "while :; do sleep 1000 & wait; done"}) {
      StudyFolder marks;
      const std::string running = (marks / "running").string();
      // As Slurm does with a job that is preempted. Both are told before the leaf looks at either.
      LaunchedStudy study(
          fails_once(marks, "exec 3<&0; \"$@\" <&3 & leaf=$!; until test -s " + running +
                                "; do sleep 0.02; done; experiment=$(cat " + running +
                                "); kill -STOP $leaf; kill -TERM " + who +
                                "; kill -CONT $leaf; wait $leaf"),
          "if test -e " + running + "; then echo 1; exit; fi; echo $$ > " + running + "; " +
              at_its_end);
      const ProgramResult result = study.folder.run();
      BOOST_TEST(result.exit_code == 0, result.err);
      BOOST_TEST(contains(result.err, "is run again in 250 ms: it was told to end on "),
                 result.err);
      BOOST_TEST(contains(result.err, ", and not by study-host: "), result.err);
      BOOST_TEST(contains(result.err, "1 completed, 0 failed, 0 pending of 1"), result.err);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_result_that_is_whole_counts_whoever_told_it_to_end) {
  StudyFolder marks;
  const std::string running = (marks / "running").string();
  LaunchedStudy study("exec 3<&0; \"$@\" <&3 & leaf=$!; until test -e " + running +
                          "; do sleep 0.02; done; kill -TERM $leaf; wait $leaf",
                      "trap 'echo 5 > \"$R\"; exit 0' TERM; : > " + running +
                          "; while :; do sleep 1000 & wait; done",
                      {{"env", {{"R", "{result_file}"}}}});
  const ProgramResult result = study.folder.run();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(!contains(result.err, "run again"), result.err);
  BOOST_TEST(study.folder.content(".json") == "5\n");
}

BOOST_AUTO_TEST_CASE(an_experiment_that_ends_itself_by_such_a_signal_has_failed) {
  LaunchedStudy study("exec \"$@\"", "kill -TERM $$");
  const ProgramResult result = study.folder.run();
  BOOST_TEST(result.exit_code == 1, result.err);
  BOOST_TEST(contains(study.error(), "killed by SIGTERM; it ran on "), study.error());
}

BOOST_AUTO_TEST_CASE(the_time_limit_counts_from_where_the_experiment_begins) {
  LaunchedStudy study("sleep 2; exec \"$@\"", "test $1 = 1 && exec echo 1; sleep 1000",
                      {{"timeout_seconds", 1}}, {{{"n", 1}}, {{"n", 2}}});
  BOOST_TEST(study.folder.run({"--jobs", "2"}).exit_code == 1);
  const auto manifest = study.folder.manifest();
  BOOST_TEST(manifest.at("completed").to_number<int>() == 1);
  const auto& failed = manifest.at("experiments").at(1);
  BOOST_TEST(failed.at("error_type").as_string() == "TimeoutError");
  BOOST_TEST(std::string(failed.at("error_message").as_string())
                 .starts_with("not done within 1 s; it ran on "));
}

BOOST_AUTO_TEST_CASE(an_interrupt_reaches_the_experiment_and_not_the_launcher) {
  StudyFolder marks;
  const std::string running = (marks / "running").string();
  LaunchedStudy study(
      "trap 'echo told > " + (marks / "told").string() + "; exit 1' TERM; \"$@\"",
      "trap 'echo 5; exit 0' TERM; : > " + running + "; while :; do sleep 1000 & wait; done", {},
      {{{"n", 1}}, {{"n", 2}}});
  Program host(study.folder.command());
  wait_for_file(running);
  host.send(SIGINT);
  const ProgramResult result = host.wait();
  BOOST_TEST(result.exit_code == 130, result.err);
  BOOST_TEST(contains(result.err, "1 completed, 0 failed, 1 pending of 2"), result.err);
  BOOST_TEST(!fs::exists(marks / "told"));
}

BOOST_AUTO_TEST_CASE(a_second_interrupt_ends_what_ignores_the_first) {
  StudyFolder marks;
  const fs::path pid = marks / "pid";
  LaunchedStudy study("\"$@\"",
                      "trap '' TERM; echo $$ > " + pid.string() + "; while :; do sleep 1000; done",
                      {{"grace_seconds", 1000}});
  Program host(study.folder.command());
  const pid_t experiment = pid_in(pid);
  host.send(SIGTERM);
  wait_until("the first is taken", [&] { return contains(host.err(), "once more kills at once"); });
  host.send(SIGTERM);
  BOOST_TEST(host.wait().exit_code == 143);
  BOOST_TEST(!is_alive(experiment));
}

BOOST_AUTO_TEST_CASE(a_launcher_that_hears_nothing_is_ended_itself) {
  StudyFolder marks;
  const std::string running = (marks / "running").string();
  LaunchedStudy study("trap ': > " + (marks / "told").string() + "; exit 1' TERM; : > " + running +
                          "; while :; do sleep 1000 & wait; done",
                      "echo 1", {{"grace_seconds", 0}});
  Program host(study.folder.command());
  wait_for_file(running);
  host.send(SIGTERM);
  BOOST_TEST(host.wait().exit_code == 143);
  BOOST_TEST(fs::exists(marks / "told"));  // SIGTERM comes before SIGKILL
}

BOOST_AUTO_TEST_CASE(nothing_is_left_of_a_host_that_was_killed) {
  StudyFolder marks;
  const fs::path pid = marks / "pid";
  const fs::path saved = marks / "saved";
  LaunchedStudy study("\"$@\"", "trap ': > " + saved.string() + "; exit 0' TERM; echo $$ > " +
                                    pid.string() + "; while :; do sleep 1000 & wait; done");
  Program host(study.folder.command());
  const pid_t experiment = pid_in(pid);
  host.send(SIGKILL);
  wait_until("it has ended", [&] { return !is_alive(experiment); });
  BOOST_TEST(fs::exists(saved));  // gently
}

BOOST_AUTO_TEST_CASE(what_the_experiment_starts_elsewhere_ends_with_it) {
  StudyFolder marks;
  const fs::path pid = marks / "pid";
  LaunchedStudy study("\"$@\"", "setsid sh -c 'echo $$ > " + pid.string() +
                                    "; exec sleep 1000' & while ! test -s " + pid.string() +
                                    "; do sleep 0.02; done; echo 1");
  BOOST_TEST(study.folder.run().exit_code == 0);
  BOOST_TEST(!is_alive(pid_in(pid)));
}

BOOST_AUTO_TEST_CASE(one_that_passes_no_stdin_on_is_named) {
  LaunchedStudy study("exec \"$@\" < /dev/null", "sleep 1000");
  BOOST_TEST(study.folder.run().exit_code == 1);
  BOOST_TEST(contains(study.error(),
                      "its standard input had ended before study-host said anything "
                      "there: does the launcher pass it on?"),
             study.error());
}

BOOST_AUTO_TEST_CASE(what_goes_to_ssh_is_quoted_for_the_shell_at_its_other_end) {
  StudyFolder folder;
  folder.use_manifest_writer();
  const fs::path ssh = folder / "ssh";
  folder.write("ssh", "#!/bin/sh\nshift\nexec sh -c \"$*\"\n");
  fs::permissions(ssh, fs::perms::owner_all);
  folder.study(R"sh(printf '"%s"' "$0 $1")sh", {{{"n", "a  'b' $HOME;"}}},
               {{"launcher", {ssh.string(), "node{slot}"}}});
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(folder.content(".json") == "\"sh a  'b' $HOME;\"\n");
}

BOOST_AUTO_TEST_CASE(a_launcher_that_is_not_there_is_found_before_anything_runs) {
  StudyFolder folder;
  folder.study("echo 1", {{{"n", 1}}}, {{"launcher", {"no-such-launcher", "-N1"}}});
  const ProgramResult dry = folder.run({"--dry-run"});
  BOOST_TEST(contains(dry.out, "no-such-launcher -N1 sh -c 'echo 1' sh '{n}'"), dry.out);
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 2);
  BOOST_TEST(contains(result.err, "cannot start `no-such-launcher`"), result.err);
}

BOOST_AUTO_TEST_CASE(a_command_that_is_not_there_where_it_lands_has_failed) {
  StudyFolder folder;
  folder.use_manifest_writer();
  folder.write("study.json", R"({"name": "test", "experiments": [{"n": 1}], "runners": {"default":
      {"command": ["no-such-program"], "launcher": ["env"]}}})");
  BOOST_TEST(folder.run().exit_code == 1);
  const auto entry = folder.manifest().at("experiments").at(0);
  BOOST_TEST(entry.at("error_type").as_string() == "SpawnError");
  BOOST_TEST(contains(std::string(entry.at("error_message").as_string()),
                      "cannot start `no-such-program`"));
}

BOOST_AUTO_TEST_CASE(steps_of_slurm_have_the_studys_name_and_are_cancelled_before_it_goes_on) {
  StudyFolder folder;
  folder.use_manifest_writer();
  const std::string bin = folder.path().string();
  const auto program = [&](const std::string& name, const std::string& script) {
    folder.write(name, "#!/bin/sh\n" + script + "\n");
    fs::permissions(folder / name, fs::perms::owner_all);
  };
  program("srun", "echo \"$1\" > " + bin + "/step; shift 2; exec \"$@\"");
  program("squeue", "test -s " + bin + "/step || exit 0\nname=$(sed s/--job-name=// " + bin +
                        "/step)\necho \"7.1 $name\"\necho '7.2 another'\n");
  program("scancel", "echo \"$@\" >> " + bin + "/cancelled\nrm " + bin + "/step");
  const std::string path = "PATH=" + bin + ":" + std::getenv("PATH");
  folder.study("exit 1", {{{"n", 1}}}, {{"launcher", {"srun", "-N1"}}});
  BOOST_TEST(run_program(folder.command(), {path}).exit_code == 1);
  const std::string step = read_text(folder / "step");
  BOOST_TEST(step.starts_with("--job-name=study-"), step);
  const ProgramResult result =
      run_program(folder.command({"--resume", folder.study_dir().string()}), {path});
  BOOST_TEST(result.exit_code == 1);
  BOOST_TEST(contains(result.err, "a step of the study was still at work and has been ended: 7.1"),
             result.err);
  BOOST_TEST(read_text(folder / "cancelled") == "7.1\n");
}

BOOST_AUTO_TEST_CASE(one_that_always_fails_leaves_a_study_that_can_be_resumed) {
  LaunchedStudy study("exit 1", "echo 1", {}, {{{"n", 1}}, {{"n", 2}}});
  Program host(study.folder.command({"--jobs", "2"}));
  const ProgramResult result = host.wait(std::chrono::minutes(4));
  BOOST_TEST(result.exit_code == 75, result.err);
  BOOST_TEST(contains(result.err, "nothing more is run: the launcher has failed 8 times in a row"),
             result.err);
  const auto manifest = study.folder.manifest();
  BOOST_TEST(manifest.at("status").as_string() == "interrupted");
  BOOST_TEST(manifest.at("pending").to_number<int>() == 2);
}

BOOST_AUTO_TEST_SUITE_END()
