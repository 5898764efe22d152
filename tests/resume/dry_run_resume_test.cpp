// What `--dry-run --resume` says of a study, and that it changes nothing.
#include "support/resumable.hpp"

#include <chrono>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <signal.h>
#include <sys/stat.h>

using namespace study_test;

namespace {

/// All that can change of the files in a directory.
auto state_of(const fs::path& directory) {
  std::map<std::string, std::tuple<ino_t, off_t, std::int64_t, std::int64_t, std::string>> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    struct stat status {};
    ::lstat(entry.path().c_str(), &status);
    files[entry.path().string()] = {
        status.st_ino, status.st_size, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
        entry.is_regular_file() ? read_text(entry.path()) : std::string()};
  }
  return files;
}

/// A study of which the second run has failed.
struct Failed : Resumable {
  Failed() {
    fail(2);
    BOOST_TEST_REQUIRE(folder.run().exit_code == 1);
    repair();
  }

  /// Sees to it that nothing has changed.
  [[nodiscard]] std::string look(std::vector<std::string> more = {}) const {
    more.emplace_back("--dry-run");
    const auto before = state_of(folder.path());
    const ProgramResult result = resume(more);
    BOOST_TEST(result.exit_code == 0, result.err);
    BOOST_TEST((state_of(folder.path()) == before));
    return result.out;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(dry_run_resume)

BOOST_FIXTURE_TEST_CASE(it_tells_what_is_done_and_what_would_run, Failed) {
  const std::string plan = look();
  BOOST_TEST(contains(plan, "  goes on in    " + folder.study_dir().string() +
                                "\n"
                                "  state         resuming from the checkpoint of manifest_writer\n"
                                "  done          1 completed: n=1\n"
                                "                2 completed: n=3\n"
                                "  runs          1 n=2\n"
                                "Dry run: nothing was run"),
             plan);
  BOOST_TEST(ran() == "123");
  BOOST_TEST(resume().exit_code == 0);
  BOOST_TEST(ran() == "1232");
}

BOOST_FIXTURE_TEST_CASE(what_would_stay_failed_is_told, Failed) {
  const std::string plan = look({"--skip-failed"});
  BOOST_TEST(contains(plan, "                2 failed: n=2\n"), plan);
  BOOST_TEST(contains(plan, "  runs          none: nothing is left\n"), plan);
}

BOOST_FIXTURE_TEST_CASE(a_result_that_is_gone_would_be_made_again, Failed) {
  fs::remove(folder.study_dir() / entry(0, "result_file").as_string().c_str());
  const std::string plan = look();
  BOOST_TEST(contains(plan, "                n=1, cycle 1: is run again: its result "), plan);
  BOOST_TEST(contains(plan, "  runs          1 n=1\n                2 n=2\n"), plan);
}

BOOST_FIXTURE_TEST_CASE(what_had_completed_when_its_host_was_killed_would_count, Failed) {
  json::value manifest = json::parse(read_text(manifest_path()));
  json::object& run = manifest.at("experiments").at(2).as_object();
  run["status"] = "running";
  run["result_file"] = nullptr;
  run["completed_at"] = nullptr;
  manifest.as_object()["status"] = "running";
  manifest.as_object()["completed_at"] = nullptr;
  put_manifest(json::serialize(manifest));
  const std::string plan = look();
  BOOST_TEST(contains(plan, "an experiment that was running when the writer died had completed"),
             plan);
  BOOST_TEST(contains(plan, "  runs          1 n=2\n"), plan);
}

BOOST_AUTO_TEST_CASE(who_writes_to_the_study_is_told_and_left_alone) {
  StudyFolder folder;
  folder.use_manifest_writer();
  folder.study(": > " + (folder / "up").string() + "; sleep 1000");
  Program host(folder.command());
  wait_for_file(folder / "up");
  const ProgramResult result = folder.run({"--dry-run", "--resume", folder.study_dir().string()});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.out, "  state         pid " + std::to_string(host.pid()) + " on "),
             result.out);
  BOOST_TEST(
      contains(result.out, " writes to the study: it can't be resumed before that has ended"),
      result.out);
  BOOST_TEST(!host.has_exited());
  host.send(SIGTERM);
  BOOST_TEST(host.wait().exit_code == 143);
}

BOOST_AUTO_TEST_CASE(processes_that_would_be_ended_are_told_and_left_alone) {
  StudyFolder folder;
  folder.use_manifest_writer();
  folder.study("setsid sleep 1000 & echo $! > " + (folder / "pid").string() + "; : > " +
               (folder / "up").string() + "; wait");
  Program host(folder.command());
  wait_for_file(folder / "up");
  const pid_t orphan = std::stoi(read_text(folder / "pid"));
  host.send(SIGKILL);
  host.wait();
  const ProgramResult result = folder.run({"--dry-run", "--resume", folder.study_dir().string()});
  BOOST_TEST(contains(result.out, "still at work and would be ended: "), result.out);
  BOOST_TEST(contains(result.out, "(pid " + std::to_string(orphan) + ")"), result.out);
  BOOST_TEST(::kill(orphan, 0) == 0);
  ::kill(orphan, SIGKILL);
}

BOOST_FIXTURE_TEST_CASE(a_study_that_has_changed_is_refused_as_a_run_would_be, Failed) {
  use({{{"n", 1}}, {{"n", 4}}});
  const ProgramResult result = resume({"--dry-run"});
  BOOST_TEST(result.exit_code == resume().exit_code);
  BOOST_TEST(contains(result.err, "has changed:"), result.err);
}

BOOST_FIXTURE_TEST_CASE(the_latest_can_be_asked_for_or_there_is_none, Failed) {
  const ProgramResult latest = folder.run({"--dry-run", "--resume", "latest"});
  BOOST_TEST(contains(latest.out, "  goes on in    " + folder.study_dir().string() + "\n"));
  fs::remove_all(folder.results());
  const ProgramResult none = folder.run({"--dry-run", "--resume", "latest"});
  BOOST_TEST(none.exit_code == 0, none.err);
  BOOST_TEST(contains(none.out, "  results in    " + folder.results().string() + "\n"));
  BOOST_TEST(!fs::exists(folder.results()));
}

BOOST_AUTO_TEST_SUITE_END()
