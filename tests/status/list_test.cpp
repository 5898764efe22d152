// The studies of a results folder, as `list` shows them.
#include "support/study_folder.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <signal.h>

using namespace study_test;

namespace {

namespace fs = std::filesystem;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

ProgramResult list(std::vector<std::string> more) {
  std::vector<std::string> command{kStudyHost, "list"};
  command.insert(command.end(), more.begin(), more.end());
  return run_program(command);
}

/// A study of which nothing is there but its manifest.
void keep_manifest(const fs::path& results, const std::string& name, const std::string& started_at,
                   const std::string& status) {
  const fs::path directory = results / (name + "_" + started_at.substr(0, 10));
  fs::create_directories(directory);
  std::ofstream(directory / "manifest.json")
      << R"({"schema_version": "2.0", "study_name": ")" << name
      << R"(", "study_design_hash": "0123456789abcdef", "llenergymeasure_version": "1",)"
      << R"( "started_at": ")" << started_at << R"(", "completed_at": null, "status": ")" << status
      << R"(", "total_experiments": 1, "completed": 0, "failed": 0, "pending": 1, "experiments":)"
      << R"( [{"config_hash": "aaaaaaaaaaaaaaaa", "config_summary": "a", "cycle": 1,)"
      << R"( "status": "pending", "result_file": null, "error_type": null,)"
      << R"( "error_message": null, "started_at": null, "completed_at": null}]})";
}

struct Results {
  Results() {
    keep_manifest(folder.results(), "old", "2025-01-01T00:00:00Z", "interrupted");
    keep_manifest(folder.results(), "new", "2026-01-01T00:00:00Z", "circuit_breaker");
    fs::create_directory(folder.results() / "notes");
  }
  [[nodiscard]] std::string place() const { return folder.results().string(); }

  StudyFolder folder;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(list_of_studies)

BOOST_FIXTURE_TEST_CASE(the_studies_of_a_folder_are_listed_the_latest_first, Results) {
  const ProgramResult result = list({place()});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(
      result.out ==
      "started               status           completed  failed  pending  study         "
      "directory\n"
      "2026-01-01T00:00:00Z  circuit_breaker          0       0        1  new           " +
          place() +
          "/new_2026-01-01\n"
          "2025-01-01T00:00:00Z  interrupted              0       0        1  old           " +
          place() + "/old_2025-01-01\n");
}

BOOST_FIXTURE_TEST_CASE(a_study_that_cant_be_read_is_listed_with_the_reason, Results) {
  fs::create_directory(folder.results() / "torn");
  std::ofstream(folder.results() / "torn/manifest.json") << "{";
  const ProgramResult result = list({place()});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.out, place() + "/old_2025-01-01\n?                     " + place() +
                                      "/torn\n    " + place() + "/torn/manifest.json:1: "));
}

BOOST_FIXTURE_TEST_CASE(as_json_it_is_for_programs, Results) {
  fs::create_directory(folder.results() / "torn");
  std::ofstream(folder.results() / "torn/manifest.json") << "{";
  const json::array studies = json::parse(list({place(), "--json"}).out).as_array();
  BOOST_TEST_REQUIRE(studies.size() == 3U);
  const json::object expected{{"study_dir", place() + "/new_2026-01-01"},
                              {"problem", nullptr},
                              {"study_name", "new"},
                              {"status", "circuit_breaker"},
                              {"started_at", "2026-01-01T00:00:00Z"},
                              {"completed_at", nullptr},
                              {"completed", 0},
                              {"failed", 0},
                              {"pending", 1},
                              {"running", 0},
                              {"study_design_hash", "0123456789abcdef"},
                              {"host", nullptr},
                              {"writer", "none"}};
  BOOST_TEST((studies[0] == expected), studies[0]);
  BOOST_TEST(studies[2].at("status").is_null());
  BOOST_TEST(contains(studies[2].at("problem").as_string().c_str(), "/torn/manifest.json:1: "));
}

BOOST_AUTO_TEST_CASE(a_study_that_runs_and_one_that_was_killed_are_told_apart) {
  StudyFolder folder;
  folder.use_manifest_writer();
  folder.study(": > " + (folder / "up").string() + "; sleep 1000");
  Program host(folder.command());
  wait_for_file(folder / "up");
  BOOST_TEST(contains(list({folder.results().string()}).out, "Z  running              0  "));
  host.send(SIGKILL);
  host.wait();
  BOOST_TEST(contains(list({folder.results().string()}).out, "Z  interrupted          0  "));
}

BOOST_AUTO_TEST_CASE(a_study_that_other_observers_keep_is_listed_too) {
  for (const char* const plugin : {"journal_writer", "sqlite_writer"}) {
    StudyFolder folder;
    folder.host({{{"plugin", plugin}}});
    folder.study("echo 1");
    BOOST_TEST(folder.run().exit_code == 0);
    const ProgramResult result = list({folder.results().string()});
    BOOST_TEST(contains(result.out, "Z  completed            1       0        0  test  "),
               plugin << ": " << result.out << result.err);
  }
}

BOOST_AUTO_TEST_CASE(what_a_database_beside_the_studies_knows_is_listed_too) {
  StudyFolder folder;
  folder.host({{{"plugin", "sqlite_writer"}}, {{"plugin", "manifest_writer"}}});
  folder.study("echo 1");
  const fs::path first = last_line(folder.run().out);
  BOOST_TEST(folder.run().exit_code == 0);
  fs::remove_all(first);
  const std::string config = (folder / "study_host.json").string();
  const ProgramResult result = list({"--config", config});
  BOOST_TEST(result.exit_code == 0, result.err);
  const std::string line = "Z  completed            1       0        0  test          ";
  BOOST_TEST(contains(result.out, line + folder.study_dir().string() + "\n"), result.out);
  BOOST_TEST(contains(result.out, line + first.string() + "\n"), result.out);
  BOOST_TEST(std::count(result.out.begin(), result.out.end(), '\n') == 3, result.out);
  // The database has the name that it had.
  const fs::path second = folder.study_dir();
  fs::rename(second, folder.results() / "moved");
  const std::string moved = list({"--config", config}).out;
  BOOST_TEST(contains(moved, "/moved\n"), moved);
  BOOST_TEST(std::count(moved.begin(), moved.end(), '\n') == 3, moved);
  // The folder alone.
  BOOST_TEST(
      !contains(list({folder.results().string(), "--config", config}).out, first.string() + "\n"));
}

BOOST_AUTO_TEST_CASE(of_a_study_that_only_a_database_knows_the_lock_tells_who_writes) {
  StudyFolder folder;
  const fs::path elsewhere = folder / "elsewhere.db";
  folder.host({{{"plugin", "sqlite_writer"}, {"options", {{"path", elsewhere.string()}}}}});
  folder.study(": > " + (folder / "up").string() + "; sleep 1000");
  Program host(folder.command());
  wait_for_file(folder / "up");
  StudyFolder other;
  other.host({{{"plugin", "sqlite_writer"}, {"options", {{"path", elsewhere.string()}}}}});
  const std::vector<std::string> of_other{"--config", (other / "study_host.json").string()};
  BOOST_TEST(contains(list(of_other).out, "Z  running              0  "), list(of_other).err);
  host.send(SIGKILL);
  host.wait();
  BOOST_TEST(contains(list(of_other).out, "Z  interrupted          0  "));
}

BOOST_AUTO_TEST_CASE(without_a_folder_there_must_be_somebody_who_knows) {
  StudyFolder folder;
  for (const char* const plugin : {"manifest_writer", "sqlite_writer"}) {
    folder.host({{{"plugin", plugin}}});
    const ProgramResult result = list({"--config", (folder / "study_host.json").string()});
    BOOST_TEST(result.exit_code == 2);
    BOOST_TEST(contains(result.err, folder.results().string() +
                                        ": no such directory, and no observer keeps a list of "
                                        "studies\n"),
               result.err);
  }
}

BOOST_AUTO_TEST_CASE(a_database_that_cant_be_read_is_a_warning_beside_the_folder) {
  StudyFolder folder;
  folder.host({{{"plugin", "manifest_writer"}}, {{"plugin", "sqlite_writer"}}});
  folder.study("echo 1");
  BOOST_TEST(folder.run().exit_code == 0);
  folder.write("results/studies.db", std::string(4096, 'x'));
  const ProgramResult result = list({"--config", (folder / "study_host.json").string()});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.out, "Z  completed            1  "), result.out);
  BOOST_TEST(contains(result.err, "warning: not all studies that sqlite_writer keeps can be told"),
             result.err);
  BOOST_TEST(std::count(result.err.begin(), result.err.end(), '\n') == 1, result.err);
}

BOOST_FIXTURE_TEST_CASE(without_a_folder_it_is_that_of_the_host_config_here, Results) {
  const ProgramResult result = run_program(
      {"sh", "-c", "cd \"$1\" && exec \"$2\" list", "sh", folder.path().string(), kStudyHost});
  BOOST_TEST(contains(result.out, place() + "/new_2026-01-01\n"), result.err);
}

BOOST_AUTO_TEST_CASE(where_that_is_missing_the_way_to_its_observers_is_told) {
  const StudyFolder folder;
  const std::string config = (folder / "study_host.json").string();
  const ProgramResult result = run_program(
      {"sh", "-c", "cd \"$1\" && exec \"$2\" list", "sh", folder.path().string(), kStudyHost});
  BOOST_TEST(result.exit_code == 2);
  BOOST_TEST(result.err == "study-host: " + folder.results().string() +
                               ": no such directory; which studies the observers of " + config +
                               " know, study-host list --config " + config + " tells\n");
}

BOOST_FIXTURE_TEST_CASE(what_is_no_folder_of_studies_is_told, Results) {
  const ProgramResult nowhere = list({place() + "/nowhere"});
  BOOST_TEST(nowhere.exit_code == 2);
  BOOST_TEST(contains(nowhere.err, place() + "/nowhere: No such file or directory"));
  const ProgramResult study = list({place() + "/new_2026-01-01"});
  BOOST_TEST(study.exit_code == 2);
  BOOST_TEST(contains(study.err, " is a study itself; see study-host status " + place()));
  const ProgramResult empty = list({place() + "/notes"});
  BOOST_TEST(empty.exit_code == 0);
  BOOST_TEST(empty.out == "no studies in " + place() + "/notes\n");
  BOOST_TEST(list({place() + "/notes", "--json"}).out == "[]\n");
}

BOOST_FIXTURE_TEST_CASE(status_of_a_folder_of_studies_lists_them, Results) {
  const ProgramResult result = run_program({kStudyHost, "status", place()});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(result.out == place() + " is no study; those in it:\n" + list({place()}).out);
  const ProgramResult json = run_program({kStudyHost, "status", place(), "--json"});
  BOOST_TEST(json.exit_code == 2);
  BOOST_TEST(contains(json.err,
                      " is no study, but has 2 in it: give one of them, or see "
                      "study-host list " +
                          place()));
}

BOOST_AUTO_TEST_SUITE_END()
