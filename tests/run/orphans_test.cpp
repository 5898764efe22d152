// What becomes of experiments whose host is killed.
#include "run/orphans.hpp"

#include "run/experiment_process.hpp"
#include "run/processes.hpp"
#include "run/spawn.hpp"
#include "support/study_folder.hpp"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

using namespace study_test;
using host::SpawnedProcess;

namespace {

/// A process of somebody else, which is not mistaken for a later one of its number.
class Watched {
 public:
  explicit Watched(pid_t pid)
      : pid_(pid), handle_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {
    if (handle_ < 0) throw std::runtime_error("no process " + std::to_string(pid));
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  ~Watched() {
    ::syscall(SYS_pidfd_send_signal, handle_, SIGKILL, nullptr, 0);
    ::close(handle_);
  }
  [[nodiscard]] bool ends_within(std::chrono::milliseconds time) const {
    pollfd end{handle_, POLLIN, 0};
    return ::poll(&end, 1, static_cast<int>(time.count())) == 1;
  }
  [[nodiscard]] bool has_ended() const { return ends_within(std::chrono::milliseconds(0)); }
  [[nodiscard]] std::string number() const { return std::to_string(pid_); }

 private:
  pid_t pid_;
  int handle_;
};

/// A study that is killed with its host when it has left the number of a process in a file; what it
/// does when it is run again is to end well. In `script`, `NOTE` stands for writing a number down.
struct KilledStudy {
  explicit KilledStudy(std::string script) {
    const std::string note = "> " + pid_file + ".tmp; mv " + pid_file + ".tmp " + pid_file;
    script.replace(script.find("NOTE"), 4, note);
    folder.use_manifest_writer();
    folder.study("test -e " + pid_file + " && exec echo '{}'; " + script + "; sleep 1000; true");
    host.emplace(folder.command());
    wait_for_file(pid_file);
    left.emplace(std::stoi(read_text(pid_file)));
    host->send(SIGKILL);
    BOOST_TEST(host->wait().signal == SIGKILL);
  }
  /// Also where nobody resumes it, nothing stays behind: a shell that dies with its host leaves its
  /// `sleep` over.
  ~KilledStudy() { host::end_orphans(folder.study_dir()); }
  KilledStudy(const KilledStudy&) = delete;
  KilledStudy& operator=(const KilledStudy&) = delete;

  [[nodiscard]] ProgramResult resume() const {
    return folder.run({"--resume", folder.study_dir().string()});
  }

  StudyFolder folder;
  std::string pid_file = (folder / "pid").string();
  std::optional<Program> host;
  std::optional<Watched> left;
};

/// A child of the test, marked as an experiment of a study; it is up when this returns.
SpawnedProcess marked(const std::string& script, const std::filesystem::path& study_dir) {
  const host::Environment environment(host::study_marks(study_dir));
  SpawnedProcess process = host::spawn({"sh", "-c", script + "; echo up; sleep 1000"}, environment);
  pollfd up{process.out.get(), POLLIN, 0};
  BOOST_TEST_REQUIRE(::poll(&up, 1, 60'000) == 1);
  return process;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(orphans)

BOOST_AUTO_TEST_CASE(an_experiment_dies_with_its_killed_host) {
  const KilledStudy study("echo $$ NOTE");
  BOOST_TEST(study.left->ends_within(kDeadline));
}

BOOST_AUTO_TEST_CASE(what_an_experiment_of_a_killed_host_has_left_is_ended_before_it_runs_again) {
  const KilledStudy study("sleep 999 & echo $! NOTE");
  const ProgramResult resumed = study.resume();
  BOOST_TEST(resumed.exit_code == 0, resumed.err);
  BOOST_TEST(study.left->has_ended());
  const std::string sentence =
      "was still at work and has been ended: sleep (pid " + study.left->number() + ")";
  BOOST_TEST(resumed.err.find(sentence) != std::string::npos, resumed.err);
}

BOOST_AUTO_TEST_CASE(a_worker_with_a_session_of_its_own_is_ended_too) {
  const KilledStudy study("setsid sh -c 'echo $$ NOTE; exec sleep 999' & true");
  BOOST_TEST(study.resume().exit_code == 0);
  BOOST_TEST(study.left->has_ended());
}

BOOST_AUTO_TEST_CASE(one_that_has_cleared_its_environment_too_is_known_by_its_mark) {
  const KilledStudy study("env -i setsid sh -c 'echo $$ NOTE; exec sleep 999' & true");
  BOOST_TEST(study.resume().exit_code == 0);
  BOOST_TEST(study.left->has_ended());
}

BOOST_AUTO_TEST_CASE(the_mark_of_another_study_is_nobodys_business) {
  const TempDir mine;
  const TempDir other;
  const SpawnedProcess process = host::spawn({"env", "-i", "sleep", "999"}, host::Environment({}),
                                             {}, host::first_mark(other.path()) + 5);
  const Watched watched(process.pid);
  BOOST_TEST(host::process_mark(process.pid) == host::first_mark(other.path()) + 5);
  BOOST_TEST(host::end_orphans(mine.path()).empty());
  BOOST_TEST(!watched.has_ended());
  BOOST_TEST(host::end_orphans(other.path()).size() == 1u);
  BOOST_TEST(watched.has_ended());
  BOOST_TEST(::waitpid(process.pid, nullptr, 0) == process.pid);
}

BOOST_AUTO_TEST_CASE(they_are_found_from_a_directory_that_was_renamed) {
  const KilledStudy study("sleep 999 & echo $! NOTE");
  const auto renamed = study.folder.results() / "renamed";
  std::filesystem::rename(study.folder.study_dir(), renamed);
  BOOST_TEST(study.folder.run({"--resume", renamed.string()}).exit_code == 0);
  BOOST_TEST(study.left->has_ended());
}

BOOST_AUTO_TEST_CASE(who_resumes_from_a_terminal_that_an_experiment_has_opened_is_let_alone) {
  const TempDir dir;
  std::vector<std::string> command{
      "sh", "-c", "exec " STUDY_BIN_DIR "/study-host run --resume " + dir.path().string()};
  const Program resuming(command, host::study_marks(dir.path()));
  wait_until("its end", [&] { return resuming.has_exited(); });
  BOOST_TEST(resuming.err().find("ended") == std::string::npos, resuming.err());
}

BOOST_AUTO_TEST_CASE(a_resume_through_a_symbolic_link_finds_them) {
  const KilledStudy study("sleep 999 & echo $! NOTE");
  const auto link = study.folder / "link";
  std::filesystem::create_directory_symlink(study.folder.study_dir(), link);
  BOOST_TEST(study.folder.run({"--resume", link.string()}).exit_code == 0);
  BOOST_TEST(study.left->has_ended());
}

BOOST_AUTO_TEST_CASE(only_processes_of_the_same_study_are_ended) {
  const TempDir dir;
  const SpawnedProcess mine = marked("true", dir / "mine");
  const SpawnedProcess other = marked("true", dir / "mine_too");
  const Watched watched(mine.pid);
  const Watched watched_other(other.pid);
  const auto sentences = host::end_orphans(dir / "mine");
  BOOST_TEST(!sentences.empty());
  BOOST_TEST(watched.has_ended());
  BOOST_TEST(!watched_other.has_ended());
  host::end_orphans(dir / "mine_too");
  BOOST_TEST(watched_other.has_ended());
  BOOST_TEST(::waitpid(mine.pid, nullptr, 0) == mine.pid);
  BOOST_TEST(::waitpid(other.pid, nullptr, 0) == other.pid);
}

BOOST_AUTO_TEST_CASE(one_that_ignores_the_request_to_end_is_killed) {
  const TempDir dir;
  const SpawnedProcess stubborn = marked("trap '' TERM", dir.path());
  host::end_orphans(dir.path());
  int status = 0;
  BOOST_TEST(::waitpid(stubborn.pid, &status, WNOHANG) == stubborn.pid);
  BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
}

BOOST_AUTO_TEST_CASE(where_nothing_is_left_nothing_is_said) {
  BOOST_TEST(host::end_orphans(TempDir().path()).empty());
}

BOOST_AUTO_TEST_CASE(an_experiment_knows_its_study_directory) {
  StudyFolder folder;
  folder.study("echo \"{\\\"dir\\\": \\\"$STUDY_DIR\\\"}\"");
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 0, result.err);
  const std::string dir = std::filesystem::canonical(folder.study_dir()).string();
  BOOST_TEST(folder.content(".json").find(dir) != std::string::npos, folder.content(".json"));
}

BOOST_AUTO_TEST_SUITE_END()
