// Signals to study-host itself.
#include "run/study_runner.hpp"
#include "support/study_folder.hpp"
#include "terminal/host_log.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <signal.h>

using namespace study_test;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A study of two experiments, the first of which tells when it runs and then goes on for ever.
struct EndlessStudy {
  explicit EndlessStudy(const std::string& on_sigterm) {
    folder.study("trap '" + on_sigterm + "' TERM; : > " + running.string() +
                     "; while :; do sleep 1000 & wait; done",
                 {{{"n", 1}}, {{"n", 2}}});
  }

  StudyFolder folder;
  std::filesystem::path running = folder / "running";
};

struct SignalCase {
  int signal;
  int exit_code;
};
std::ostream& operator<<(std::ostream& out, const SignalCase& one) {
  return out << one.signal;
}
const std::vector<SignalCase> kSignals = {{SIGINT, 130},         {SIGTERM, 143}, {SIGHUP, 129},
                                          {SIGUSR1, 75},         {SIGUSR2, 75},  {SIGXCPU, 75},
                                          {SIGPWR, 128 + SIGPWR}};

}  // namespace

BOOST_AUTO_TEST_SUITE(interrupts)

BOOST_DATA_TEST_CASE(a_signal_ends_the_study_gently, boost::unit_test::data::make(kSignals), one) {
  EndlessStudy study("exit 0");
  Program host(study.folder.command());
  wait_for_file(study.running);
  host.send(one.signal);
  const ProgramResult result = host.wait();
  BOOST_TEST(result.exit_code == one.exit_code, result.err);
  BOOST_TEST(contains(result.err, "interrupted n=1"), result.err);
  BOOST_TEST(!contains(result.err, "n=2"), result.err);
  BOOST_TEST(contains(result.err, "0 completed, 0 failed, 2 pending of 2"), result.err);
  BOOST_TEST(last_line(result.out) == study.folder.study_dir().string());
  BOOST_TEST(!study.folder.has(".json"));
}

BOOST_AUTO_TEST_CASE(an_interrupted_study_tells_the_command_that_goes_on_with_it) {
  StudyFolder folder;
  folder.use_manifest_writer();
  const auto running = folder / "running";
  folder.study("test -e " + running.string() + " && exec echo 1; : > " + running.string() +
               "; sleep 1000");
  Program host(folder.command());
  wait_for_file(running);
  host.send(SIGINT);
  const std::string err = host.wait().err;
  const std::string offer = "\nto go on with it: ";
  const std::size_t begin = err.find(offer);
  BOOST_TEST_REQUIRE(begin != std::string::npos, err);
  std::string command = err.substr(begin + offer.size());
  command = command.substr(0, command.find('\n'));
  BOOST_TEST(run_program({"env", "-C", "/", "sh", "-c", command}).exit_code == 0, command);
}

BOOST_AUTO_TEST_CASE(one_who_ignores_sigterm_is_killed_after_the_grace_period) {
  EndlessStudy study("");
  Program host(study.folder.command());
  wait_for_file(study.running);
  const auto begin = std::chrono::steady_clock::now();
  host.send(SIGINT);
  BOOST_TEST(host.wait().exit_code == 130);
  BOOST_TEST((std::chrono::steady_clock::now() - begin >= host::kGracePeriod));
}

BOOST_AUTO_TEST_CASE(a_second_signal_kills_at_once_and_still_ends_properly) {
  EndlessStudy study("");
  Program host(study.folder.command());
  wait_for_file(study.running);
  const auto begin = std::chrono::steady_clock::now();
  host.send(SIGINT);
  wait_until("the first signal is seen", [&] { return contains(host.err(), "SIGINT: ending 1"); });
  host.send(SIGTERM);
  const ProgramResult result = host.wait();
  BOOST_TEST((std::chrono::steady_clock::now() - begin < host::kGracePeriod));
  BOOST_TEST(result.exit_code == 130);
  BOOST_TEST(contains(result.err, "2 pending of 2"));
}

BOOST_AUTO_TEST_CASE(a_signal_in_a_gap_ends_the_study) {
  StudyFolder folder;
  folder.study("echo $1", {{{"n", 1}}, {{"n", 2}}}, {}, {{"experiment_gap_seconds", 1000}});
  Program host(folder.command());
  wait_until("the gap", [&] { return contains(host.err(), "completed n=1"); });
  host.send(SIGINT);
  const ProgramResult result = host.wait();
  BOOST_TEST(result.exit_code == 130);
  BOOST_TEST(contains(result.err, "1 completed, 0 failed, 1 pending of 2"));
}

BOOST_AUTO_TEST_CASE(a_signal_ends_all_that_run_at_once) {
  StudyFolder folder;
  folder.study(": > " + (folder / "running-$1").string() + "; sleep 1000",
               {{{"n", 1}}, {{"n", 2}}, {{"n", 3}}});
  Program host(folder.command({"--jobs", "2"}));
  wait_for_file(folder / "running-1");
  wait_for_file(folder / "running-2");
  host.send(SIGTERM);
  const ProgramResult result = host.wait();
  BOOST_TEST(result.exit_code == 143);
  BOOST_TEST(contains(result.err, "interrupted n=1"));
  BOOST_TEST(contains(result.err, "interrupted n=2"));
  BOOST_TEST(contains(result.err, "3 pending of 3"));
}

BOOST_AUTO_TEST_CASE(a_signal_before_the_first_experiment_starts_none) {
  class Interrupting final : public study::StudyObserver {
   public:
    explicit Interrupting(std::vector<study::StudyOutcome>& ends) : ends_(ends) {}
    void on_study_start(const study::StudyStart&) override { ::raise(SIGINT); }
    void on_experiment_state(const study::ExperimentEvent&) override { BOOST_ERROR("an event"); }
    void on_study_end(const study::StudyEnd& event) override { ends_.push_back(event.outcome); }

   private:
    std::vector<study::StudyOutcome>& ends_;
  };
  StudyFolder folder;
  folder.study("echo 1");
  auto study = host::prepare_study({folder / "study.json", {}, {}});
  const study::UniqueFd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  host::Console console(nowhere.get());
  host::HostLog log(console, study::LogSeverity::error);
  std::vector<study::StudyOutcome> ends;
  study::SessionOptions options{.study_name = study.config.study_name,
                                .experiments = study.config.experiments,
                                .results_dir = folder / "results",
                                .observers = {}};
  options.own_observers.push_back({"interrupting", std::make_unique<Interrupting>(ends)});
  study::Session session(std::move(options));
  host::Progress progress(console, 1, 1, {}, {});
  host::StudyRunner runner(study, session, progress, log);
  session.start();
  const host::RunTotals totals = runner.run(session.directory());
  BOOST_TEST(totals.interrupted_by == SIGINT);
  BOOST_TEST(totals.completed == 0u);
  session.end(study::StudyOutcome::interrupted);
  BOOST_TEST((ends == std::vector{study::StudyOutcome::interrupted}));
}

BOOST_AUTO_TEST_SUITE_END()
