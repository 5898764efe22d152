// Nothing that an experiment has started survives it.
#include "is_alive.hpp"
#include "support/study_folder.hpp"

#include <string>
#include <vector>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <signal.h>
#include <unistd.h>

using namespace study_test;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// How a worker is started by an experiment. `WORK` is what it does.
const std::vector<std::string> kWorkers = {
    "sh -c 'WORK' & true",                            // in the process group
    "setsid sh -c 'WORK' & true",                     // torchrun, start_new_session=True
    "(setsid sh -c 'WORK' &) & true",                 // twice forked, as daemons do
    "env -i PATH=$PATH setsid sh -c 'WORK' & true",   // nobody's by name
    "setsid sh -c 'trap \"\" TERM; WORK' & true",     // that doesn't listen
    "setsid sh -c 'exec >&- 2>&- <&-; WORK' & true",  // that doesn't hold the pipes
    "setsid sh -c 'kill -STOP $$; WORK' & true",      // that is stopped
};

/// An experiment that starts a worker and, when that is up, does `then`.
struct WorkerStudy {
  WorkerStudy(std::string worker, const std::string& then, const json::object& runner = {}) {
    const std::string work = "echo $$ > " + pid_file + ".tmp; mv " + pid_file + ".tmp " + pid_file +
                             "; while :; do sleep 0.2; done";
    worker.replace(worker.find("WORK"), 4, work);
    // One that is stopped has no number to write down before it goes on.
    const bool is_stopped = contains(worker, "kill -STOP");
    if (is_stopped) {
      worker.insert(worker.find("kill -STOP"), "echo $$ > " + pid_file + "; ");
    }
    folder.study(worker + "; while ! [ -s " + pid_file + " ]; do sleep 0.01; done; " + then,
                 {{{"n", 1}}}, runner);
  }
  void wait_for_worker() const {
    wait_until("the worker", [&] { return !read_text(pid_file).empty(); });
  }
  [[nodiscard]] pid_t worker() const { return std::stoi(read_text(pid_file)); }

  StudyFolder folder;
  std::string pid_file = (folder / "pid").string();
};

const json::object kShortGrace{{"grace_seconds", 0.3}};

bool can_make_processes_of_others() {
  return ::geteuid() == 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(survivors)

BOOST_DATA_TEST_CASE(a_worker_ends_with_an_experiment_that_exits,
                     boost::unit_test::data::make(kWorkers), worker) {
  const WorkerStudy study(worker, "echo 7", kShortGrace);
  const ProgramResult result = study.folder.run();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(!is_alive(study.worker()));
  BOOST_TEST(study.folder.content(".json") == "7\n");
  BOOST_TEST(contains(study.folder.content("study.log"),
                      "ended what experiment had left: sh (pid " + std::to_string(study.worker())));
}

BOOST_DATA_TEST_CASE(a_worker_ends_with_an_experiment_whose_time_is_up,
                     boost::unit_test::data::make(kWorkers), worker) {
  json::object runner = kShortGrace;
  runner["timeout_seconds"] = 1;
  const WorkerStudy study(worker, "while :; do sleep 0.1; done", runner);
  const ProgramResult result = study.folder.run();
  BOOST_TEST(result.exit_code == 1, result.err);
  BOOST_TEST(contains(result.err, "TimeoutError"), result.err);
  BOOST_TEST(!is_alive(study.worker()));
}

BOOST_DATA_TEST_CASE(a_worker_ends_with_an_experiment_that_is_interrupted,
                     boost::unit_test::data::make(kWorkers), worker) {
  const WorkerStudy study(worker, "while :; do sleep 0.1; done", kShortGrace);
  Program host(study.folder.command());
  study.wait_for_worker();
  host.send(SIGINT);
  BOOST_TEST(host.wait().exit_code == 130);
  BOOST_TEST(!is_alive(study.worker()));
}

BOOST_AUTO_TEST_CASE(a_launcher_that_does_not_listen_is_killed_with_its_workers) {
  const WorkerStudy study("setsid sh -c 'trap \"\" TERM; WORK' & true",
                          "trap '' TERM; while :; do sleep 0.1; done", kShortGrace);
  Program host(study.folder.command());
  study.wait_for_worker();
  host.send(SIGTERM);
  BOOST_TEST(host.wait().exit_code == 143);
  BOOST_TEST(!is_alive(study.worker()));
}

BOOST_AUTO_TEST_CASE(the_worker_of_another_experiment_is_let_alone) {
  StudyFolder folder;
  const std::string dir = folder.path().string();
  // The first goes on, and its worker with it; the second ends and leaves one of its own. Neither
  // tells by its session or environment whose it is.
  const auto start = [&](const std::string& name) {
    return "(env -i setsid sleep 98" + name + " &) & ";
  };
  folder.study("if [ $1 = 1 ]; then " + start("1") + "while ! [ -e " + dir +
                   "/go ]; do sleep 0.05; done; pgrep -f '^sleep 981' > " + dir + "/alive; else " +
                   start("2") + "sleep 0.5; fi; echo 1",
               {{{"n", 1}}, {{"n", 2}}});
  Program host(folder.command({"--jobs", "2"}));
  wait_until("the second's end", [&] { return contains(host.err(), "completed n=2"); });
  folder.write("go", "");
  const ProgramResult result = host.wait();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(!read_text(folder / "alive").empty());
  BOOST_TEST(run_program({"pgrep", "-f", "^sleep 98[12]"}).out == "");
}

BOOST_AUTO_TEST_CASE(an_experiment_that_asks_for_a_password_does_not_hang) {
  StudyFolder folder;
  folder.study("if read line < /dev/tty; then echo '\"asked\"'; else echo '\"refused\"'; fi");
  std::string command;
  for (const std::string& word : folder.command()) command += word + " ";
  const ProgramResult result = run_program({"script", "-qefc", command, "/dev/null"});
  BOOST_TEST(result.exit_code == 0, result.out);
  BOOST_TEST(folder.content(".json") == "\"refused\"\n");
}

BOOST_AUTO_TEST_CASE(as_the_first_process_of_a_container_it_leaves_no_zombies) {
  if (!can_make_processes_of_others()) {
    BOOST_TEST_MESSAGE("SKIPPED: needs root for a namespace of processes");
    return;
  }
  StudyFolder folder;
  folder.study(
      "for i in 1 2 3 4 5; do (setsid true &); (env -i true &); done; "
      "grep -s ^State: /proc/[0-9]*/status | grep -c Z | sed 's/^/{\"z\": /; s/$/}/'",
      {{{"n", 1}}, {{"n", 2}}, {{"n", 3}}, {{"n", 4}}});
  std::vector<std::string> command = folder.command();
  command.insert(command.begin(), {"unshare", "--pid", "--fork", "--mount-proc"});
  const ProgramResult result = run_program(command);
  if (contains(result.err, "unshare: ")) {
    BOOST_TEST_MESSAGE("SKIPPED: no namespaces here: " + result.err);
    return;
  }
  BOOST_TEST(result.exit_code == 0, result.err);
  // Those of the last experiment itself, which its shell has had no time for, are no matter.
  for (const std::string& name : folder.files()) {
    if (!name.ends_with(".json")) continue;
    const auto result_json = json::parse(read_text(folder.study_dir() / name));
    BOOST_TEST(result_json.at("z").to_number<int>() <= 10);
  }
}

BOOST_AUTO_TEST_CASE(a_process_of_another_user_is_named_and_holds_nothing_up) {
  if (!can_make_processes_of_others()) {
    BOOST_TEST_MESSAGE("SKIPPED: needs root for a program with another user's rights");
    return;
  }
  StudyFolder folder;
  const auto program = folder / "become_root";
  std::filesystem::copy_file(STUDY_BUILD_DIR "/tests/become_root", program);
  std::filesystem::permissions(program, std::filesystem::perms(06755));
  const std::string pid_file = (folder / "pid").string();
  folder.study(program.string() + " " + pid_file + " & while ! [ -s " + pid_file +
                   " ]; do sleep 0.01; done; exit 4",
               {{{"n", 1}}}, {{"grace_seconds", 0.2}});
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0777));
  std::vector<std::string> command = folder.command();
  command.insert(command.begin(), {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  const ProgramResult result = run_program(command);
  if (read_text(pid_file).empty()) {
    BOOST_TEST_MESSAGE("SKIPPED: no program gets another user's rights here: " + result.err);
    return;
  }
  const std::string name = "become_root (pid " + read_text(pid_file) + ")";
  BOOST_TEST(result.exit_code == 1, result.err);
  BOOST_TEST(contains(result.err, "has left what study-host can't end: " + name), result.err);
  BOOST_TEST(contains(result.err,
                      "exited with code 4; still at work, and not to be ended by "
                      "study-host: " +
                          name),
             result.err);
  BOOST_TEST(is_alive(std::stoi(read_text(pid_file))));
  ::kill(std::stoi(read_text(pid_file)), SIGKILL);
}

BOOST_AUTO_TEST_SUITE_END()
