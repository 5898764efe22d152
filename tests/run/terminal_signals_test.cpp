// Signals that come to more than the host: from a batch system to all, from a terminal to some.
#include "run/processes.hpp"
#include "support/study_folder.hpp"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <signal.h>
#include <sys/stat.h>

using namespace study_test;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The state of a process as proc_pid_stat(5) has it: `T` is stopped.
char state_of(pid_t pid) {
  const std::string text = read_text("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t bracket = text.rfind(')');
  return bracket == std::string::npos ? ' ' : text.at(bracket + 2);
}

/// Every process of the host and its experiments.
std::vector<pid_t> everybody(const Program& host) {
  std::vector<pid_t> result;
  for (const auto& facts : host::with_descendants({host.pid()})) result.push_back(facts.id.pid);
  return result;
}

/// Experiments that end by SIGTERM as it is, say so with an exit code, or are a shell's child.
struct BatchStudy {
  BatchStudy() {
    folder.use_manifest_writer();
    json::array fields;
    for (int n = 1; n <= 4; ++n) fields.push_back(json::object{{"n", n}});
    folder.study(": > " + (folder / "running-$1").string() +
                     "; case $1 in 1) exec sleep 1000;; 2) sh -c 'sleep 1000; true'; exit $?;; "
                     "3) trap 'exit 143' TERM; sleep 1000 & wait;; *) sleep 1000 & wait;; esac",
                 fields);
  }
  StudyFolder folder;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(terminal_signals)

BOOST_AUTO_TEST_CASE(a_signal_to_everybody_in_any_order_fails_no_run) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const char* const given = std::getenv("STUDY_TEST_ROUNDS");  // by hand, on a busy machine, 100
  const int rounds = given == nullptr ? 10 : std::stoi(given);
  for (int round = 0; round < rounds; ++round) {
    const int jobs = round % 2 == 0 ? 1 : 4;
    BOOST_TEST_CONTEXT("seed " << seed << ", round " << round) {
      const BatchStudy study;
      const StudyFolder& folder = study.folder;
      Program host(folder.command({"--jobs", std::to_string(jobs)}));
      for (int n = 1; n <= jobs; ++n) wait_for_file(folder / ("running-" + std::to_string(n)));
      std::vector<pid_t> order = everybody(host);
      std::shuffle(order.begin(), order.end(), random);
      for (const pid_t pid : order) {
        ::kill(pid, SIGTERM);
        // Whoever sends them may be held up in between: no test of time, any length will do.
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 15));
      }
      const ProgramResult result = host.wait();
      BOOST_TEST(result.exit_code == 143, result.err);
      BOOST_TEST(contains(result.err, "0 completed, 0 failed, 4 pending of 4"), result.err);
      BOOST_TEST(folder.manifest().at("status").as_string() == "interrupted");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_host_that_is_told_half_a_second_after_its_last_experiment_is_interrupted) {
  StudyFolder folder;
  folder.use_manifest_writer();
  const std::string pid_file = (folder / "pid").string();
  folder.study("echo $$ > " + pid_file + ".tmp; mv " + pid_file + ".tmp " + pid_file +
               "; exec sleep 1000");
  Program host(folder.command());
  wait_for_file(pid_file);
  ::kill(std::stoi(read_text(pid_file)), SIGTERM);
  // Nothing to wait for: the sender of the signals is held up in between.
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  host.send(SIGTERM);
  const ProgramResult result = host.wait();
  BOOST_TEST(result.exit_code == 143, result.err);
  BOOST_TEST(contains(result.err, "0 completed, 0 failed, 1 pending of 1"), result.err);
  BOOST_TEST(folder.manifest().at("status").as_string() == "interrupted");
}

BOOST_AUTO_TEST_CASE(what_ends_by_a_signal_while_nobody_interrupts_the_host_has_failed) {
  StudyFolder folder;
  folder.study("kill -TERM $$");
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 1);
  BOOST_TEST(contains(result.err, "ProcessSignal: killed by SIGTERM"), result.err);
}

BOOST_AUTO_TEST_CASE(ctrl_z_stops_the_experiments_with_the_host_and_they_go_on_with_it) {
  StudyFolder folder;
  // Without a child of its own: a shell that waits for one in vfork(2) isn't stopped before that is
  // another program.
  BOOST_TEST_REQUIRE(::mkfifo((folder / "go").c_str(), 0600) == 0);
  const std::string pid_file = (folder / "pid").string();
  folder.study("setsid sh -c 'echo $$ > " + pid_file + "; exec sleep 1000' & echo $$ > " +
                   (folder / "leader").string() + "; read line < " + (folder / "go").string() +
                   "; echo 1",
               {{{"n", 1}}}, {{"timeout_seconds", 100}});
  Program host(folder.command());
  wait_until("the worker",
             [&] { return !read_text(pid_file).empty() && !read_text(folder / "leader").empty(); });
  const pid_t worker = std::stoi(read_text(pid_file));
  const pid_t leader = std::stoi(read_text(folder / "leader"));
  host.send(SIGTSTP);
  for (const pid_t pid : {host.pid(), leader, worker}) {
    wait_until("a stop", [&] { return state_of(pid) == 'T'; });
  }
  host.send(SIGCONT);
  for (const pid_t pid : {host.pid(), leader, worker}) {
    wait_until("its going on", [&] { return state_of(pid) != 'T'; });
  }
  folder.write("go", "\n");
  const ProgramResult result = host.wait();
  BOOST_TEST(result.exit_code == 0, result.err);
}

BOOST_AUTO_TEST_CASE(a_stop_does_not_count_for_the_time_limit) {
  StudyFolder folder;
  folder.study(": > " + (folder / "running").string() + "; while ! [ -e " +
                   (folder / "go").string() + " ]; do sleep 0.02; done; echo 1",
               {{{"n", 1}}}, {{"timeout_seconds", 1.5}});
  Program host(folder.command());
  wait_for_file(folder / "running");
  host.send(SIGTSTP);
  wait_until("a stop", [&] { return state_of(host.pid()) == 'T'; });
  // Nothing to wait for: what is tested is that this time passes without a trace.
  std::this_thread::sleep_for(std::chrono::milliseconds(1600));
  folder.write("go", "");
  host.send(SIGCONT);
  const ProgramResult result = host.wait();
  BOOST_TEST(result.exit_code == 0, result.err);
}

BOOST_AUTO_TEST_SUITE_END()
