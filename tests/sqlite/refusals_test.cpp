#define BOOST_TEST_MODULE sqlite_refusals
#include "sqlite_study.hpp"
#include "support/child.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>

#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using namespace study;
using enum study::ExperimentState;
using study_test::read_back;
using study_test::sample_manifest;
using study_test::StudyRun;

namespace {

/// A start and a reader are refused with the same message, and the file stays as it is.
void check_refused(const fs::path& results, const std::string& message) {
  const fs::path path = results / "studies.db";
  const std::string before = read_file(path);
  const auto is_expected = [&](const Error& error) {
    const std::string text = error.what();
    BOOST_TEST(text.find(path.string() + message) == 0U, text);
    return true;
  };
  StudyRun run(results, "s", sample_manifest(1));
  BOOST_CHECK_EXCEPTION(run.start(), Error, is_expected);
  BOOST_CHECK_EXCEPTION(static_cast<void>(read_back({.study_dir = run.dir})), CheckpointError,
                        is_expected);
  BOOST_TEST((read_file(path) == before));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database_is_left_alone) {
  for (const std::string& text : {std::string("notes\n"), std::string(10'000, 'x')}) {
    study_test::TempDir results;
    replace_file(results / "studies.db", text);
    check_refused(results.path(), " is not an SQLite database: move it away, or give");
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_database_is_left_alone) {
  study_test::TempDir results;
  {
    StudyRun run(results.path(), "s", sample_manifest(300));
    run.start();
    run.end();
  }
  std::string bytes = read_file(results / "studies.db");
  for (std::size_t page = 1; page * 4096 < bytes.size(); ++page) {
    bytes.replace(page * 4096, 100, 100, '\xee');
  }
  replace_file(results / "studies.db", bytes);
  check_refused(results.path(), " is damaged (database disk image is malformed): move it away");
}

BOOST_AUTO_TEST_CASE(a_database_that_cannot_be_created_is_an_error_that_says_why) {
  study_test::TempDir results;
  const auto refusal = [&](const std::string& path) {
    StudyRun run(results.path(), "s", sample_manifest(1), {.path = path});
    try {
      run.start();
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  BOOST_TEST(refusal("no/such/folder.db") ==
             (results / "no/such/folder.db").string() +
                 " can't be opened (unable to open database file: No such file or directory): its "
                 "folder must exist and be writable");
  BOOST_TEST(refusal("s") ==
             (results / "s").string() + ": what lies there is no regular file: move it away");
}

BOOST_AUTO_TEST_CASE(a_read_only_database_is_refused_and_can_be_read) {
  study_test::TempDir outer;
  fs::permissions(outer.path(), fs::perms::all);
  const fs::path results = outer / "results?of #1 100%";
  const auto is_expected = [](const std::string& text) {
    return text.find("studies.db is read-only: make the file and its folder writable") !=
               std::string::npos ||
           text.find(
               "studies.db can't be opened (unable to open database file: Permission denied)"
               ": its folder must exist and be writable") != std::string::npos;
  };
  // In a child without root's rights, for which permissions count.
  const int failed_check = study_test::run_unprivileged([&] {
    StudyRun run(results, "s", sample_manifest(2));
    run.start();
    run.enter(0, running, 1);
    run.end();
    for (const bool folder_too : {false, true}) {
      fs::permissions(results / "studies.db", fs::perms::owner_read);
      if (folder_too) {
        fs::permissions(results, fs::perms::owner_read | fs::perms::owner_exec);
      }
      const std::string before = read_file(results / "studies.db");
      if (read_back({.study_dir = run.dir}) != run.table.manifest()) return 1;
      StudyRun other(results, "s", sample_manifest(2));
      try {
        other.start();
        return 2;
      } catch (const Error& error) {
        if (!is_expected(error.what())) return 3;
      }
      if (read_file(results / "studies.db") != before) return 4;
    }
    // A folder alone that is read-only has no place for the log.
    fs::permissions(results / "studies.db", fs::perms::owner_read | fs::perms::owner_write);
    if (read_back({.study_dir = run.dir}) != run.table.manifest()) return 5;
    fs::permissions(results, fs::perms::owner_all);
    return study_test::listing(results) == std::set<std::string>{"s", "studies.db"} ? 0 : 6;
  });
  BOOST_TEST(failed_check == 0);
}
