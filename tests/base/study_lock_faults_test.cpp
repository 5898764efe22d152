// StudyLock where the lock file can't be looked at. CMake links this program with --wrap, so that
// statx(2) comes here.
#define BOOST_TEST_MODULE study_lock_faults
#include "support/temp_dir.hpp"
#include "support/test_data.hpp"

#include <study/error.hpp>
#include <study/study_lock.hpp>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <string>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/stat.h>

namespace {

/// What happens before a name is looked at, from the first call on; non-zero: the call fails so.
std::function<int(int call, const char* name)> look_at_name;
int calls = 0;

}  // namespace

extern "C" {
int __real_statx(int directory, const char* name, int flags, unsigned mask, struct statx* out);

int __wrap_statx(int directory, const char* name, int flags, unsigned mask, struct statx* out);
int __wrap_statx(int directory, const char* name, int flags, unsigned mask, struct statx* out) {
  const bool is_named = name != nullptr && *name != '\0';  // else it is the open file
  if (is_named && look_at_name) {
    const int error = look_at_name(++calls, name);
    if (error != 0) {
      errno = error;
      return -1;
    }
  }
  return __real_statx(directory, name, flags, mask, out);
}
}

namespace {

using study::StudyLock;
using study::WriterState;
using study_test::says;
using study_test::TempDir;

struct Fixture {
  Fixture() { calls = 0; }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;
  ~Fixture() { look_at_name = nullptr; }

  TempDir dir;
};

int input_output_error(int /*call*/, const char* /*name*/) {
  return EIO;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(study_lock_faults, Fixture)

BOOST_AUTO_TEST_CASE(a_lock_file_that_can_never_be_looked_at_is_an_error_with_the_reason) {
  look_at_name = input_output_error;
  BOOST_CHECK_EXCEPTION(StudyLock::acquire(dir.path()), study::StudyError,
                        says("cannot look at the lock file " +
                             (dir.path() / ".study.lock").string() + ": Input/output error"));
  BOOST_TEST(calls > 1);
  look_at_name = nullptr;
  BOOST_TEST((study::read_writer(dir.path()).state == WriterState::gone));
}

BOOST_AUTO_TEST_CASE(a_look_that_fails_now_and_then_is_tried_again) {
  look_at_name = [](int call, const char* /*name*/) { return call < 5 ? EIO : 0; };
  const StudyLock lock = StudyLock::acquire(dir.path());
  BOOST_TEST(calls == 5);
  BOOST_TEST((study::read_writer(dir.path()).state == WriterState::alive));
}

BOOST_AUTO_TEST_CASE(a_lock_file_that_is_removed_each_time_is_an_error_that_says_so) {
  look_at_name = [](int /*call*/, const char* name) {
    std::filesystem::remove(name);
    return 0;
  };
  BOOST_CHECK_EXCEPTION(StudyLock::acquire(dir.path()), study::StudyError,
                        says("is removed again and again while it is taken"));
}

BOOST_AUTO_TEST_SUITE_END()
