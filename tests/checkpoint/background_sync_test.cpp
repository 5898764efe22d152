#define BOOST_TEST_MODULE background_sync
#include "checkpoint/background_sync.hpp"

#include "support/child.hpp"
#include "support/power_cut.hpp"
#include "support/run_program.hpp"
#include "support/temp_dir.hpp"

#include <study/posix.hpp>

#include <cerrno>
#include <iostream>
#include <optional>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

using namespace study;
using checkpoint::BackgroundSync;

namespace {

UniqueFd new_file(const std::filesystem::path& path) {
  return open_file(path.c_str(), O_WRONLY | O_CREAT);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_child_of_a_process_that_has_one_can_destroy_it) {
  const study_test::TempDir dir;
  const UniqueFd file = new_file(dir / "file");
  std::optional<BackgroundSync> sync(std::in_place);
  sync->set_files({file.get()});
  for (int round = 0; round < 50; ++round) {
    sync->note_change();
    const int exit_code = study_test::run_in_child([&] {
      ::alarm(30);  // ends one that waits for a thread that is not there
      sync.reset();
      return 0;
    });
    BOOST_TEST_REQUIRE(exit_code == 0);
  }
}

BOOST_AUTO_TEST_CASE(its_thread_takes_no_signal_that_is_the_host_s) {
  const study_test::TempDir dir;
  const UniqueFd file = new_file(dir / "file");
  BackgroundSync sync;
  sync.set_files({file.get()});
  sync.note_change();
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::kill(::getpid(), SIGUSR1);  // would end the process in any thread that doesn't block it
  int taken = 0;
  BOOST_TEST(::sigwait(&signals, &taken) == 0);
  BOOST_TEST(taken == SIGUSR1);
}

BOOST_AUTO_TEST_CASE(a_sync_that_fails_is_told_once) {
  const study_test::TempDir dir(study_test::memory_directory());
  auto disk = study_test::CuttableDisk::make("ext4", dir.path());
  if (!disk) {
    std::cout << "SKIPPED: no disk: " << study_test::Mount::problem() << std::endl;
    return;
  }
  const UniqueFd file = new_file(disk->path() / "file");
  BackgroundSync sync;
  sync.set_files({file.get()});
  BOOST_TEST(write_all(file.get(), "bytes") == 0);
  BOOST_TEST_REQUIRE(disk->cut());
  sync.note_change();
  int error = 0;
  study_test::wait_until("the error", [&] { return (error = sync.take_error()) != 0; });
  BOOST_TEST(error == EIO);
  BOOST_TEST(sync.take_error() == 0);
  sync.set_files({});
}
