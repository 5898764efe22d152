// What a run leaves in the study directory, and what study-host says of it.
#include "support/study_folder.hpp"

#include <sstream>
#include <string>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

std::string experiment_log(const StudyFolder& folder) {
  for (const std::string& name : folder.files()) {
    if (name.ends_with(".log") && name != "study.log") {
      return read_text(folder.study_dir() / name);
    }
  }
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(results)

BOOST_AUTO_TEST_CASE(json_on_stdout_becomes_the_result) {
  StudyFolder folder;
  folder.study(R"(echo '{"speed": 12.5}')");
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 0);
  BOOST_TEST(folder.content(".json") == "{\"speed\": 12.5}\n");
  BOOST_TEST(folder.content(".log").starts_with("{\"speed\": 12.5}\n"));
}

BOOST_AUTO_TEST_CASE(the_last_line_on_stdout_may_be_the_result_alone) {
  StudyFolder folder;
  folder.study(R"(echo warming up; echo '{"speed": 1}'; echo)");
  BOOST_TEST(folder.run().exit_code == 0);
  BOOST_TEST(folder.content(".json") == "{\"speed\": 1}\n");
}

BOOST_AUTO_TEST_CASE(a_result_file_wins_over_stdout_and_is_kept_byte_for_byte) {
  StudyFolder folder;
  folder.study(
      R"(echo '{"no": 1}'; printf '{"n":18446744073709551615,\n"x":1e-5}' > {result_file})");
  BOOST_TEST(folder.run().exit_code == 0);
  BOOST_TEST(folder.content(".json") == "{\"n\":18446744073709551615,\n\"x\":1e-5}");
  for (const std::string& name : folder.files()) BOOST_TEST(!name.starts_with("."));
}

BOOST_AUTO_TEST_CASE(stdout_is_the_result_where_the_result_file_was_not_written) {
  StudyFolder folder;
  folder.study(R"(echo '{"speed": 2}' && : {result_file})");
  BOOST_TEST(folder.run().exit_code == 0);
  BOOST_TEST(folder.content(".json") == "{\"speed\": 2}\n");
}

BOOST_AUTO_TEST_CASE(a_deeply_nested_result_is_a_result) {
  StudyFolder folder;
  const std::string nested = std::string(200, '[') + std::string(200, ']');
  folder.study("echo '" + nested + "'");
  BOOST_TEST(folder.run().exit_code == 0);
  BOOST_TEST(folder.content(".json") == nested + "\n");
}

BOOST_AUTO_TEST_CASE(a_silent_experiment_leaves_no_log) {
  StudyFolder folder;
  folder.study("echo 1 > {result_file}");
  BOOST_TEST(folder.run().exit_code == 0);
  BOOST_TEST(folder.files().size() == 2u);  // result and study.log
  BOOST_TEST(folder.has("study.log"));
}

BOOST_AUTO_TEST_CASE(stdout_and_stderr_are_kept_in_the_log) {
  StudyFolder folder;
  folder.study(R"(echo to-stderr >&2; echo '{"to": "stdout"}')");
  BOOST_TEST(folder.run().exit_code == 0);
  const std::string log = experiment_log(folder);
  BOOST_TEST(log.find("to-stderr\n") != std::string::npos);
  BOOST_TEST(log.find("{\"to\": \"stdout\"}\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_last_line_of_stdout_is_the_study_directory_and_nothing_else_is_there) {
  StudyFolder folder;
  folder.study("echo 1");
  const ProgramResult result = folder.run();
  BOOST_TEST(result.out == folder.study_dir().string() + "\n");
  BOOST_TEST(std::filesystem::path(last_line(result.out)).is_absolute());
  BOOST_TEST(result.err.find("[1/1] completed") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_config_file_is_written_for_those_who_ask) {
  StudyFolder folder;
  folder.study("cp {config_file} {result_file}", {{{"n", 7}, {"model", "org/Big"}}});
  BOOST_TEST(folder.run().exit_code == 0);
  const auto config = json::parse(folder.content(".config.json"));
  BOOST_TEST((config == json::value{{"n", 7}, {"model", "org/Big"}}));
}

BOOST_AUTO_TEST_CASE(experiments_run_in_the_hosts_directory_with_an_empty_stdin) {
  StudyFolder folder;
  folder.study(R"sh(printf '{"here": "%s", "stdin": "%s"}' "$(pwd)" "$(cat)")sh");
  BOOST_TEST(folder.run().exit_code == 0);
  const auto result = json::parse(folder.content(".json"));
  BOOST_TEST(result.at("here").as_string() == std::filesystem::current_path().string());
  BOOST_TEST(result.at("stdin").as_string() == "");
}

BOOST_AUTO_TEST_CASE(cycles_do_not_overwrite_each_others_results) {
  StudyFolder folder;
  folder.study(R"(echo '{"cycle": {cycle}}')", {{{"n", 1}}}, {}, {{"n_cycles", 2}});
  BOOST_TEST(folder.run().exit_code == 0);
  BOOST_TEST(folder.content("_c1.json") == "{\"cycle\": 1}\n");
  BOOST_TEST(folder.content("_c2.json") == "{\"cycle\": 2}\n");
}

BOOST_AUTO_TEST_CASE(output_larger_than_a_pipe_arrives_whole) {
  StudyFolder folder;
  folder.study(R"(python3 -c 'print("[" + "1," * 2000000 + "1]")')");
  BOOST_TEST(folder.run().exit_code == 0);
  BOOST_TEST(folder.content(".json").size() == 4'000'004u);
}

BOOST_AUTO_TEST_CASE(a_child_that_closes_its_output_early_still_has_its_result) {
  StudyFolder folder;
  folder.study("exec >&- 2>&-; echo 5 > {result_file}");
  BOOST_TEST(folder.run().exit_code == 0);
  BOOST_TEST(folder.content(".json") == "5\n");
}

BOOST_AUTO_TEST_CASE(children_get_default_signals) {
  StudyFolder folder;
  folder.study(
      R"(grep -E '^Sig(Blk|Ign)' /proc/self/status | cut -f 2 >&2; echo 1 > {result_file})");
  BOOST_TEST(folder.run().exit_code == 0);
  std::istringstream lines(experiment_log(folder));
  std::string blocked;
  std::string ignored;
  lines >> blocked >> ignored;
  BOOST_TEST(std::stoull(blocked, nullptr, 16) == 0u);
  // The first 31; glibc keeps 32 and 33 to itself.
  BOOST_TEST((std::stoull(ignored, nullptr, 16) & 0x7fffffffu) == 0u);
}

BOOST_AUTO_TEST_CASE(children_inherit_no_descriptor_of_the_host) {
  StudyFolder folder;
  folder.study("ls /proc/self/fd >&2; true", {{{"n", 1}}, {{"n", 2}}});
  BOOST_TEST(folder.run({"--jobs", "2"}).exit_code == 1);
  BOOST_TEST(experiment_log(folder) == run_program({"ls", "/proc/self/fd"}).out);
}

BOOST_AUTO_TEST_SUITE_END()
