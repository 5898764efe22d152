#define BOOST_TEST_MODULE sqlite_schema
#include "sqlite_study.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>

#include <array>
#include <fstream>

#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using namespace study;
using sqlite::Access;
using sqlite::Database;
using sqlite::Migration;
using study_test::query;
using study_test::read_back;
using study_test::StudyRun;
using Kind = CheckpointError::Kind;

namespace {

using Rows = std::vector<std::string>;
constexpr auto kPerElement = boost::test_tools::per_element();

constexpr auto kSteps = std::to_array<Migration>(
    {{1, "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1)"},
     {2, "ALTER TABLE a ADD COLUMN y INTEGER DEFAULT 10; UPDATE a SET x = x + 1"},
     {3, "CREATE TABLE b AS SELECT x + y AS z FROM a"}});

Database open(const fs::path& path) {
  return Database(path, Access::write, std::chrono::seconds(1));
}

struct Folder {
  study_test::TempDir dir;
  fs::path path = dir / "studies.db";

  void make(const std::string& sql) const { open(path).execute(sql.c_str()); }

  /// A study that starts here is refused, and so is whoever asks for one; nothing changes.
  void check_refused(Kind kind, const std::string& message) const {
    const std::string before = read_file(path);
    const auto is_expected = [&](const CheckpointError& error) {
      BOOST_TEST(std::string(error.what()).find(path.string()) != std::string::npos);
      BOOST_TEST(std::string(error.what()).find(message) != std::string::npos, error.what());
      return error.kind() == kind;
    };
    StudyRun run(dir.path(), "s", study_test::sample_manifest(1));
    BOOST_CHECK_EXCEPTION(run.start(), CheckpointError, is_expected);
    BOOST_CHECK_EXCEPTION(static_cast<void>(read_back({.study_dir = run.dir})), CheckpointError,
                          is_expected);
    BOOST_TEST((read_file(path) == before));
    BOOST_TEST((study_test::listing(dir.path()) == std::set<std::string>{"s", "studies.db"}));
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_new_or_empty_file_gets_the_present_schema) {
  for (const bool is_there : {false, true}) {
    Folder folder;
    if (is_there) std::ofstream(folder.path) << "";
    BOOST_TEST(!read_back({.study_dir = folder.dir / "s"}));
    StudyRun run(folder.dir.path(), "s", study_test::sample_manifest(1));
    run.start();
    BOOST_TEST(query(folder.path, "PRAGMA user_version") == Rows{"2"}, kPerElement);
    BOOST_TEST(
        query(folder.path, "PRAGMA application_id") == Rows{std::to_string(sqlite::kApplicationId)},
        kPerElement);
  }
}

BOOST_AUTO_TEST_CASE(each_version_becomes_the_newest_by_the_steps_that_it_lacks) {
  for (std::size_t first = 0; first <= kSteps.size(); ++first) {
    Folder folder;
    Database database = open(folder.path);
    if (first > 0) sqlite::migrate(database, std::span(kSteps).first(first));
    sqlite::migrate(database, kSteps);
    sqlite::migrate(database, kSteps);  // once is enough
    BOOST_TEST(query(folder.path, "SELECT x, y, z FROM a, b") == Rows{"2|10|12"}, kPerElement);
    BOOST_TEST(database.query_integer("PRAGMA user_version") == 3);
  }
}

BOOST_AUTO_TEST_CASE(a_migration_that_fails_leaves_the_database_as_it_was) {
  Folder folder;
  Database database = open(folder.path);
  sqlite::migrate(database, std::span(kSteps).first(1));
  constexpr auto broken = std::to_array<Migration>(
      {kSteps[0], kSteps[1], {3, "CREATE TABLE c (x); INSERT INTO nowhere VALUES (1)"}});
  BOOST_CHECK_THROW(sqlite::migrate(database, broken), sqlite::DatabaseError);
  BOOST_TEST(query(folder.path, "SELECT * FROM a") == Rows{"1"}, kPerElement);
  BOOST_TEST(query(folder.path, "SELECT name FROM sqlite_schema") == Rows{"a"}, kPerElement);
  BOOST_TEST(database.query_integer("PRAGMA user_version") == 1);
}

BOOST_AUTO_TEST_CASE(a_newer_schema_is_refused_as_newer) {
  Folder folder;
  {
    StudyRun run(folder.dir.path(), "s", study_test::sample_manifest(1));
    run.start();
    run.end();
  }
  folder.make("PRAGMA user_version = 3");
  folder.check_refused(Kind::newer_version, "version 3 of the schema, and this program knows 2");
}

BOOST_AUTO_TEST_CASE(a_database_of_version_1_is_read_as_it_is_and_brought_up_by_a_writer) {
  Folder folder;
  const StudyManifest manifest = study_test::sample_manifest(2);
  {
    Database database = open(folder.path);
    sqlite::migrate(database, sqlite::migrations().first(1));
    database.execute(("INSERT INTO studies VALUES (1, 's', 'sample', '" +
                      manifest.head.study_design_hash +
                      "', '2.0', '0.8.0', 'running', 1772209800000000, NULL)")
                         .c_str());
    for (std::size_t i = 0; i < 2; ++i) {
      sqlite::Statement(database, "INSERT INTO entries VALUES (1, ?, ?, 1, ?)")
          .run(i, manifest.experiments[i].config_hash, manifest.experiments[i].config_summary);
    }
  }
  fs::create_directory(folder.dir / "s");
  const std::string before = read_file(folder.path);
  BOOST_TEST((read_back({.study_dir = folder.dir / "s"}) == manifest));
  BOOST_TEST((read_file(folder.path) == before));
  StudyRun run(folder.dir.path(), "s", manifest);
  run.resume(manifest);
  run.attributes = R"({"worker":"a"})";
  run.enter(0, ExperimentState::running, 1);
  BOOST_TEST((read_back({.study_dir = run.dir}) == run.table.manifest()));
  BOOST_TEST(query(folder.path, "SELECT attributes FROM attempts") == Rows{R"({"worker":"a"})"},
             kPerElement);
  BOOST_TEST(query(folder.path, "PRAGMA user_version") == Rows{"2"}, kPerElement);
}

BOOST_AUTO_TEST_CASE(the_database_of_another_application_is_left_alone) {
  for (const std::string sql :
       {"CREATE TABLE mine (x)", "PRAGMA application_id = 42", "PRAGMA user_version = 1",
        "PRAGMA application_id = 42; PRAGMA user_version = 1; CREATE TABLE studies (x)"}) {
    Folder folder;
    folder.make(sql);
    folder.check_refused(Kind::corrupt, "the database of another application: give");
  }
}

BOOST_AUTO_TEST_CASE(tables_that_somebody_has_changed_are_named) {
  Folder folder;
  {
    StudyRun run(folder.dir.path(), "s", study_test::sample_manifest(1));
    run.start();
    run.end();
  }
  folder.make(
      "DROP VIEW manifest; DROP VIEW studies_overview; DROP VIEW entry_states; DROP TABLE "
      "attempts");
  BOOST_CHECK_EXCEPTION(static_cast<void>(read_back({.study_dir = folder.dir / "s"})),
                        CheckpointError, [&](const CheckpointError& error) {
                          return std::string(error.what()) ==
                                 folder.path.string() + " doesn't have the tables of a study";
                        });
}
