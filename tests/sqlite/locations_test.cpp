#define BOOST_TEST_MODULE sqlite_locations
#include "sqlite_study.hpp"

#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using namespace study;
using enum study::ExperimentState;
using study_test::at;
using study_test::listing;
using study_test::query;
using study_test::read_back;
using study_test::sample_manifest;
using study_test::StudyRun;

namespace {

using Rows = std::vector<std::string>;
constexpr auto kPerElement = boost::test_tools::per_element();

}  // namespace

BOOST_AUTO_TEST_CASE(by_name_it_is_the_study_with_the_latest_start) {
  study_test::TempDir results;
  for (const double start : {50.0, 100.0, 0.0}) {
    StudyManifest manifest = sample_manifest(1);
    manifest.head.started_at = at(start);
    StudyRun run(results.path(), "s" + std::to_string(static_cast<int>(start)), manifest);
    run.start();
  }
  const auto found = read_back({.study_name = "sample", .results_dir = results.path()});
  BOOST_TEST((found.value().head.started_at == at(100)));
  BOOST_TEST(!read_back({.study_name = "unknown", .results_dir = results.path()}));
}

BOOST_AUTO_TEST_CASE(a_moved_results_directory_keeps_its_studies) {
  study_test::TempDir outer;
  StudyRun run(outer / "results", "s", sample_manifest(2));
  run.start();
  run.enter(0, failed, 1, "kept");
  run.end();
  fs::rename(outer / "results", outer / "moved");
  const auto found = read_back({.study_dir = outer / "moved" / "s"});
  BOOST_TEST((found.value() == run.table.manifest()));
  fs::create_directory_symlink(outer / "moved", outer / "link");
  BOOST_TEST((read_back({.study_dir = outer / "link" / "s" / ""}) == found));
}

BOOST_AUTO_TEST_CASE(the_path_is_relative_to_the_results_directory) {
  study_test::TempDir outer;
  const sqlite::SqliteOptions options{.path = "../all studies?.db"};
  StudyRun run(outer / "results", "s", sample_manifest(2), options);
  run.start();
  run.end();
  const fs::path database = fs::canonical(outer.path()) / "all studies?.db";
  BOOST_TEST(query(database, "SELECT study_dir FROM studies") == Rows{"results/s"}, kPerElement);
  BOOST_TEST((read_back({.study_dir = run.dir}, options) == run.table.manifest()));
  BOOST_TEST((read_back({.study_name = "sample", .results_dir = outer / "results"}, options) ==
              run.table.manifest()));
  // By whatever links somebody comes.
  fs::create_directory_symlink(outer / "results", outer / "link");
  BOOST_TEST(
      (read_back({.study_dir = outer / "link" / "s"}, {.path = database}) == run.table.manifest()));
  // A study that lies elsewhere is known by its whole path.
  study_test::TempDir elsewhere;
  StudyRun other(elsewhere.path(), "s", sample_manifest(1), {.path = database});
  other.start();
  other.end();
  BOOST_TEST((query(database, "SELECT study_dir FROM studies ORDER BY study_id").back() ==
              fs::canonical(other.dir).string()));
  BOOST_TEST((read_back({.study_dir = other.dir}, {.path = database}) == other.table.manifest()));
}

BOOST_AUTO_TEST_CASE(where_there_is_no_database_or_no_such_study_there_is_no_checkpoint) {
  study_test::TempDir results;
  BOOST_TEST(!read_back({.study_dir = results / "s"}));
  BOOST_TEST(!read_back({.study_name = "sample", .results_dir = results.path()}));
  BOOST_TEST((listing(results.path()) == std::set<std::string>{}));
  StudyRun run(results.path(), "s", sample_manifest(1));
  run.start();
  BOOST_TEST(!read_back({.study_dir = results / "other"}));
}
