// How the programs of experiments are found and started, and what is said of those that can't be.
#include "support/study_folder.hpp"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

namespace fs = std::filesystem;

/// A study of one experiment that runs `program`, with a folder for programs that is not in PATH.
struct Programs {
  Programs() { fs::create_directory(folder / "bin"); }

  std::string write(const std::string& name, const std::string& text,
                    fs::perms mode = fs::perms::owner_all) const {
    const fs::path file = folder / "bin" / name;
    std::ofstream(file, std::ios::binary) << text;
    fs::permissions(file, mode);
    return file.string();
  }

  /// With `bin` searched first.
  [[nodiscard]] ProgramResult run(const std::string& program, const std::string& more_path) const {
    json::object runner{{"command", json::array{program}}};
    folder.write("study.json",
                 json::serialize(json::object{{"name", "test"},
                                              {"experiments", json::array{json::object{{"n", 1}}}},
                                              {"runners", {{"default", std::move(runner)}}}}));
    return run_program(folder.command(), {"PATH=" + more_path + (folder / "bin").string() + ":" +
                                          std::getenv("PATH")});
  }

  /// What study-host says of a program that isn't there, before it creates anything.
  [[nodiscard]] std::string refusal(const std::string& program) const {
    const ProgramResult result = run(program, {});
    BOOST_TEST(result.exit_code == 2, result.err);
    BOOST_TEST(!fs::exists(folder.results()));
    const std::size_t begin = result.err.find("cannot start");
    if (begin == std::string::npos) return result.err;
    return result.err.substr(begin, result.err.find('\n', begin) - begin);
  }

  /// What study-host says of one that it has tried to start.
  [[nodiscard]] std::string failure(const std::string& program,
                                    const std::string& more_path = {}) const {
    const ProgramResult result = run(program, more_path);
    BOOST_TEST(result.exit_code == 1, result.err);
    const std::size_t begin = result.err.find("SpawnError: ");
    if (begin == std::string::npos) return result.err;
    return result.err.substr(begin, result.err.find('\n', begin) - begin);
  }

  StudyFolder folder;
};

std::string cannot_start(const std::string& program) {
  return "SpawnError: cannot start `" + program + "`: ";
}

/// study-host with `limit`, such as `-Sn 50`, set by the shell that becomes it.
ProgramResult run_with_limit(const StudyFolder& folder, const std::string& limit,
                             const std::string& jobs) {
  std::vector<std::string> command = folder.command({"--jobs", jobs});
  command.insert(command.begin(), {"sh", "-c", "ulimit " + limit + "; exec \"$@\"", "sh"});
  return run_program(command);
}

json::array numbered(int count) {
  json::array fields;
  for (int n = 1; n <= count; ++n) fields.push_back(json::object{{"n", n}});
  return fields;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(starting)

BOOST_FIXTURE_TEST_CASE(a_program_is_the_first_in_path_that_can_be_executed, Programs) {
  write("measure", "#!/bin/sh\necho '{\"found\": \"bin\"}'\n");
  const fs::path other = folder / "other";
  fs::create_directory(other);
  std::ofstream(other / "measure") << "may not be executed";
  BOOST_TEST(run("measure", (folder / "absent").string() + ":" + other.string() + ":").exit_code ==
             0);
  BOOST_TEST(folder.content(".json") == "{\"found\": \"bin\"}\n");
}

BOOST_FIXTURE_TEST_CASE(a_program_that_may_not_be_executed_is_told_if_there_is_no_other, Programs) {
  write("measure", "#!/bin/sh\n", fs::perms::owner_read);
  BOOST_TEST(failure("measure") == cannot_start("measure") + "Permission denied");
}

BOOST_FIXTURE_TEST_CASE(no_shell_runs_what_the_kernel_cannot, Programs) {
  const std::string reason =
      "Exec format error; is it for this machine, and if it is a script, does it begin with #!?";
  const std::string script = write("measure", "echo '{\"by\": \"a shell\"}'\n");
  BOOST_TEST(failure(script) == cannot_start(script) + reason);
  fs::remove_all(folder.results());
  BOOST_TEST(failure("measure") == cannot_start("measure") + reason);
}

BOOST_FIXTURE_TEST_CASE(a_script_whose_interpreter_is_missing_is_told_from_a_missing_one,
                        Programs) {
  const std::string script = write("measure", "#! /usr/bin/pyton3 -u\nprint(1)\n");
  const std::string reason =
      "the interpreter in the first line of " + script + " was not found: '/usr/bin/pyton3'";
  BOOST_TEST(failure(script) == cannot_start(script) + reason);
  fs::remove_all(folder.results());
  BOOST_TEST(failure("measure") == cannot_start("measure") + reason);
}

BOOST_FIXTURE_TEST_CASE(a_script_from_windows_is_known_by_its_line_ends, Programs) {
  const std::string script = write("measure", "#!/bin/sh\r\necho 1\r\n");
  BOOST_TEST(failure(script) == cannot_start(script) + "the interpreter in the first line of " +
                                    script +
                                    " was not found: '/bin/sh\\r'; its lines end in CR LF");
}

BOOST_FIXTURE_TEST_CASE(a_program_that_is_not_there_is_found_before_anything_runs, Programs) {
  const std::string runner = " (runner in " + (folder / "study.json").string() + ":1): ";
  BOOST_TEST(refusal("no-such-program-anywhere") ==
             "cannot start `no-such-program-anywhere`" + runner + "No such file or directory");
  BOOST_TEST(refusal("./no-such-program") ==
             "cannot start `./no-such-program`" + runner +
                 "No such file or directory; the path is relative to the directory where "
                 "study-host runs, " +
                 fs::current_path().string() +
                 "; {study_file_dir}/… is relative to the study file");
  const std::string absent = (folder / "absent").string();
  BOOST_TEST(refusal(absent) ==
             "cannot start `" + absent + "`" + runner + "No such file or directory");
}

BOOST_FIXTURE_TEST_CASE(a_dry_run_tells_of_a_program_that_is_not_there, Programs) {
  static_cast<void>(refusal("no-such-program-anywhere"));
  const ProgramResult result = folder.run({"--dry-run"});
  BOOST_TEST(result.exit_code == 0);
  BOOST_TEST(contains(result.err, "warning: cannot start `no-such-program-anywhere`"), result.err);
}

BOOST_AUTO_TEST_CASE(a_program_named_by_a_field_is_looked_for_in_each_experiment) {
  StudyFolder folder;
  folder.write("study.json", R"({"name": "test", "experiments": [{"p": "true"}, {"p": "no-such"}],
      "runners": {"default": {"command": ["{p}"]}}})");
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 2);
  BOOST_TEST(contains(result.err, "cannot start `no-such`"), result.err);
}

BOOST_AUTO_TEST_CASE(a_program_is_looked_for_in_the_path_that_the_experiment_gets) {
  StudyFolder folder;
  std::filesystem::create_directory(folder / "bin");
  folder.write("bin/measure", "#!/bin/sh\necho 1\n");
  std::filesystem::permissions(folder / "bin/measure", std::filesystem::perms::owner_all);
  folder.write("study.json", R"({"name": "test", "experiments": [{"n": 1}], "runners": {"default":
      {"command": ["measure"], "env": {"PATH": ")" +
                                 (folder / "bin").string() + R"("}}}})");
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 0, result.err);
}

BOOST_FIXTURE_TEST_CASE(a_program_that_moves_between_two_runs_is_found_again, Programs) {
  write("one", "#!/bin/sh\nmv \"$0\" " + (folder / "one").string() + "\necho 1\n");
  folder.study("", {{{"n", 1}}, {{"n", 2}}});
  json::value study = json::parse(read_text(folder / "study.json"));
  study.at("runners").at("default").as_object()["command"] = json::array{"one"};
  folder.write("study.json", json::serialize(study));
  const ProgramResult result =
      run_program(folder.command(), {"PATH=" + folder.path().string() + ":" +
                                     (folder / "bin").string() + ":" + std::getenv("PATH")});
  BOOST_TEST(result.exit_code == 0, result.err);
}

BOOST_AUTO_TEST_CASE(an_experiment_ignores_no_signal_that_the_host_ignores) {
  StudyFolder folder;
  folder.study("grep SigIgn /proc/self/status | tail -c 17 | sed 's/.*/\"&\"/'");
  run_program({"sh", "-c", "trap '' HUP PIPE USR1; exec \"$@\"", "sh", kStudyHost, "run",
               (folder / "study.json").string()});
  // Those above are the C library's own.
  constexpr std::uint64_t kStandardSignals = 0x7fffffff;
  const std::string ignored = folder.content(".json");
  BOOST_TEST_REQUIRE(ignored.size() > 2);
  BOOST_TEST((std::stoull(ignored.substr(1), nullptr, 16) & kStandardSignals) == 0);
}

BOOST_AUTO_TEST_CASE(a_low_soft_limit_of_open_files_limits_no_jobs_but_is_kept_for_experiments) {
  StudyFolder folder;
  // Each waits for all; fewer at once would run into their time limit.
  const std::string up = (folder / "up-").string();
  folder.study(": > " + up + "$1; while [ $(ls " + up +
                   "* | wc -l) -lt 40 ]; do sleep 0.05; done; ulimit -Sn",
               numbered(40), {{"timeout_seconds", 50}});
  const ProgramResult result = run_with_limit(folder, "-Sn 50", "40");
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(!contains(result.err, "open files"), result.err);
  BOOST_TEST(folder.content(".json") == "50\n");
}

BOOST_AUTO_TEST_CASE(a_low_hard_limit_of_open_files_limits_the_jobs_and_fails_nothing) {
  StudyFolder folder;
  folder.study("echo text >&2; echo 1", numbered(30));
  const ProgramResult result = run_with_limit(folder, "-n 79", "30");
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.err,
                      "study-host: warning: 30 jobs need more open files than there may be: 5 run "
                      "at once; a higher hard limit (ulimit -Hn) allows more\n"),
             result.err);
  BOOST_TEST(!contains(result.err, "not kept"), result.err);
}

BOOST_AUTO_TEST_CASE(where_the_system_has_no_room_for_a_run_it_waits_for_the_end_of_another) {
  StudyFolder folder;
  const auto go = folder / "go";
  folder.study("while ! [ -e " + go.string() + " ]; do sleep 0.01; done; echo 1", numbered(30));
  Program host(folder.command({"--jobs", "30"}),
               {"LD_PRELOAD=" STUDY_BUILD_DIR "/tests/preload/libfull_file_table.so",
                "ASAN_OPTIONS=verify_asan_link_order=0"});
  wait_until("a warning", [&] {
    return contains(host.err(), "study-host: warning: fewer experiments than jobs run at once: ");
  });
  folder.write("go", "");
  const ProgramResult result = host.wait();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.err, "30 completed, 0 failed, 0 pending of 30"), result.err);
}

BOOST_AUTO_TEST_SUITE_END()
