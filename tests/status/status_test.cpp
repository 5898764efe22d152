// What a study with its manifest shows: while it runs, at its end, to a person and to a program.
#include "support/study_folder.hpp"

#include <string>

#include <boost/test/unit_test.hpp>
#include <signal.h>

using namespace study_test;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

ProgramResult show_status(const std::filesystem::path& study_dir,
                          std::vector<std::string> more = {}) {
  std::vector<std::string> command{kStudyHost, "status", study_dir.string()};
  command.insert(command.end(), more.begin(), more.end());
  return run_program(command);
}

constexpr const char* kManifest = R"({
  "schema_version": "2.0",
  "study_name": "compression",
  "study_design_hash": "0123456789abcdef",
  "llenergymeasure_version": "1.0.0",
  "started_at": "2026-02-27T16:30:00Z",
  "completed_at": null,
  "status": "running",
  "total_experiments": 3,
  "completed": 7,
  "failed": 0,
  "pending": 0,
  "experiments": [
    {"config_hash": "aaaaaaaaaaaaaaaa", "config_summary": "gzip / level=1", "cycle": 1,
     "status": "completed", "result_file": "a.json", "error_type": null, "error_message": null,
     "started_at": "2026-02-27T16:30:00Z", "completed_at": "2026-02-27T16:30:01Z"},
    {"config_hash": "bbbbbbbbbbbbbbbb", "config_summary": "gzip / level=99", "cycle": 1,
     "status": "failed", "result_file": null, "error_type": "ProcessExit",
     "error_message": "exited with code 1:\nno such level",
     "started_at": "2026-02-27T16:30:01Z", "completed_at": "2026-02-27T16:30:02Z"},
    {"config_hash": "cccccccccccccccc", "config_summary": "xz / level=1", "cycle": 1,
     "status": "running", "result_file": null, "error_type": null, "error_message": null,
     "started_at": "2026-02-27T16:30:02Z", "completed_at": null}
  ]
})";

}  // namespace

BOOST_AUTO_TEST_SUITE(status_and_manifest)

BOOST_AUTO_TEST_CASE(status_shows_counters_of_the_entries_the_running_and_the_failed) {
  StudyFolder folder;
  folder.write("manifest.json", kManifest);
  const ProgramResult result = show_status(folder.path());
  BOOST_TEST(result.exit_code == 0, result.err);
  for (const std::string part :
       {"compression: running, unless its writer died",
        "  1 completed, 1 failed, 1 pending (1 running) of 3\n",
        "  1.0 s an experiment on average, about ", "  2026-02-27T16:30:02Z  ", "  xz / level=1\n",
        "  gzip / level=99  ProcessExit: exited with code 1:\\nno such level\n"}) {
    BOOST_TEST(contains(result.out, part), part << " is missing: " << result.out);
  }
}

BOOST_AUTO_TEST_CASE(status_as_json_has_the_manifest_with_true_counters) {
  StudyFolder folder;
  folder.write("manifest.json", kManifest);
  const json::value shown = json::parse(show_status(folder.path(), {"--json"}).out);
  json::value expected = json::parse(kManifest);
  expected.as_object()["completed"] = 1;
  expected.as_object()["failed"] = 1;
  expected.as_object()["pending"] = 1;
  BOOST_TEST((shown.at("manifest") == expected), shown);
  BOOST_TEST(shown.at("writer").as_string() == "none");
  BOOST_TEST(shown.at("eta_seconds").to_number<double>() ==
             0.0);  // it runs for longer than the mean
  BOOST_TEST(shown.at("host").is_null());
  BOOST_TEST(shown.at("study_dir").as_string() == folder.path().c_str());
  BOOST_TEST(shown.at("namesakes") == 0);
  BOOST_TEST(shown.as_object().size() == 6U);
}

BOOST_AUTO_TEST_CASE(a_missing_a_corrupt_and_a_newer_manifest_are_three_different_things) {
  StudyFolder folder;
  ProgramResult result = show_status(folder.path() / "nowhere");
  BOOST_TEST(result.exit_code == 2);
  BOOST_TEST(contains(result.err, "no such directory"), result.err);
  result = show_status(folder.path());
  BOOST_TEST(result.exit_code == 2);
  BOOST_TEST(contains(result.err, "no manifest.json"), result.err);
  folder.write("manifest.json", "{\"schema_version\": \"2.0\", ");
  result = show_status(folder.path());
  BOOST_TEST(result.exit_code == 2);
  BOOST_TEST(contains(result.err, "manifest.json"), result.err);
  const std::string corrupt = result.err;
  folder.write("manifest.json", "{\"schema_version\": \"3.0\"}");
  result = show_status(folder.path());
  BOOST_TEST(result.exit_code == 2);
  BOOST_TEST(contains(result.err, "3.0"), result.err);
  BOOST_TEST(result.err != corrupt);
}

BOOST_AUTO_TEST_CASE(the_plugin_keeps_the_manifest_of_a_study) {
  StudyFolder folder;
  folder.use_manifest_writer();
  folder.study("[ $1 = 2 ] && exit 3; echo $1", {{{"n", 1}}, {{"n", 2}}});
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 1);
  BOOST_TEST(contains(result.err, "manifest: " + folder.study_dir().string() + "/manifest.json"));
  const json::object manifest = folder.manifest();
  BOOST_TEST(manifest.at("status").as_string() == "completed");
  BOOST_TEST(manifest.at("completed").as_int64() == 1);
  BOOST_TEST(manifest.at("failed").as_int64() == 1);
  const json::object& first = manifest.at("experiments").as_array().at(0).as_object();
  BOOST_TEST(std::filesystem::exists(folder.study_dir() /
                                     std::string(first.at("result_file").as_string())));
  const json::object& second = manifest.at("experiments").as_array().at(1).as_object();
  BOOST_TEST(second.at("error_type").as_string() == "ProcessExit");
  BOOST_TEST(second.at("error_message").as_string() == "exited with code 3");
}

BOOST_AUTO_TEST_CASE(a_running_study_can_be_watched_and_an_interrupted_one_has_nothing_running) {
  StudyFolder folder;
  folder.use_manifest_writer();
  folder.study("sleep 1000", {{{"n", 1}}, {{"n", 2}}});
  Program host(folder.command());
  wait_until("the first line", [&] { return contains(host.out(), "\n"); });
  wait_until("a running experiment",
             [&] { return contains(show_status(last_line(host.out())).out, "(1 running)"); });
  host.send(SIGTERM);
  BOOST_TEST(host.wait().exit_code == 143);
  const json::object manifest = folder.manifest();
  BOOST_TEST(manifest.at("status").as_string() == "interrupted");
  for (const json::value& entry : manifest.at("experiments").as_array()) {
    BOOST_TEST(entry.at("status").as_string() == "pending");
  }
}

BOOST_AUTO_TEST_CASE(an_experiment_that_could_not_be_started_is_failed_in_the_manifest) {
  StudyFolder folder;
  folder.use_manifest_writer();
  folder.write("study.json", R"({"name": "test", "experiments": [{"n": 1}],
      "runners": {"default": {"command": ["true"], "cwd": "no-such-directory"}}})");
  BOOST_TEST(folder.run().exit_code == 1);
  const json::object manifest = folder.manifest();
  const json::object& entry = manifest.at("experiments").as_array().at(0).as_object();
  BOOST_TEST(entry.at("status").as_string() == "failed");
  BOOST_TEST(entry.at("error_type").as_string() == "SpawnError");
}

BOOST_AUTO_TEST_CASE(bad_options_of_an_observer_are_bad_input_and_create_nothing) {
  StudyFolder folder;
  folder.host({{{"plugin", "manifest_writer"}, {"options", {{"no_such_option", 1}}}}});
  folder.study("echo 1");
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 2);
  BOOST_TEST(contains(result.err, "no_such_option"), result.err);
  BOOST_TEST(!std::filesystem::exists(folder.results()));
}

BOOST_AUTO_TEST_CASE(plugins_lists_what_is_found_and_what_is_wrong_with_the_rest) {
  StudyFolder folder;
  folder.write("broken.so", "no library");
  folder.host({}, {{"plugin_path", {folder.path().string()}}});
  const ProgramResult result =
      run_program({kStudyHost, "plugins", "--config", (folder / "study_host.json").string()});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.out, "manifest_writer "), result.out);
  BOOST_TEST(contains(result.out, STUDY_OBSERVER_DIR "/manifest_writer.so"), result.out);
  BOOST_TEST(contains(result.out, "broken\n  cannot be used: "), result.out);
}

BOOST_AUTO_TEST_CASE(plugins_calls_each_as_a_config_does_and_tells_its_own_name_where_it_differs) {
  StudyFolder folder;
  std::filesystem::copy_file(STUDY_OBSERVER_DIR "/manifest_writer.so", folder / "renamed.so");
  folder.host({}, {{"plugin_path", {folder.path().string()}}});
  const ProgramResult result =
      run_program({kStudyHost, "plugins", "--config", (folder / "study_host.json").string()});
  BOOST_TEST(result.exit_code == 0, result.err);
  const auto first_line_with = [&](const std::string& start) {
    const std::size_t begin = ("\n" + result.out).find("\n" + start);
    return begin == std::string::npos
               ? "nothing"
               : result.out.substr(begin, result.out.find('\n', begin) - begin);
  };
  BOOST_TEST(first_line_with("renamed ").ends_with(", calls itself manifest_writer"));
  BOOST_TEST(!contains(first_line_with("manifest_writer "), "calls itself"));
}

BOOST_AUTO_TEST_CASE(output_that_is_lost_is_an_error) {
  StudyFolder folder;
  folder.study("echo 1");
  folder.write("manifest.json", kManifest);
  for (const std::vector<std::string>& command :
       {folder.command({"--dry-run"}),
        {kStudyHost, "status", folder.path().string()},
        {kStudyHost, "status", folder.path().string(), "--json"},
        {kStudyHost, "plugins"}}) {
    std::vector<std::string> redirected{"sh", "-c", "exec \"$@\" > /dev/full", "sh"};
    redirected.insert(redirected.end(), command.begin(), command.end());
    const ProgramResult result = run_program(redirected);
    BOOST_TEST(result.exit_code == 3);
    BOOST_TEST(contains(result.err, "study-host: the output can't be written: No space left"),
               result.err);
  }
}

BOOST_AUTO_TEST_CASE(a_reader_of_the_output_that_has_seen_enough_is_no_error) {
  const ProgramResult result =
      run_program({"python3", "-c",
                   "import os, subprocess, sys; read, write = os.pipe(); os.close(read); "
                   "sys.exit(subprocess.run(sys.argv[1:], stdout=write).returncode)",
                   kStudyHost, "plugins"});
  BOOST_TEST(result.exit_code == 0);
  BOOST_TEST(result.err == "");
}

BOOST_AUTO_TEST_CASE(a_file_in_the_place_of_a_study_directory_is_named) {
  StudyFolder folder;
  folder.write("manifest.json", kManifest);
  const std::string file = (folder / "manifest.json").string();
  const std::string message = "study-host: " + file +
                              " is a file; give the study directory, such "
                              "as " +
                              folder.path().string() + "\n";
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"status", file}, {"run", "--resume", file}}) {
    std::vector<std::string> whole{kStudyHost};
    whole.insert(whole.end(), command.begin(), command.end());
    const ProgramResult result = run_program(whole);
    BOOST_TEST(result.exit_code == 2);
    BOOST_TEST(result.err == message);
  }
}

BOOST_AUTO_TEST_SUITE_END()
