// A lock that can't keep every other writer out, on disks that a preloaded library pretends.
#include "support/resumable.hpp"

#include <iostream>
#include <string>
#include <vector>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

struct Disk {
  std::string name;  ///< of the library that pretends it
  std::string warning;
};

std::ostream& operator<<(std::ostream& out, const Disk& disk) {
  return out << disk.name;
}

const std::vector<Disk> kDisks = {
    {"network_disk",
     " is on a network file system (NFS), where the lock may not keep out a study-host on another "
     "machine: make sure that none writes there"},
    {"disk_without_locks",
     ": its file system has no locks: make sure that no other study-host writes there"},
};

ProgramResult run_on(const Disk& disk, const std::vector<std::string>& command) {
  return run_program(command,
                     {"LD_PRELOAD=" STUDY_BUILD_DIR "/tests/preload/lib" + disk.name + ".so",
                      // The sanitizer's library, which wants to be the first, still comes before
                      // what it looks after.
                      "ASAN_OPTIONS=verify_asan_link_order=0"});
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t result = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++result;
  }
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lock_weakness)

BOOST_DATA_TEST_CASE(the_host_says_once_that_its_lock_is_weak_and_goes_on,
                     boost::unit_test::data::make(kDisks), disk) {
  const Resumable study;
  study.fail(2);
  const ProgramResult first = run_on(disk, study.folder.command());
  BOOST_TEST(first.exit_code == 1, first.err);
  const std::string warning = study.folder.study_dir().string() + disk.warning;
  BOOST_TEST(count(first.err, warning) == 1U, first.err);
  study.repair();
  const ProgramResult resumed =
      run_on(disk, study.folder.command({"--resume", study.folder.study_dir().string()}));
  BOOST_TEST(resumed.exit_code == 0, resumed.err);
  BOOST_TEST(count(resumed.err, warning) == 1U, resumed.err);
  BOOST_TEST(study.ran() == "1232");
}

BOOST_AUTO_TEST_CASE(on_a_disk_of_this_machine_it_says_nothing) {
  const Resumable study;
  const ProgramResult result = study.folder.run();
  for (const Disk& disk : kDisks) BOOST_TEST(count(result.err, disk.warning) == 0U, result.err);
}

BOOST_AUTO_TEST_CASE(who_writes_cannot_be_told_where_there_are_no_locks) {
  const Resumable study;
  static_cast<void>(study.folder.run());
  const std::vector<std::string> status = {kStudyHost, "status", study.folder.study_dir().string(),
                                           "--json"};
  BOOST_TEST(contains(run_program(status).out, R"("writer": "gone")"));
  const ProgramResult unlockable = run_on(kDisks[1], status);
  BOOST_TEST(contains(unlockable.out, R"("writer": "unknown")"), unlockable.out);
}

// Nothing but the manifest is shared: no database tells that the study is somebody's.
BOOST_AUTO_TEST_CASE(two_hosts_that_dont_see_each_other_s_lock_both_say_so_and_break_nothing) {
  // A machine of its own as far as processes and its name go.
  const std::vector<std::string> elsewhere{
      "unshare", "--uts",        "--pid",
      "--fork",  "--kill-child", "--mount-proc",
      "sh",      "-c",           "hostname other && exec \"$@\"",
      "sh"};
  std::vector<std::string> probe = elsewhere;
  probe.emplace_back("true");
  if (run_program(probe).exit_code != 0) {
    std::cout << "SKIPPED: this user can't make a namespace for another host\n";
    return;
  }
  const std::vector<std::string> environment{"LD_PRELOAD=" STUDY_BUILD_DIR
                                             "/tests/preload/libnetwork_disk.so " STUDY_BUILD_DIR
                                             "/tests/preload/liblocks_of_one_host.so",
                                             "ASAN_OPTIONS=verify_asan_link_order=0"};
  Resumable study;
  study.folder.study("echo $1 >> " + study.ledger.string() + "; if mkdir " +
                         (study.folder / "begun").string() + " 2>/dev/null; then until test -e " +
                         (study.folder / "go").string() + "; do sleep 0.01; done; fi; echo '{}'",
                     {{{"n", 1}}, {{"n", 2}}});
  Program first(study.folder.command(), environment);
  wait_until("the experiment runs", [&] { return fs::exists(study.folder / "begun"); });
  std::vector<std::string> resume = elsewhere;
  resume.insert(resume.end(), {kStudyHost, "run", "--resume", study.folder.study_dir().string()});
  const ProgramResult second = run_program(resume, environment);
  BOOST_TEST(second.exit_code == 0, second.err);
  BOOST_TEST(study.ran() == "112", second.err);
  BOOST_TEST(!contains(second.err, "has been ended"), second.err);
  study.folder.write("go", "");
  const ProgramResult result = first.wait();
  BOOST_TEST(result.exit_code == 0, result.err);
  const std::string warning = study.folder.study_dir().string() + kDisks[0].warning;
  for (const std::string& said : {result.err, second.err}) {
    BOOST_TEST(said.find(warning) < said.find("running n=1"), said);
  }
  const json::object manifest = study.folder.manifest();
  BOOST_TEST(manifest.at("completed") == 2);
  BOOST_TEST(manifest.at("status") == "completed");
}

BOOST_AUTO_TEST_SUITE_END()
