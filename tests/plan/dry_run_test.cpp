// `--dry-run` and what is refused before a study starts.
#include "plan/dry_run.hpp"

#include "support/study_folder.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using namespace study_test;
namespace fs = std::filesystem;

namespace {

constexpr const char* kStudy = R"({
  "name": "sweep",
  "backend": "pytorch",
  "sweep": {
    "model": ["org/Llama-1B", "org/Llama-3B"],
    "pytorch.batch_size": [1, 4]
  },
  "precision": "bf16",
  "execution": {"n_cycles": 2, "cycle_order": "reverse", "experiment_gap_seconds": 5,
                "cycle_gap_seconds": 0.5},
  "runners": {"pytorch": {"command": ["echo", "{pytorch.batch_size}", "two words"], "timeout_seconds": 600}}
})";

constexpr const char* kPlan = R"(sweep: 4 configurations × 2 cycles = 8 runs
  design hash   HASH
  varies        model: org/Llama-1B, org/Llama-3B
                pytorch.batch_size: 1, 4
  order         reverse: every second cycle backwards
  gaps          5 s between experiments, 0.5 s more between rounds
  jobs          2
  runners       pytorch: echo '{pytorch.batch_size}' 'two words' (at most 600 s)
  observers     none: no checkpoint is kept
  results in    DIR/results
  runs          1 pytorch / model=Llama-1B, batch_size=1 / bf16, cycle 1
                2 pytorch / model=Llama-1B, batch_size=4 / bf16, cycle 1, after 5 s
                3 pytorch / model=Llama-3B, batch_size=1 / bf16, cycle 1, after 5 s
                4 pytorch / model=Llama-3B, batch_size=4 / bf16, cycle 1, after 5 s
                5 pytorch / model=Llama-3B, batch_size=4 / bf16, cycle 2, after 5.5 s
                6 pytorch / model=Llama-3B, batch_size=1 / bf16, cycle 2, after 5 s
                7 pytorch / model=Llama-1B, batch_size=4 / bf16, cycle 2, after 5 s
                8 pytorch / model=Llama-1B, batch_size=1 / bf16, cycle 2, after 5 s
Dry run: nothing was run, nothing was created.
)";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

std::string hash_of_plan(const std::string& plan) {
  const std::size_t begin = plan.find("design hash   ");
  return begin == std::string::npos ? "" : plan.substr(begin + 14, 16);
}

/// What study-host says to a study that it refuses with `exit_code`; nothing may be created.
std::string refusal(const StudyFolder& folder, int exit_code) {
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == exit_code, result.err);
  BOOST_TEST(result.out == "");
  BOOST_TEST(!fs::exists(folder.results()));
  BOOST_TEST(result.err.starts_with("study-host: "), result.err);
  BOOST_TEST(result.err.find('\n') + 1 == result.err.size(), result.err);
  return result.err;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(before_a_study)

BOOST_AUTO_TEST_CASE(a_dry_run_prints_the_plan_and_creates_nothing) {
  StudyFolder folder;
  folder.write("study.json", kStudy);
  const ProgramResult result = folder.run({"--dry-run", "--jobs", "2"});
  BOOST_TEST(result.exit_code == 0);
  BOOST_TEST(result.err == "");
  const std::string hash = hash_of_plan(result.out);
  BOOST_TEST(hash.find_first_not_of("0123456789abcdef") == std::string::npos);
  BOOST_TEST(replaced(replaced(result.out, hash, "HASH"), folder.path().string(), "DIR") == kPlan);
  BOOST_TEST(!fs::exists(folder.results()));
}

BOOST_AUTO_TEST_CASE(of_a_long_value_the_beginning_is_shown_and_of_many_runs_both_ends) {
  StudyFolder folder;
  std::string numbers = "1";
  for (int i = 2; i <= 100; ++i) numbers += ", " + std::to_string(i);
  const std::string long_text = "first\\nsecond" + std::string(300'000, 'x');
  folder.write("study.json", R"({"name": "s", "sweep": {"text": [")" + long_text +
                                 R"(", "short"], "n": [)" + numbers + R"(]},
                                 "runners": {"default": {"command": ["echo"]}}})");
  const ProgramResult result = folder.run({"--dry-run"});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(result.out.size() < 20'000U);
  BOOST_TEST(contains(result.out, "text: first\\nsecondxxx"), result.out);
  BOOST_TEST(contains(result.out, "xxx… (300012 bytes), short\n"), result.out);
  BOOST_TEST(contains(result.out, " 57 text=first"), result.out);
  BOOST_TEST(contains(result.out, "    …\n                198 text=short, n=98\n"), result.out);
  BOOST_TEST(!contains(result.out, " 58 text="), result.out);
}

BOOST_AUTO_TEST_CASE(equal_configurations_are_run_once_with_a_warning_that_names_cycles) {
  StudyFolder folder;
  folder.write("study.json", R"({"name": "s", "sweep": {"lr": [0.1, 0.1, 0.1]},
                                 "runners": {"default": {"command": ["echo"]}}})");
  const ProgramResult result = folder.run({"--dry-run"});
  BOOST_TEST(contains(result.out, "1 configuration × 1 cycle = 1 run"), result.out);
  BOOST_TEST(contains(result.err,
                      "2 of the 3 configurations are equal to an earlier one and not run again; "
                      "'n_cycles' under 'execution' is how often each is run"),
             result.err);
}

BOOST_AUTO_TEST_CASE(an_experiment_without_a_backend_takes_the_only_runner_or_pytorchs) {
  StudyFolder folder;
  const auto plan_with = [&folder](const std::string& runners) {
    folder.write("study.json", R"({"name": "s", "a": 1, "runners": {)" + runners + "}}");
    return folder.run({"--dry-run"}).err;
  };
  const std::string vllm = R"("vllm": {"command": ["echo"]})";
  const std::string none = "no runner for experiments without a backend";
  BOOST_TEST(plan_with(vllm) == "");
  BOOST_TEST(plan_with(vllm + R"(, "pytorch": {"command": ["echo"]})") == "");
  BOOST_TEST(contains(plan_with(vllm + R"(, "x": {"command": ["echo"]})"), none));
}

BOOST_AUTO_TEST_CASE(the_later_form_of_llenergymeasure_is_run_by_engine_with_its_own_settings) {
  StudyFolder folder;
  folder.write("study.json", R"({"study_name": "s", "serving_mode": "offline",
      "task": {"model": "gpt2"}, "engine": ["vllm", "transformers"],
      "output": {"results_dir": "elsewhere"}, "study_execution": {"experiment_timeout_seconds": 90},
      "runners": {"vllm": {"command": ["run-vllm"]}, "transformers": "container"}})");
  const ProgramResult result = folder.run({"--dry-run"});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.out, "vllm: run-vllm (at most 90 s)"), result.out);
  BOOST_TEST(contains(result.out, "no runner for the backend `transformers`"), result.out);
  BOOST_TEST(contains(result.err, "has no meaning here and is passed over: runners.transformers"),
             result.err);
  BOOST_TEST(contains(result.out, "results in    " + folder.results().string()), result.out);
  // Where the host config names no directory, the study's counts.
  folder.write("study_host.json", R"({"observers": []})");
  BOOST_TEST(contains(folder.run({"--dry-run"}).out,
                      "results in    " + (fs::current_path() / "elsewhere").string()));
}

BOOST_AUTO_TEST_CASE(a_backend_without_a_runner_is_a_note_in_a_dry_run_and_an_error_in_a_real_one) {
  StudyFolder folder;
  folder.write("study.json", R"({"name": "test", "experiments": [{"backend": "vllm"}]})");
  const ProgramResult dry = folder.run({"--dry-run"});
  BOOST_TEST(dry.exit_code == 0);
  BOOST_TEST(contains(dry.out, "no runner for the backend `vllm`"), dry.out);
  BOOST_TEST(contains(refusal(folder, 2), "no runner for the backend `vllm`"));
}

BOOST_AUTO_TEST_CASE(a_named_runner_counts_only_where_an_experiment_needs_it) {
  StudyFolder folder;
  const std::string runners = R"("runners": {"default": {"command": ["echo", "1"]},
                                             "vllm": "docker"}})";
  folder.write("study.json",
               R"({"name": "test", "experiments": [{"backend": "pytorch"}],)" + runners);
  const ProgramResult unused = folder.run({"--dry-run"});
  BOOST_TEST(unused.exit_code == 0, unused.err);
  BOOST_TEST(!contains(unused.out + unused.err, "docker"), unused.out + unused.err);
  BOOST_TEST(folder.run().exit_code == 0);

  fs::remove_all(folder.results());
  folder.write("study.json", R"({"name": "test", "experiments": [{"backend": "vllm"}],)" + runners);
  const std::string problem = "the host config has no runner 'docker', which " +
                              (folder / "study.json").string() +
                              ":2 names for the backend 'vllm'; add it under its 'runners'";
  const ProgramResult needed = folder.run({"--dry-run"});
  BOOST_TEST(needed.exit_code == 0, needed.err);
  BOOST_TEST(contains(needed.out, problem), needed.out);
  BOOST_TEST(contains(needed.err, problem), needed.err);
  BOOST_TEST(contains(refusal(folder, 2), problem));
}

BOOST_AUTO_TEST_CASE(an_unknown_placeholder_is_found_before_anything_runs) {
  StudyFolder folder;
  folder.study("echo {batch}");
  BOOST_TEST(contains(refusal(folder, 2), "batch"));
}

BOOST_AUTO_TEST_CASE(an_observer_that_is_not_found_is_a_study_error) {
  StudyFolder folder;
  folder.study("echo 1");
  folder.host({{{"plugin", "no_such_observer"}}});
  BOOST_TEST(contains(refusal(folder, 3), "no_such_observer"));
}

BOOST_AUTO_TEST_CASE(a_study_file_that_is_not_there_is_bad_input) {
  StudyFolder folder;
  BOOST_TEST(contains(refusal(folder, 2), "study.json"));
}

BOOST_AUTO_TEST_CASE(a_results_directory_that_is_a_file_is_a_study_error) {
  StudyFolder folder;
  folder.study("echo 1");
  folder.write("results", "");
  const ProgramResult result = folder.run();
  BOOST_TEST(result.exit_code == 3);
  BOOST_TEST(contains(result.err, "results"));
}

BOOST_AUTO_TEST_CASE(bad_usage_is_exit_code_2_with_one_line_that_names_it) {
  struct Mistake {
    std::vector<std::string> arguments;
    std::string message;
  };
  const std::string known = "; known are run, plugins, status, list, report, leaf, check-plugin";
  const std::vector<Mistake> mistakes = {
      {{}, "a command is missing" + known},
      {{"fly"}, "unknown command 'fly'" + known},
      {{"runn", "s.yaml"}, "unknown command 'runn'; did you mean 'run'?"},
      {{"--verson"}, "unknown option '--verson'; did you mean '--version'?"},
      {{"run"}, "STUDY is required"},
      {{"run", ""}, "STUDY: must not be empty"},
      {{"run", "s.yaml", "--job", "3"}, "unknown option '--job'; did you mean '--jobs'?"},
      {{"run", "s.yaml", "--job=3"}, "unknown option '--job'; did you mean '--jobs'?"},
      {{"run", "s.yaml", "--zzzzzzzz"}, "unknown option '--zzzzzzzz'"},
      {{"run", "s.yaml", "more", "and more"}, "unexpected argument 'more'"},
      {{"run", "s.yaml", "--jobs"}, "--jobs: a value is missing"},
      {{"run", "s.yaml", "--jobs="}, "--jobs: a value is missing"},
      {{"run", "s.yaml", "--jobs", "0"}, "--jobs: must be a whole number from 1 to 4096, but is 0"},
      {{"run", "s.yaml", "--jobs", "4097"},
       "--jobs: must be a whole number from 1 to 4096, but is 4097"},
      {{"run", "s.yaml", "--jobs", "two"},
       "--jobs: must be a whole number from 1 to 4096, but is two"},
      {{"run", "s.yaml", "--config", ""}, "--config: must not be empty"},
      {{"run", "s.yaml", "--resume", ""}, "--resume: must not be empty"},
      {{"run", "s.yaml", "--log-level", "loud"},
       "--log-level: loud not in {trace,debug,info,warning,error}"},
      {{"status", ""}, "DIR: must not be empty"},
      {{"status", "--study", ""}, "--study: must not be empty"},
      {{"status", "d", "--jsn"}, "unknown option '--jsn'; did you mean '--json'?"},
      {{"plugins", "more"}, "unexpected argument 'more'"},
  };
  for (const Mistake& mistake : mistakes) {
    std::vector<std::string> command{kStudyHost};
    command.insert(command.end(), mistake.arguments.begin(), mistake.arguments.end());
    const ProgramResult result = run_program(command);
    BOOST_TEST(result.exit_code == 2, result.err);
    BOOST_TEST(result.out == "");
    BOOST_TEST(result.err == "study-host: " + mistake.message + " (see study-host --help)\n");
  }
}

BOOST_AUTO_TEST_CASE(version_and_help_go_to_stdout) {
  const ProgramResult version = run_program({kStudyHost, "--version"});
  BOOST_TEST(version.exit_code == 0);
  BOOST_TEST(version.out.starts_with("study-host "));
  const ProgramResult help = run_program({kStudyHost, "--help"});
  BOOST_TEST(help.exit_code == 0);
  BOOST_TEST(contains(help.out, "plugins"));
}

BOOST_AUTO_TEST_CASE(a_word_is_quoted_where_a_shell_needs_it) {
  BOOST_TEST(host::shell_quote("results/c_2026-02-27T16-30-00") == "results/c_2026-02-27T16-30-00");
  BOOST_TEST(host::shell_quote("") == "''");
  BOOST_TEST(host::shell_quote("my study") == "'my study'");
  BOOST_TEST(host::shell_quote("it's $HOME") == "'it'\\''s $HOME'");
}

BOOST_AUTO_TEST_SUITE_END()
