// What an experiment has made is never thrown away.
#include "run/earlier_attempts.hpp"
#include "run/result.hpp"
#include "session/json_check.hpp"
#include "support/study_folder.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <signal.h>
#include <sys/resource.h>

using namespace study_test;
using Step = host::ResultPlacement::Step;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Of the peak of this process's memory.
std::int64_t peak_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

struct RejectedCase {
  std::string script;
  std::string content;  ///< of what is kept, if that is a file
  std::string message;  ///< a part of it
};
std::ostream& operator<<(std::ostream& out, const RejectedCase& one) {
  return out << one.script;
}

const std::vector<RejectedCase> kRejected = {
    {R"(printf '{"loss": NaN}' > {result_file})", R"({"loss": NaN})",
     "InvalidResult: the result file is no JSON: syntax error at byte 10 (NaN is no JSON"},
    {R"(printf '[1,\n-Infinity]' > {result_file})", "[1,\n-Infinity]",
     "in line 2 (Infinity is no JSON"},
    {R"(printf '\357\273\277{}' > {result_file})", "\xEF\xBB\xBF{}",
     "it begins with a byte order mark"},
    {R"(printf '{}' > {result_file}; kill -SEGV $$)", "{}", "ProcessSignal: killed by SIGSEGV"},
    {R"(printf '{}' > {result_file}; exit 3)", "{}", "ProcessExit: exited with code 3"},
    {R"(printf '{}' > {result_file}; sleep 1000)", "{}", "TimeoutError: not done within"},
    {R"(mkdir {result_file}; echo 1 > {result_file}/inner)", "", "is no regular file"},
};

/// A study of one experiment with a result file, whose host's first calls fail.
struct FlakyStudy {
  explicit FlakyStudy(const std::string& call, int error_number, int times)
      : variables{"LD_PRELOAD=" STUDY_BUILD_DIR "/tests/preload/libflaky_disk.so",
                  "ASAN_OPTIONS=verify_asan_link_order=0", "FLAKY_CALL=" + call,
                  "FLAKY_ERRNO=" + std::to_string(error_number),
                  "FLAKY_TIMES=" + std::to_string(times)} {
    folder.study("echo '{}' > {result_file}");
  }
  [[nodiscard]] ProgramResult run() const { return run_program(folder.command(), variables); }

  StudyFolder folder;
  std::vector<std::string> variables;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(kept_results)

BOOST_DATA_TEST_CASE(what_a_failed_run_has_written_is_kept_and_named,
                     boost::unit_test::data::make(kRejected), one) {
  StudyFolder folder;
  folder.study(one.script, {{{"n", 1}}}, {{"timeout_seconds", 0.5}});
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 1);
  BOOST_TEST(contains(result.err, one.message), result.err);
  BOOST_TEST(contains(result.err, "; what it wrote is kept as experiment_"), result.err);
  BOOST_TEST(folder.has(".1.rejected.json"));
  if (!one.content.empty()) BOOST_TEST(folder.content(".rejected.json") == one.content);
  BOOST_TEST(!folder.has(".result"));
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_nothing_to_be_kept) {
  StudyFolder folder;
  folder.study(": > {result_file}; exit 1");
  BOOST_TEST(folder.run().exit_code == 1);
  BOOST_TEST(!folder.has(".rejected.json"));
  BOOST_TEST(!folder.has(".result"));
}

BOOST_AUTO_TEST_CASE(each_attempt_writes_to_a_file_of_its_own_and_is_kept) {
  StudyFolder folder;
  folder.study("echo {attempt} > {result_file}; echo {result_file} >> " +
                   (folder / "names").string() + "; exit $((3 - {attempt}))",
               {{{"n", 1}}}, {{"retries", 5}});
  BOOST_TEST(folder.run().exit_code == 0);
  BOOST_TEST(folder.content(".1.rejected.json") == "1\n");
  BOOST_TEST(folder.content(".2.rejected.json") == "2\n");
  BOOST_TEST(read_text(folder.study_dir() / "experiment_e5d5f7c1.json") == "3\n");
  std::istringstream names(read_text(folder / "names"));
  std::string first;
  std::string second;
  names >> first >> second;
  BOOST_TEST(first != second);
}

BOOST_AUTO_TEST_CASE(a_resumed_study_counts_the_attempts_on) {
  StudyFolder folder;
  folder.use_manifest_writer();
  folder.study("echo {attempt} > {result_file}; exit 1");
  BOOST_TEST(folder.run().exit_code == 1);
  BOOST_TEST(folder.run({"--resume", folder.study_dir().string()}).exit_code == 1);
  BOOST_TEST(folder.content(".1.rejected.json") == "1\n");
  BOOST_TEST(folder.content(".2.rejected.json") == "2\n");
}

BOOST_AUTO_TEST_CASE(what_was_written_when_the_host_was_killed_is_kept) {
  StudyFolder folder;
  folder.use_manifest_writer();
  const auto running = folder / "running";
  folder.study("test {attempt} = 2 && exec echo 2; echo 1 > {result_file}; : > " +
               running.string() + "; sleep 1000");
  Program host(folder.command());
  wait_for_file(running);
  host.send(SIGKILL);
  static_cast<void>(host.wait());
  const ProgramResult resumed = folder.run({"--resume", folder.study_dir().string()});
  BOOST_TEST(resumed.exit_code == 0, resumed.err);
  BOOST_TEST(folder.content(".1.rejected.json") == "1\n");
  BOOST_TEST(!folder.has(".result"));
}

BOOST_AUTO_TEST_CASE(an_experiment_that_ends_well_within_its_grace_has_completed) {
  StudyFolder folder;
  folder.use_manifest_writer();
  const auto running = folder / "running";
  folder.study("trap 'echo 5 > {result_file}; exit 0' TERM; : > " + running.string() +
                   "; while :; do sleep 0.05; done",
               {{{"n", 1}}, {{"n", 2}}});
  Program host(folder.command());
  wait_for_file(running);
  host.send(SIGINT);
  const ProgramResult result = host.wait();
  BOOST_TEST(result.exit_code == 130);
  BOOST_TEST(contains(result.err, "1 completed, 0 failed, 1 pending of 2"), result.err);
  BOOST_TEST(folder.manifest().at("status").as_string() == "interrupted");
}

BOOST_AUTO_TEST_CASE(progress_in_json_is_no_result_of_one_that_was_told_to_end) {
  StudyFolder folder;
  const auto running = folder / "running";
  folder.study("trap 'exit 0' TERM; echo start; echo '{\"step\": 7}'; : > " + running.string() +
               "; while :; do sleep 0.05; done");
  Program host(folder.command());
  wait_for_file(running);
  host.send(SIGINT);
  BOOST_TEST(contains(host.wait().err, "0 completed, 0 failed, 1 pending of 1"));
}

BOOST_AUTO_TEST_CASE(what_an_interrupted_run_has_written_is_kept) {
  StudyFolder folder;
  const auto running = folder / "running";
  folder.study("echo 5 > {result_file}; : > " + running.string() + "; sleep 1000");
  Program host(folder.command());
  wait_for_file(running);
  host.send(SIGINT);
  BOOST_TEST(host.wait().exit_code == 130);
  BOOST_TEST(folder.content(".1.rejected.json") == "5\n");
}

BOOST_AUTO_TEST_CASE(a_call_that_fails_once_costs_no_result) {
  for (const auto& [call, error_number] : std::vector<std::pair<std::string, int>>{
           {"rename", ENOSPC}, {"read", EIO}, {"lstat", EIO}, {"open", EMFILE}}) {
    BOOST_TEST_CONTEXT(call) {
      const FlakyStudy study(call, error_number, 1);
      const ProgramResult result = study.run();
      BOOST_TEST(result.exit_code == 0, result.err);
      BOOST_TEST(study.folder.content(".json") == "{}\n");
      BOOST_TEST(!study.folder.has(".rejected.json"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_fault_that_stays_fails_the_run_and_leaves_what_it_wrote) {
  const FlakyStudy study("rename", ENOSPC, 1000);
  const ProgramResult result = study.run();
  BOOST_TEST(result.exit_code == 1);
  BOOST_TEST(contains(result.err, ": FileError: rename to "), result.err);
  BOOST_TEST(contains(result.err, "what it wrote is kept as .experiment_"), result.err);
  BOOST_TEST(study.folder.content(".result") == "{}\n");
}

BOOST_AUTO_TEST_CASE(a_host_that_can_place_no_result_stops) {
  FlakyStudy study("rename", ENOSPC, 1000);
  study.folder.use_manifest_writer();
  study.folder.study("echo '{}' > {result_file}",
                     {{{"n", 1}}, {{"n", 2}}, {{"n", 3}}, {{"n", 4}}, {{"n", 5}}});
  const ProgramResult result = study.run();
  BOOST_TEST(result.exit_code == 1);
  BOOST_TEST(contains(result.err,
                      "nothing more is run: 3 runs in a row have failed for faults "
                      "that are not theirs: rename to "),
             result.err);
  BOOST_TEST(contains(result.err, "0 completed, 3 failed, 2 pending of 5"), result.err);
  BOOST_TEST(study.folder.manifest().at("status").as_string() == "failed");
}

BOOST_AUTO_TEST_CASE(where_nothing_at_all_can_be_started_it_is_tried_again) {
  const FlakyStudy study("pipe2", EAGAIN, 2);
  const ProgramResult result = study.run();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.err,
                      "nothing can be started at the moment, and is tried again each "
                      "second: cannot start `sh`: Resource temporarily unavailable"),
             result.err);
}

BOOST_AUTO_TEST_CASE(a_huge_sparse_result_fails_its_run_and_no_more) {
  StudyFolder folder;
  folder.study("test $1 = 1 && truncate -s 200G {result_file} || echo 1 > {result_file}",
               {{{"n", 1}}, {{"n", 2}}});
  std::vector<std::string> command = folder.command();
  const ProgramResult result = run_program(command);
  BOOST_TEST(result.exit_code == 1, result.err);
  BOOST_TEST(contains(result.err, "1 completed, 1 failed, 0 pending of 2"), result.err);
  BOOST_TEST(contains(result.err, "null characters"), result.err);
}

BOOST_AUTO_TEST_CASE(a_result_is_read_a_piece_at_a_time) {
  const TempDir dir;
  const host::ResultFiles files = host::result_files(dir.path(), "run", 1);
  std::ofstream(files.written) << '"' << std::string(9 << 20, 'a') << '"';
  const host::ProcessEnd end;
  host::ResultPlacement placement(end, files, true, study::Durability::process);
  BOOST_TEST((placement.step() == Step::more));
  BOOST_TEST((placement.step() == Step::more));
  BOOST_TEST((placement.step() == Step::placed));
  BOOST_TEST(std::filesystem::exists(files.final));
}

BOOST_AUTO_TEST_CASE(a_check_in_pieces_finds_what_the_whole_has) {
  const std::string text = "{\"a\": [1.5e3, \"\\u00e9\", true],\n\"b\": nil}";
  study::JsonCheck check;
  for (const char& c : text) {
    if (!check.read({&c, 1})) break;
  }
  BOOST_TEST(check.finish().starts_with("syntax error at byte "));
  BOOST_TEST(contains(check.finish(), "in line 2"));
  BOOST_TEST(study::json_problem("{\"a\": 1} 2").starts_with("more than one value at byte 10"));
  BOOST_TEST(study::json_problem(" \n") == "it is empty");
  BOOST_TEST(study::json_problem("{\"a\": ").starts_with("incomplete JSON"));
  BOOST_TEST(study::json_problem(" 17\n").empty());
}

// With STUDY_TEST_RESULT_MIB=3000 what the host is for.
BOOST_AUTO_TEST_CASE(a_large_result_is_placed_in_small_steps_and_with_little_memory) {
  const char* const given = std::getenv("STUDY_TEST_RESULT_MIB");
  const int size_mib = given == nullptr ? 64 : std::stoi(given);
  for (const auto durability : {study::Durability::process, study::Durability::power}) {
    const TempDir dir;
    const host::ResultFiles files = host::result_files(dir.path(), "run", 1);
    {
      std::ofstream out(files.written, std::ios::binary);
      const std::string piece(1 << 20, 'a');
      out << '"';
      for (int i = 0; i < size_mib; ++i) out << piece;
      out << '"';
    }
    const std::int64_t before = peak_mib();
    const host::ProcessEnd end;
    host::ResultPlacement placement(end, files, true, durability);
    int steps = 0;
    Step step = Step::more;
    while ((step = placement.step()) == Step::more) ++steps;
    BOOST_TEST((step == Step::placed), placement.failure().message);
    BOOST_TEST(steps >= size_mib / (durability == study::Durability::power ? 3 : 4));
    BOOST_TEST(peak_mib() - before < 16);
    BOOST_TEST(std::filesystem::file_size(files.final) > std::uintmax_t(size_mib) << 20);
  }
}

BOOST_AUTO_TEST_CASE(an_attempt_has_a_number_that_no_earlier_one_has) {
  const TempDir dir;
  const auto make = [&](const std::string& name) { std::ofstream(dir / name) << "1"; };
  const auto next = [&](int least) {
    return host::EarlierAttempts(dir.path()).next("run.v2", least);
  };
  BOOST_TEST(next(1) == 1);
  make("run.v2.1.log");
  BOOST_TEST(next(1) == 2);
  make("run.v2.4.rejected.json");
  BOOST_TEST(next(1) == 5);
  make(".run.v2.7.result");
  BOOST_TEST(next(1) == 8);
  BOOST_TEST(std::filesystem::exists(dir / "run.v2.7.rejected.json"));
  BOOST_TEST(next(9) == 9);
  make("another.9.log");
  BOOST_TEST(next(1) == 8);
}

BOOST_AUTO_TEST_CASE(the_log_of_an_earlier_attempt_gets_a_number_of_its_own) {
  const TempDir dir;
  const auto make = [&](const std::string& name) { std::ofstream(dir / name) << "1"; };
  make("run.log");
  make("run.1.log");
  host::EarlierAttempts attempts(dir.path());
  BOOST_TEST(attempts.next("run", 1) == 3);
  BOOST_TEST(!std::filesystem::exists(dir / "run.log"));
  BOOST_TEST(std::filesystem::exists(dir / "run.2.log"));
  make("run.log");  // of the third, which has failed
  BOOST_TEST(attempts.next("run", 4) == 4);
  BOOST_TEST(std::filesystem::exists(dir / "run.3.log"));
}

BOOST_AUTO_TEST_SUITE_END()
