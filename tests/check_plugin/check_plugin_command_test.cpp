// study-host check-plugin, as the author of a plugin uses it.
#include "support/run_program.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>
#include <signal.h>
#include <unistd.h>

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace study_test;

namespace {

ProgramResult check(const std::string& animal, std::vector<std::string> more = {},
                    std::vector<std::string> variables = {}) {
  std::vector<std::string> command{std::string(STUDY_BIN_DIR) + "/study-host", "check-plugin",
                                   std::string(STUDY_BUILD_DIR) + "/tests/zoo/" + animal};
  command.insert(command.end(), more.begin(), more.end());
  return run_program(std::move(command), std::move(variables));
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(check_plugin_command)

BOOST_AUTO_TEST_CASE(a_plugin_that_keeps_the_contract_gives_0_and_a_line_for_each_case) {
  const ProgramResult result = check("keeper.so");
  BOOST_TEST(result.exit_code == 0, result.out << result.err);
  BOOST_TEST(result.err == "");
  BOOST_TEST(result.out.starts_with("handshake\n  pass  it loads and shakes hands\n"), result.out);
  BOOST_TEST(contains(result.out, "\nlifecycle\n  pass  it observes a whole study\n"), result.out);
  BOOST_TEST(contains(result.out, " passed, 0 failed, 0 skipped in "), result.out);
}

BOOST_AUTO_TEST_CASE(one_that_breaks_it_gives_1_and_the_reason) {
  const ProgramResult result = check("name_empty.so");
  BOOST_TEST(result.exit_code == 1);
  BOOST_TEST(contains(result.out,
                      "  FAIL  its name, version and description are text: its name is empty\n"),
             result.out);
  BOOST_TEST(contains(result.out, " 1 failed, "), result.out);
}

BOOST_AUTO_TEST_CASE(what_can_t_be_tried_is_skipped_with_the_reason_once) {
  const ProgramResult result = check("text_file.so");
  BOOST_TEST(result.exit_code == 1);
  const std::string reason = "not tried, since it fails `it loads and shakes hands`\n";
  const std::string first = "  skip  it exports its entry point alone: " + reason + "  skip  ";
  BOOST_TEST(contains(result.out, first), result.out);
  BOOST_TEST(contains(result.out, " more, for the same reason\n\n0 passed, 1 failed, "),
             result.out);
  BOOST_TEST(result.out.find(reason) == result.out.rfind(reason), result.out);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_or_can_t_be_read_is_bad_input) {
  const ProgramResult missing = check("no_such_animal.so");
  BOOST_TEST(missing.exit_code == 2);
  BOOST_TEST(contains(missing.err, "no_such_animal.so: there is no such file; give the path"),
             missing.err);
  const ProgramResult name =
      run_program({std::string(STUDY_BIN_DIR) + "/study-host", "check-plugin", "sqlite"});
  BOOST_TEST(name.exit_code == 2);
  BOOST_TEST(contains(name.err, "sqlite: there is no such file; did you mean /"), name.err);
  BOOST_TEST(contains(name.err, "/sqlite_writer.so?\n"), name.err);
  const ProgramResult folder = check("directory.so");
  BOOST_TEST(folder.exit_code == 2);
  BOOST_TEST(contains(folder.err, "directory.so: is a directory; give the plugin's .so file in it"),
             folder.err);
  BOOST_TEST(missing.out + folder.out == "");
}

BOOST_AUTO_TEST_CASE(options_that_are_no_json_object_are_bad_input) {
  const ProgramResult broken = check("healthy.so", {"--options", "{\"a\": "});
  BOOST_TEST(broken.exit_code == 2);
  BOOST_TEST(contains(broken.err, "--options:1: "), broken.err);
  const ProgramResult list = check("healthy.so", {"--options", "[1]"});
  BOOST_TEST(list.exit_code == 2);
  BOOST_TEST(contains(list.err, "--options: must be a JSON object, such as"), list.err);
}

BOOST_AUTO_TEST_CASE(the_options_reach_the_plugin) {
  const ProgramResult good =
      check("keeper.so", {"--options", "{\"colour\": \"red\"}", "--only", "makes an observer"});
  BOOST_TEST(good.exit_code == 0, good.out);
  const ProgramResult bad =
      check("keeper.so", {"--options", "{\"color\": \"red\"}", "--only", "makes an observer"});
  BOOST_TEST(bad.exit_code == 1);
  BOOST_TEST(contains(bad.out, "it: unknown option 'color'; did you mean 'colour'?; give options"),
             bad.out);
}

BOOST_AUTO_TEST_CASE(options_are_never_shown_since_a_password_may_be_among_them) {
  const ProgramResult result =
      check("create_refuses_options.so", {"--options", "{\"connection\": \"password=s3cretpw\"}"});
  BOOST_TEST(result.exit_code == 1);
  BOOST_TEST(contains(result.out, "do not go together; its schema allows these options, others"),
             result.out);
  BOOST_TEST(!contains(result.out + result.err, "s3cretpw"), result.out << result.err);
}

BOOST_AUTO_TEST_CASE(a_case_that_does_not_exist_is_bad_input_with_the_nearest_one) {
  const ProgramResult near = check("healthy.so", {"--only", "borowed"});
  BOOST_TEST(near.exit_code == 2);
  BOOST_TEST(near.err ==
             "study-host: --only: no case has 'borowed' in its group or name; did you mean "
             "'borrowed'?\n");
  const ProgramResult far = check("healthy.so", {"--only", "0123456789"});
  BOOST_TEST(far.exit_code == 2);
  BOOST_TEST(contains(far.err,
                      "in its group or name; the groups are handshake, options, lifecycle, "
                      "failures, texts, hostile input, threads, forks, growth, attempts, studies, "
                      "process, log, "
                      "borrowed bytes, checkpoint, resume, speed\n"),
             far.err);
  BOOST_TEST(near.out + far.out == "");
}

BOOST_AUTO_TEST_CASE(times_out_of_range_are_bad_input) {
  for (const char* option : {"--timeout", "--slow"}) {
    for (const char* seconds : {"nan", "0", "-1", "inf", "86401"}) {
      const ProgramResult result = check("healthy.so", {option, seconds});
      BOOST_TEST(result.exit_code == 2, option << " " << seconds);
      BOOST_TEST(contains(result.err, std::string(option) + ": must be from 0.001 to 86400 sec"),
                 result.err);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_help_says_that_stores_elsewhere_keep_the_studies) {
  const ProgramResult help = check("healthy.so", {"--help"});
  BOOST_TEST(help.exit_code == 0);
  BOOST_TEST(contains(help.out, "--options '{\"schema\": \"plugin_check\"}'"), help.out);
}

BOOST_AUTO_TEST_CASE(the_report_is_json_if_wanted) {
  const ProgramResult result = check("name_empty.so", {"--json", "--only", "handshake"});
  BOOST_TEST(result.exit_code == 1);
  const json::value report = json::parse(result.out);
  BOOST_TEST(report.at("failed").to_number<int>() == 1);
  const auto size = static_cast<int>(report.at("cases").as_array().size());
  BOOST_TEST(report.at("passed").to_number<int>() + report.at("failed").to_number<int>() +
                 report.at("skipped").to_number<int>() ==
             size);
  bool found = false;
  for (const json::value& one : report.at("cases").as_array()) {
    if (one.at("verdict") != "fail") continue;
    found = true;
    BOOST_TEST(one.at("group") == "handshake");
    BOOST_TEST(one.at("text") == "its name is empty");
    BOOST_TEST(one.at("seconds").to_number<double>() >= 0.0);
  }
  BOOST_TEST(found);
}

BOOST_AUTO_TEST_CASE(nothing_is_left_in_the_folder_for_temporary_files) {
  const TempDir folder;
  const std::string variable = "TMPDIR=" + folder.path().string();
  BOOST_TEST(check("recorder.so", {}, {variable}).exit_code == 0);
  BOOST_TEST(check("aborts.so", {}, {variable}).exit_code == 1);
  BOOST_TEST(fs::is_empty(folder.path()));
}

BOOST_AUTO_TEST_CASE(interrupted_it_leaves_nothing_either_and_gives_the_signal_s_exit_code) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const TempDir folder;
    Program program({std::string(STUDY_BIN_DIR) + "/study-host", "check-plugin",
                     std::string(STUDY_BUILD_DIR) + "/tests/zoo/hangs.so"},
                    {"TMPDIR=" + folder.path().string()});
    // The case that hangs is the one behind it.
    wait_until("the last case of the options",
               [&] { return contains(program.out(), "options that are no JSON object"); });
    wait_until("the folder of the case that hangs", [&] { return !fs::is_empty(folder.path()); });
    program.send(signal);
    const ProgramResult result = program.wait();
    BOOST_TEST(result.exit_code == 128 + signal, result.err);
    BOOST_TEST(fs::is_empty(folder.path()));
  }
}

BOOST_AUTO_TEST_SUITE_END()
