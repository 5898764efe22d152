// replace_file with each of its system calls failing in turn. CMake links this program with --wrap,
// so that these calls come here.
#define BOOST_TEST_MODULE atomic_file_faults
#include "support/temp_dir.hpp"
#include "support/test_data.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>

#include <cerrno>
#include <cstdarg>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/types.h>

namespace {

/// Which calls fail. A failing close(2) closes all the same, as on Linux.
struct Faults {
  int first = 0;  ///< the first call that fails, from 1 on; 0: none
  bool persistent = false;
  int error_number = EIO;
  int calls = 0;

  bool strikes() {
    ++calls;
    if (first == 0 || (persistent ? calls < first : calls != first)) return false;
    errno = error_number;
    return true;
  }
};
Faults* faults = nullptr;  // null: nothing fails and nothing is counted

bool fault_strikes() {
  return faults != nullptr && faults->strikes();
}

}  // namespace

extern "C" {
int __real_open(const char* path, int flags, ...);
ssize_t __real_getrandom(void* bytes, size_t size, unsigned flags);
ssize_t __real_write(int fd, const void* bytes, size_t size);
int __real_fsync(int fd);
int __real_close(int fd);
int __real_rename(const char* from, const char* to);
int __real_linkat(int from_dir, const char* from, int to_dir, const char* to, int flags);

int __wrap_open(const char* path, int flags, ...);
int __wrap_open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const bool makes_one = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  const mode_t mode = makes_one ? va_arg(more, mode_t) : 0;
  va_end(more);
  return fault_strikes() ? -1 : __real_open(path, flags, mode);
}
ssize_t __wrap_getrandom(void* bytes, size_t size, unsigned flags);
ssize_t __wrap_getrandom(void* bytes, size_t size, unsigned flags) {
  return fault_strikes() ? -1 : __real_getrandom(bytes, size, flags);
}
ssize_t __wrap_write(int fd, const void* bytes, size_t size);
ssize_t __wrap_write(int fd, const void* bytes, size_t size) {
  return fault_strikes() ? -1 : __real_write(fd, bytes, size);
}
int __wrap_fsync(int fd);
int __wrap_fsync(int fd) {
  return fault_strikes() ? -1 : __real_fsync(fd);
}
int __wrap_close(int fd);
int __wrap_close(int fd) {
  const int result = __real_close(fd);
  return fault_strikes() ? -1 : result;
}
int __wrap_rename(const char* from, const char* to);
int __wrap_rename(const char* from, const char* to) {
  return fault_strikes() ? -1 : __real_rename(from, to);
}
int __wrap_linkat(int from_dir, const char* from, int to_dir, const char* to, int flags);
int __wrap_linkat(int from_dir, const char* from, int to_dir, const char* to, int flags) {
  return fault_strikes() ? -1 : __real_linkat(from_dir, from, to_dir, to, flags);
}
}

namespace {

namespace bdata = boost::unit_test::data;
using study::Durability;
using Contents = std::set<std::pair<std::string, std::string>>;

/// Each file of a directory, with its bytes.
Contents contents(const std::filesystem::path& directory) {
  Contents found;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    found.emplace(entry.path().filename().string(), study::read_file(entry.path()));
  }
  return found;
}

/// What `put`, which puts "new" at a path, says of its failure under `given`; empty if it succeeds.
template <class Put>
std::string failure_of_call(Faults& given, const Put& put) {
  faults = &given;
  std::string said;
  try {
    put();
  } catch (const study::FileError& error) {
    said = error.what();
    BOOST_TEST(error.code().value() == given.error_number);
  }
  faults = nullptr;
  return said;
}

std::string failure_of(const std::filesystem::path& path, Durability durability, Faults& given) {
  return failure_of_call(given, [&] { study::replace_file(path, "new", durability); });
}

/// What had failed, from the message `operation /path: reason`, where not each has a path.
std::string operation_of(const std::string& message) {
  const std::string with_path = message.substr(0, message.find(": "));
  return with_path.substr(0, with_path.find(" /"));
}

/// Lets call 1, 2, … fail until there is no such call, each in a directory that holds `before`, and
/// compares what is left with `after(failure)`. Gives the operations that failed.
template <class After>
std::vector<std::string> try_each_call(Durability durability, bool persistent,
                                       const Contents& before, After&& after) {
  std::vector<std::string> failures;
  for (int call = 1;; ++call) {
    const study_test::TempDir dir;
    for (const auto& [name, bytes] : before) study::replace_file(dir / name, bytes);
    Faults given{.first = call, .persistent = persistent};
    const std::string failure = failure_of(dir / "f", durability, given);
    if (given.calls < call) return failures;
    BOOST_TEST_CONTEXT("call " << call << ": " << failure) {
      BOOST_TEST((contents(dir.path()) == after(failure)));
    }
    if (!failure.empty()) failures.push_back(operation_of(failure));
  }
}

const auto kEachWay = bdata::make({false, true});  // one call fails, or all from that one on
const Contents kNew{{"f", "new"}, {"other", "kept"}};

}  // namespace

BOOST_DATA_TEST_CASE(the_old_content_outlives_each_failure_and_nothing_else_is_left, kEachWay,
                     persistent) {
  const std::vector<std::string> expected = {"getrandom for a temporary file's name",
                                             "create a temporary file for", "write", "close",
                                             "rename into place"};
  for (const Contents& before :
       {Contents{{"f", "old"}, {"other", "kept"}}, Contents{{"other", "kept"}}}) {
    const auto failures =
        try_each_call(Durability::process, persistent, before,
                      [&](const std::string& failure) { return failure.empty() ? kNew : before; });
    BOOST_TEST(failures == expected, boost::test_tools::per_element());
  }
}

BOOST_DATA_TEST_CASE(only_where_the_directory_cannot_be_synced_is_the_new_content_in_place,
                     kEachWay, persistent) {
  const std::vector<std::string> expected = {"open the directory of",
                                             "getrandom for a temporary file's name",
                                             "create a temporary file for",
                                             "write",
                                             "sync",
                                             "close",
                                             "rename into place",
                                             "sync the directory of"};
  for (const Contents& before :
       {Contents{{"f", "old"}, {"other", "kept"}}, Contents{{"other", "kept"}}}) {
    const auto failures =
        try_each_call(Durability::power, persistent, before, [&](const std::string& failure) {
          return failure.empty() || failure.starts_with("sync the directory of") ? kNew : before;
        });
    BOOST_TEST(failures == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(what_is_placed_is_placed_whole_also_where_one_call_fails) {
  for (int call = 1; call <= 4; ++call) {  // open(2), write(2), linkat(2), close(2)
    const study_test::TempDir dir;
    study::replace_file(dir / "other", "kept");
    Faults given{.first = call};
    BOOST_TEST(failure_of_call(given, [&] { study::place_file(dir / "f", "new"); }) == "");
    BOOST_TEST(given.calls > 4, "call " << call);  // it was done the other way
    BOOST_TEST((contents(dir.path()) == kNew), "call " << call);
  }
  const study_test::TempDir dir;
  Faults none;
  BOOST_TEST(failure_of_call(none, [&] { study::place_file(dir / "f", "new"); }) == "");
  BOOST_TEST(none.calls == 4);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_placed_leaves_the_old_content) {
  const Contents before{{"f", "old"}, {"other", "kept"}};
  for (int call = 1; call <= 3; ++call) {
    const study_test::TempDir dir;
    for (const auto& [name, bytes] : before) study::replace_file(dir / name, bytes);
    Faults given{.first = call, .persistent = true};
    BOOST_TEST(failure_of_call(given, [&] { study::place_file(dir / "f", "new"); }) != "");
    BOOST_TEST((contents(dir.path()) == before), "call " << call);
  }
}

BOOST_AUTO_TEST_CASE(a_call_that_a_signal_interrupted_is_repeated) {
  for (int call = 1; call <= 4; ++call) {  // both open(2), getrandom(2) and write(2)
    const study_test::TempDir dir;
    Faults given{.first = call, .error_number = EINTR};
    BOOST_TEST(failure_of(dir / "f", Durability::power, given) == "");
    BOOST_TEST((contents(dir.path()) == Contents{{"f", "new"}}));
  }
}

BOOST_AUTO_TEST_CASE(a_directory_of_a_kind_that_cannot_be_synced_is_no_failure) {
  const study_test::TempDir dir;
  Faults whole;
  BOOST_TEST(failure_of(dir / "f", Durability::power, whole) == "");
  // The last call closes the directory, the one before it syncs it.
  Faults given{.first = whole.calls - 1, .error_number = EINVAL};
  BOOST_TEST(failure_of(dir / "f", Durability::power, given) == "");
  BOOST_TEST((contents(dir.path()) == Contents{{"f", "new"}}));
}
