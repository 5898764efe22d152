// Who may write to a study, whatever becomes of lock files and of worker processes.
#include "opened_study.hpp"
#include "support/child.hpp"

#include <study/error.hpp>
#include <study/study_lock.hpp>

#include <filesystem>
#include <string>

#include <boost/test/unit_test.hpp>
#include <signal.h>
#include <unistd.h>

using namespace study;
using study_test::run_in_child;
using study_test::StudyOnDisk;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(writers)

BOOST_AUTO_TEST_CASE(nobody_else_writes_even_where_the_lock_file_is_removed) {
  StudyOnDisk study;
  Session session = study.open();
  const auto is_refused = [&] {
    return run_in_child([&] {
      try {
        static_cast<void>(study.open());
        return 0;
      } catch (const StudyError& error) {
        return std::string(error.what()).find("writes here") != std::string::npos ? 1 : 2;
      }
    });
  };
  BOOST_TEST(is_refused() == 1);
  fs::remove(session.directory() / ".study.lock");
  BOOST_TEST((read_writer(session.directory()).state == WriterState::alive));
  BOOST_TEST(is_refused() == 1);
  session.end();
  BOOST_TEST(is_refused() == 0);
}

BOOST_AUTO_TEST_CASE(the_writer_of_a_session_is_known) {
  StudyOnDisk study;
  const Session session = study.open();
  const WriterStatus status = read_writer(session.directory());
  BOOST_TEST((status.state == WriterState::alive));
  BOOST_TEST(status.writer.value().pid == ::getpid());
}

BOOST_AUTO_TEST_CASE(a_worker_that_outlives_its_killed_parent_does_not_keep_the_study) {
  StudyOnDisk study;
  int go_on[2];
  BOOST_REQUIRE(::pipe(go_on) == 0);
  const int status = run_in_child([&] {
    const Session session = study.open();
    if (::fork() == 0) {  // the worker
      char byte = 0;
      ::close(go_on[1]);
      ::read(go_on[0], &byte, 1);  // until the test is over
      ::_exit(0);
    }
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  BOOST_TEST(status == 102);
  ::close(go_on[0]);
  const Session session = study.open();
  BOOST_TEST(session.is_resumed());
  ::close(go_on[1]);
}

BOOST_AUTO_TEST_SUITE_END()
