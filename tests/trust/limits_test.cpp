// What is too large, or never ends, is refused with a text.
#include "support/resumable.hpp"
#include "support/two_users.hpp"

#include <string>

#include <boost/test/unit_test.hpp>
#include <sqlite3.h>

using namespace study_test;

namespace {

constexpr std::uintmax_t kEightGibibytes = std::uintmax_t{8} << 30;

void make_sparse(const fs::path& file, std::uintmax_t size) {
  std::ofstream(file) << "";
  fs::resize_file(file, size);
}

ProgramResult status_of(const fs::path& study_dir, const fs::path& config = {}) {
  std::vector<std::string> command{kStudyHost, "status", study_dir.string()};
  if (!config.empty()) command.insert(command.end(), {"--config", config.string()});
  return run_program(command);
}

/// Runs SQL on a database.
void change(const fs::path& database, const std::string& sql) {
  sqlite3* handle = nullptr;
  BOOST_TEST_REQUIRE(sqlite3_open(database.c_str(), &handle) == SQLITE_OK);
  const int code = sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr);
  BOOST_TEST(code == SQLITE_OK, sqlite3_errmsg(handle));
  sqlite3_close(handle);
}

const std::string kEndless =
    " AS WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) ";

}  // namespace

BOOST_AUTO_TEST_SUITE(limits)

BOOST_AUTO_TEST_CASE(a_huge_checkpoint_is_refused_before_it_is_read) {
  Resumable study;
  static_cast<void>(study.folder.run());
  make_sparse(study.manifest_path(), kEightGibibytes);
  const ProgramResult result = status_of(study.folder.study_dir());
  BOOST_TEST(result.exit_code == 2, result.err);
  BOOST_TEST(contains(result.err, "read more than 536870912 bytes of"), result.err);
  make_sparse(study.folder.study_dir() / "study_record.json", kEightGibibytes);
  BOOST_TEST(study.resume_alone().exit_code == 3);
}

BOOST_AUTO_TEST_CASE(a_study_file_without_an_end_is_refused) {
  const ProgramResult result = run_program({kStudyHost, "run", "/dev/zero"});
  BOOST_TEST(result.exit_code == 2, result.err);
  BOOST_TEST(contains(result.err, "/dev/zero: cannot be read: File too large"), result.err);
}

BOOST_AUTO_TEST_CASE(a_study_file_may_come_through_a_pipe_but_isn_t_waited_for_without_a_writer) {
  const StudyFolder folder;
  BOOST_TEST_REQUIRE(::mkfifo((folder / "pipe.yaml").c_str(), 0600) == 0);
  const ProgramResult nobody = run_program({kStudyHost, "run", (folder / "pipe.yaml").string()});
  BOOST_TEST(nobody.exit_code == 2, nobody.err);
  const ProgramResult somebody = run_program(
      {"bash", "-c",
       "\"$0\" run --dry-run <(sleep 0.2; echo 'name: piped'; echo 'experiments: [{n: 1}]')",
       kStudyHost});
  BOOST_TEST(somebody.exit_code == 0, somebody.err);
  BOOST_TEST(contains(somebody.out, "piped"), somebody.out);
}

BOOST_AUTO_TEST_CASE(what_is_nearly_a_placeholder_of_a_hundred_kilobytes_costs_nothing) {
  StudyFolder folder;
  folder.use_manifest_writer();
  json::array fields{{{std::string(100'000, 'a'), 1}}};
  json::object runner;
  folder.study("true", fields, runner);
  std::string text = read_text(folder / "study.json");
  text.replace(text.find("{n}"), 3, "{" + std::string(99'999, 'a') + "}");
  folder.write("study.json", text);
  const ProgramResult result = folder.run({"--dry-run"});
  BOOST_TEST(result.exit_code == 2);
  BOOST_TEST(!contains(result.err, "did you mean"));
}

BOOST_AUTO_TEST_CASE(a_sweep_of_very_many_dimensions_is_refused) {
  const StudyFolder folder;
  std::string text = "name: wide\nsweep:\n";
  for (int i = 0; i < 30'000; ++i) text += "  k" + std::to_string(i) + ": [1]\n";
  folder.write("study.yaml", text);
  const ProgramResult result =
      run_program({kStudyHost, "run", (folder / "study.yaml").string(), "--dry-run"});
  BOOST_TEST(result.exit_code == 2, result.err);
  BOOST_TEST(contains(result.err, "has 30000 dimensions; at most 1000 are taken"), result.err);
}

BOOST_AUTO_TEST_CASE(an_endless_view_or_table_in_a_database_isn_t_waited_for) {
  const auto read = [](const std::string& sql) {
    Resumable study;
    study.observe_with({"sqlite_writer"});
    static_cast<void>(study.folder.run());
    change(study.folder.results() / "studies.db", sql);
    return status_of(study.folder.study_dir(), study.folder / "study_host.json");
  };
  const ProgramResult unused = read("DROP VIEW entry_states; CREATE VIEW entry_states" + kEndless +
                                    "SELECT 1 AS study_id, i AS position FROM n");
  BOOST_TEST(unused.exit_code == 0, unused.err);
  const ProgramResult view =
      read("DROP TABLE attempts; DROP TABLE entries; CREATE VIEW entries" + kEndless +
           "SELECT 1 AS study_id, i AS position, 'h' AS config_hash FROM n");
  BOOST_TEST(view.exit_code == 2, view.err);
  BOOST_TEST(contains(view.err, "doesn't have the tables of a study"), view.err);
}

BOOST_AUTO_TEST_CASE(a_trigger_in_a_shared_database_doesn_t_hold_up_a_study) {
  Resumable study;
  study.observe_with({"sqlite_writer"});
  static_cast<void>(study.folder.run());
  change(study.folder.results() / "studies.db",
         "CREATE TRIGGER slow AFTER INSERT ON studies BEGIN INSERT INTO entries (study_id)"
         " WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n)"
         " SELECT max(i) FROM n; END");
  BOOST_TEST(study.folder.run().exit_code == 0);
}

BOOST_AUTO_TEST_CASE(rows_of_no_study_in_a_database_are_passed_over) {
  Resumable study;
  study.observe_with({"sqlite_writer"});
  study.fail(2);
  static_cast<void>(study.folder.run());
  study.repair();
  change(
      study.folder.results() / "studies.db",
      "INSERT INTO attempts (study_id, position, attempt, status)"
      " VALUES (1, 77, 1, 'failed'), (1, -5, 1, 'failed'), (1, 0, 9223372036854775807, 'failed')");
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(!contains(result.err, "vector"), result.err);
}

BOOST_AUTO_TEST_CASE(a_config_that_begins_like_a_comment_is_refused_with_its_place) {
  StudyFolder folder;
  folder.study("true");
  for (const std::string text : {"/x", "/", "{} /x", "/*", "/* *", "{\"jobs\": 1 /* open }"}) {
    folder.write("study_host.json", text);
    const ProgramResult result = folder.run({"--dry-run"});
    BOOST_TEST(result.exit_code == 2, text);
    BOOST_TEST(contains(result.err, "study_host.json:1: not valid JSON"), result.err);
  }
  for (const std::string text : {"/**/{}", "/***/{}/* **/", "{} // end", "{\"jobs\": /*/ */ 1}",
                                 "{\"results_dir\": \"a//b/*\\\"*/\"}"}) {
    folder.write("study_host.json", text);
    const ProgramResult result = folder.run({"--dry-run"});
    BOOST_TEST(result.exit_code == 0, text << ": " << result.err);
  }
}

BOOST_AUTO_TEST_CASE(times_that_are_thousands_of_years_apart_are_told) {
  Resumable study;
  static_cast<void>(study.folder.run());
  auto manifest = study.folder.manifest();
  manifest["started_at"] = "0001-01-01T00:00:00Z";
  manifest["completed_at"] = "9999-12-31T00:00:00Z";
  for (auto& entry : manifest["experiments"].as_array()) {
    entry.as_object()["started_at"] = "0001-01-01T00:00:00Z";
    entry.as_object()["completed_at"] = "9999-12-31T00:00:00Z";
  }
  study.put_manifest(json::serialize(manifest));
  const ProgramResult result = status_of(study.folder.study_dir());
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.out, "87649392 h 00 min"), result.out);
}

BOOST_AUTO_TEST_SUITE_END()
