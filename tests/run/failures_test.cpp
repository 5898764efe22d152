// Experiments that fail, each in its way. Read from the log line on stderr.
#include "support/study_folder.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

/// Runs one experiment that is to fail; returns what follows `failed` on its progress line.
std::string failure_of(const StudyFolder& folder) {
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 1, result.err);
  const std::size_t begin = result.err.find("[1/1] failed ");
  if (begin == std::string::npos) return result.err;
  return result.err.substr(begin, result.err.find('\n', begin) - begin);
}

bool ends_with(const std::string& text, const std::string& ending) {
  return text.ends_with(ending);
}
bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string failure_of_script(const std::string& script) {
  StudyFolder folder;
  folder.study(script);
  return failure_of(folder);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(failures)

BOOST_AUTO_TEST_CASE(an_exit_code_comes_with_the_last_lines_of_stderr) {
  BOOST_TEST(ends_with(failure_of_script("echo first >&2; echo out of paper >&2; exit 3"),
                       "ProcessExit: exited with code 3: first\\nout of paper"));
}

BOOST_AUTO_TEST_CASE(only_the_last_lines_of_much_stderr_are_shown) {
  const std::string failure = failure_of_script("seq 100000 >&2; exit 1");
  BOOST_TEST(ends_with(failure, "99999\\n100000"), failure);
  BOOST_TEST(!contains(failure, "99980"), failure);
}

BOOST_AUTO_TEST_CASE(a_python_traceback_is_reduced_to_its_exception) {
  const std::string failure =
      failure_of_script(R"(python3 -c 'def f(): raise ValueError("bad batch size")
f()')");
  BOOST_TEST(contains(failure, "ValueError: bad batch size"), failure);
  BOOST_TEST(!contains(failure, "Traceback"), failure);
  BOOST_TEST(!contains(failure, "line 1"), failure);
}

BOOST_AUTO_TEST_CASE(a_signal_is_called_by_its_name) {
  BOOST_TEST(contains(failure_of_script("kill -SEGV $$"), "ProcessSignal: killed by SIGSEGV"));
}

BOOST_AUTO_TEST_CASE(what_the_experiment_reports_itself_is_recorded) {
  BOOST_TEST(ends_with(
      failure_of_script(
          R"(echo '{"error_type": "CUDAOutOfMemoryError", "error_message": "2 GiB"}' >&2; exit 1)"),
      ": CUDAOutOfMemoryError: 2 GiB"));
}

BOOST_AUTO_TEST_CASE(success_without_a_result_is_a_failure) {
  BOOST_TEST(ends_with(failure_of_script("true"), "InvalidResult: nothing was printed to stdout"));
  BOOST_TEST(contains(failure_of_script("echo done"), "InvalidResult: stdout is no JSON: "));
  BOOST_TEST(contains(failure_of_script("true {result_file}"),
                      "InvalidResult: no result file was written, and nothing was printed"));
}

BOOST_AUTO_TEST_CASE(success_without_a_result_is_told_in_the_experiments_own_words) {
  const std::string report =
      R"(echo '{"error_type": "MeterError", "error_message": "no meter"}' >&2)";
  BOOST_TEST(ends_with(failure_of_script(report), ": MeterError: no meter"));
  BOOST_TEST(ends_with(failure_of_script("echo done; " + report), ": MeterError: no meter"));
  BOOST_TEST(contains(failure_of_script("echo '{' > {result_file}; " + report),
                      ": MeterError: no meter; what it wrote is kept as "));
  StudyFolder with_result;
  with_result.study("echo 1; " + report);
  BOOST_TEST(with_result.run().exit_code == 0);
}

BOOST_AUTO_TEST_CASE(success_without_a_result_comes_with_the_last_lines_of_stderr) {
  const std::string complaint = "; echo first >&2; echo no meter >&2";
  BOOST_TEST(ends_with(failure_of_script("true" + complaint),
                       "InvalidResult: nothing was printed to stdout: first\\nno meter"));
  const std::string broken = failure_of_script("echo '{' > {result_file}" + complaint);
  BOOST_TEST(contains(broken, "InvalidResult: the result file is no JSON: "), broken);
  BOOST_TEST(contains(broken, ": first\\nno meter; what it wrote is kept as "), broken);
}

BOOST_AUTO_TEST_CASE(what_is_no_regular_file_is_no_result_and_is_removed) {
  for (const std::string making :
       {"ln -s /etc/passwd {result_file}", "ln -s /nowhere {result_file}", "mkfifo {result_file}",
        "mkdir {result_file}"}) {
    BOOST_TEST_CONTEXT(making) {
      StudyFolder folder;
      folder.study(making + "; echo 1");
      BOOST_TEST(
          ends_with(failure_of(folder), "InvalidResult: the result file is no regular file"));
      BOOST_TEST(!folder.has(".result"));
      BOOST_TEST(!folder.has(".rejected.json"));
    }
  }
  BOOST_TEST(std::filesystem::exists("/etc/passwd"));
}

BOOST_AUTO_TEST_CASE(nan_is_no_json) {
  BOOST_TEST(contains(failure_of_script("echo '{\"loss\": NaN}'"), "InvalidResult"));
}

BOOST_AUTO_TEST_CASE(a_last_line_of_more_than_64_mib_is_no_result_but_no_harm_to_a_result_file) {
  StudyFolder folder;
  const std::string flood = "head -c 140000000 /dev/zero | tr '\\0' ' '; echo '{}'";
  folder.study(flood);
  BOOST_TEST(contains(failure_of(folder), "InvalidResult: no result file, and more than 64 MiB"));
  StudyFolder with_file;
  with_file.study(flood + "; echo 2 > {result_file}");
  BOOST_TEST(with_file.run().exit_code == 0);
}

BOOST_AUTO_TEST_CASE(a_result_may_be_printed_behind_any_amount_of_other_output) {
  StudyFolder folder;
  folder.study("yes 'epoch 1' | head -c 140000000; echo; echo '{\"loss\": 1}'");
  BOOST_TEST(folder.run().exit_code == 0);
  BOOST_TEST(folder.content(".json") == "{\"loss\": 1}\n");
}

BOOST_AUTO_TEST_CASE(a_timeout_ends_the_experiment_gently) {
  StudyFolder folder;
  const auto marker = folder / "ended-gently";
  folder.study("trap 'echo > " + marker.string() + "; exit 0' TERM; sleep 1000 & wait",
               {{{"n", 1}}}, {{"timeout_seconds", 0.3}});
  BOOST_TEST(ends_with(failure_of(folder), "TimeoutError: not done within 0.3 s"));
  BOOST_TEST(std::filesystem::exists(marker));
}

BOOST_AUTO_TEST_CASE(a_timeout_ends_also_those_who_ignore_sigterm) {
  StudyFolder folder;
  folder.study("trap '' TERM; while :; do sleep 1000; done", {{{"n", 1}}},
               {{"timeout_seconds", 0.1}});
  BOOST_TEST(contains(failure_of(folder), "TimeoutError"));
}

BOOST_AUTO_TEST_CASE(children_of_a_timed_out_experiment_get_the_grace_period_too) {
  StudyFolder folder;
  const auto marker = folder / "child-ended-gently";
  // The outer shell dies of SIGTERM at once, the inner one takes a moment to tidy up.
  folder.study("(trap 'sleep 0.3; : > " + marker.string() +
                   "; exit' TERM; while :; do sleep 0.1; done); true",
               {{{"n", 1}}}, {{"timeout_seconds", 1}});
  BOOST_TEST(contains(failure_of(folder), "TimeoutError"));
  BOOST_TEST(std::filesystem::exists(marker));
}

BOOST_AUTO_TEST_CASE(the_others_run_on_after_a_failure) {
  StudyFolder folder;
  folder.study("[ $1 = 2 ] && exit 4; echo $1", {{{"n", 1}}, {{"n", 2}}, {{"n", 3}}});
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 1);
  BOOST_TEST(contains(result.err, "2 completed, 1 failed, 0 pending of 3"));
}

BOOST_AUTO_TEST_CASE(a_result_that_cannot_be_written_is_a_failure) {
  StudyFolder folder;
  // The experiment itself makes sure of it: a directory is in the way of the result.
  folder.study("s={config_file}; mkdir ${s%.config.json}.json; echo 1");
  BOOST_TEST(contains(failure_of(folder), ": FileError: "));
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_written_is_one_warning) {
  StudyFolder folder;
  folder.study("s={config_file}; mkdir ${s%.config.json}.log; echo $1", {{{"n", 1}}, {{"n", 2}}});
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 0);
  const std::size_t first = result.err.find("what experiments print is not kept");
  BOOST_TEST(first != std::string::npos);
  BOOST_TEST(result.err.find("what experiments print is not kept", first + 1) == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
