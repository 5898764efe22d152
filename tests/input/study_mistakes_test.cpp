#include "input/study_file.hpp"
#include "input_support.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using host::load_study_file;

namespace {

struct Fixture {
  std::string error(const std::string& text) const {
    return folder.error_of([&] { (void)load_study_file(folder.write("study.yaml", text)); });
  }

  study_test::InputFolder folder;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(study_file_mistakes, Fixture)

BOOST_AUTO_TEST_CASE(in_the_file_as_a_whole) {
  BOOST_TEST(folder.error_of([&] { (void)load_study_file(folder / "absent.yaml"); }) ==
             "absent.yaml: there is no such file");
  BOOST_TEST(
      error("- a\n") ==
      "study.yaml:1: must be a mapping with keys such as 'model' and 'sweep', but is a list");
  BOOST_TEST(error("name: x\n") ==
             "study.yaml: no experiments; add 'sweep' or 'experiments', or fields such as 'model' "
             "for a single one");
  BOOST_TEST(error("name: x\nsweep:\n  a: [1, 2\nexecution: {}\n")
                 .starts_with("study.yaml:4: not valid YAML: "));
  BOOST_TEST(error("model: a\nlr: 1\nmodel: b\n") ==
             "study.yaml:3: the key 'model' is there twice, first on line 1");
  BOOST_TEST(error("model: a\nlr: .nan\n") ==
             "study.yaml:2: lr: .nan is not a finite number; give a number, or null for none");
}

BOOST_AUTO_TEST_CASE(in_the_sweep) {
  BOOST_TEST(error("model: m\nsweep:\n  a: [1]\n  precision: []\n") ==
             "study.yaml:4: sweep.precision: the list is empty; give at least one value");
  BOOST_TEST(error("sweep: {lr: {min: 1, max: 2}}\n") ==
             "study.yaml:1: sweep.lr: a range has 'from' and 'to' and one of 'step', 'factor' and "
             "'count', such as {from: 1, to: 9, step: 2}; a mapping that is one value goes into a "
             "list: [{…}]");
  BOOST_TEST(error("sweep: {lr: {}}\n") ==
             "study.yaml:1: sweep.lr: must be a list of values, such as [1, 8], but is a mapping");
  BOOST_TEST(error("sweep:\n  a:\n  b: [1]\n") ==
             "study.yaml:2: sweep.a: must be a list of values, such as [1, 8], but is null");
  BOOST_TEST(error("sweep: [1]\n") == "study.yaml:1: sweep: must be a mapping, but is a list");
  BOOST_TEST(error("sweep:\n  a..b: [1]\n") ==
             "study.yaml:2: sweep: the dimension 'a..b' has an empty name between its dots");
  BOOST_TEST(error("sweep:\n  a.b: [1]\n  a.b.c: [1]\n") ==
             "study.yaml:3: sweep: the dimension 'a.b.c' sets a part of what 'a.b' sets as a whole "
             "(study.yaml:2)");
  BOOST_TEST(error("model: m\nbackend: [x, 5]\n") ==
             "study.yaml:2: backend: must be text or a list of texts, but has the value 5");
  BOOST_TEST(error("sweep:\n  backend: [x, ~]\n") ==
             "study.yaml:2: backend: must be text or a list of texts, but has the value null");
}

BOOST_AUTO_TEST_CASE(a_product_without_end_is_refused_before_it_is_built) {
  std::string thousand = "[0";
  for (int i = 1; i < 1000; ++i) thousand += "," + std::to_string(i);
  thousand += "]\n";
  std::string text = "sweep:\n  a: " + thousand + "  b: " + thousand + "  c: [1, 2]\n";
  BOOST_TEST(error(text) ==
             "study.yaml:2: the study has 2000000 configurations, but at most 1000000 are allowed; "
             "take values out of 'sweep'");
  for (char key = 'd'; key < 'k'; ++key) text += std::string("  ") + key + ": " + thousand;
  BOOST_TEST(error(text) ==
             "study.yaml:2: the study has more than 18446744073709551615 configurations, but at "
             "most 1000000 are allowed; take values out of 'sweep'");
  BOOST_TEST(error("sweep: {a: " + thousand.substr(0, thousand.size() - 1) +
                   "}\nexecution: {n_cycles: 100000}\n") ==
             "study.yaml: 1000 configurations in 100000 cycles are 100000000 runs, but at most "
             "10000000 are allowed");
}

BOOST_AUTO_TEST_CASE(in_the_experiments) {
  BOOST_TEST(error("model: m\nexperiments:\n  - 5\n") ==
             "study.yaml:3: experiments[0]: must be a mapping of experiment fields, but is 5");
  BOOST_TEST(error("experiments: {a: 1}\n") ==
             "study.yaml:1: experiments: must be a list, but is a mapping");
  BOOST_TEST(error("experiments:\n  - {}\n") ==
             "study.yaml:2: experiments: an experiment without any field");
  BOOST_TEST(error("experiments:\n  - a: 1\n    backend: []\n") ==
             "study.yaml:2: backend: the list is empty; name at least one");
}

BOOST_AUTO_TEST_CASE(with_a_null_character_are_told_whole) {
  BOOST_TEST(error("\"a\\0b\": 1\nrunners:\n  \"x\\0y\": {}\n") ==
             "study.yaml:3: runners.x\\x00y: 'command' is missing");
  BOOST_TEST(error("execution: {\"a\\0b\": 1}\n") ==
             "study.yaml:1: unknown key 'a\\x00b' in execution; known are n_cycles, cycle_order, "
             "shuffle_seed, experiment_gap_seconds, cycle_gap_seconds, max_failures");
  BOOST_TEST(error("\"a\\0b\": .nan\n") ==
             "study.yaml:1: a\\x00b: .nan is not a finite number; give a number, or null for none");
  BOOST_TEST(error("sweep: {\"a\\0b..c\": [1]}\n") ==
             "study.yaml:1: sweep: the dimension 'a\\x00b..c' has an empty name between its dots");
}

BOOST_AUTO_TEST_CASE(in_the_execution) {
  const auto execution_error = [this](const std::string& line) {
    return error("model: m\nexecution:\n  " + line + "\n");
  };
  BOOST_TEST(execution_error("n_cycles: 0") ==
             "study.yaml:3: execution.n_cycles: must be a whole number from 1 to 1000000, but is "
             "0");
  BOOST_TEST(execution_error("n_cycles: 2.5") ==
             "study.yaml:3: execution.n_cycles: must be a whole number from 1 to 1000000, but is "
             "2.5");
  BOOST_TEST(execution_error("n_cycle: 3") ==
             "study.yaml:3: unknown key 'n_cycle' in execution; did you mean 'n_cycles'?");
  BOOST_TEST(execution_error("cycle_order: shufled") ==
             "study.yaml:3: execution.cycle_order: 'shufled' is unknown; did you mean 'shuffled'?");
  BOOST_TEST(execution_error("cycle_order: zigzag") ==
             "study.yaml:3: execution.cycle_order: must be sequential, interleaved, shuffled, "
             "reverse or latin_square, but is the text 'zigzag'");
  BOOST_TEST(execution_error("config_gap_seconds: 5") ==
             "study.yaml:3: unknown key 'config_gap_seconds' in execution; did you mean "
             "'experiment_gap_seconds'?");
  BOOST_TEST(execution_error("shuffle_seed: '99999999999999999999'") ==
             "study.yaml:3: execution.shuffle_seed: must be a whole number from 0 to "
             "18446744073709551615, but is the text '99999999999999999999'");
  BOOST_TEST(execution_error("cycle_gap_seconds: -0.5") ==
             "study.yaml:3: execution.cycle_gap_seconds: must be a number of seconds from 0 to "
             "1000000000, but is -0.5");
  BOOST_TEST(execution_error("experiment_gap_seconds: 1e12") ==
             "study.yaml:3: execution.experiment_gap_seconds: must be a number of seconds from 0 "
             "to 1000000000, but is 1e12");
  BOOST_TEST(execution_error("experiment_gap_seconds: soon") ==
             "study.yaml:3: execution.experiment_gap_seconds: must be a number, but is the text "
             "'soon'");
}

BOOST_AUTO_TEST_CASE(in_the_runners) {
  const auto runner_error = [this](const std::string& value) {
    return error("model: m\nrunners:\n  x: " + value + "\n");
  };
  BOOST_TEST(runner_error("{}") == "study.yaml:3: runners.x: 'command' is missing");
  BOOST_TEST(runner_error("{command: []}") ==
             "study.yaml:3: runners.x.command: must name a program");
  BOOST_TEST(runner_error("{command: python3 bench.py}") ==
             "study.yaml:3: runners.x.command: must be a list of the program and its arguments, "
             "such as [\"python3\", \"bench.py\"], but is the text 'python3 bench.py'");
  BOOST_TEST(runner_error("{command: [p, {model}]}") ==
             "study.yaml:3: runners.x.command[1]: must be text, but is a mapping");
  BOOST_TEST(runner_error("{command: [p, ~]}") ==
             "study.yaml:3: runners.x.command[1]: must be text, but is null");
  BOOST_TEST(runner_error("{command: [p, \"a\\0b\"]}") ==
             "study.yaml:3: runners.x.command[1]: must not contain a null character");
  BOOST_TEST(runner_error("{command: [p], timeout_seconds: 0}") ==
             "study.yaml:3: runners.x.timeout_seconds: must be a number of seconds greater than 0 "
             "and at most 1000000000, but is 0");
  BOOST_TEST(runner_error("{command: [p], timeout_seconds: 1e10}") ==
             "study.yaml:3: runners.x.timeout_seconds: must be a number of seconds greater than 0 "
             "and at most 1000000000, but is 1e10");
  BOOST_TEST(runner_error("{command: [p], timeout: 5}") ==
             "study.yaml:3: unknown key 'timeout' in runners.x; known are command, "
             "launcher, timeout_seconds, grace_seconds, stop_signal, retries, env, cwd");
  BOOST_TEST(
      runner_error("{command: [p], stop_signal: SIGSTAHP}") ==
      "study.yaml:3: runners.x.stop_signal: must be the name of a signal, such as SIGTERM or "
      "SIGINT, but is the text 'SIGSTAHP'");
  BOOST_TEST(runner_error("{command: [p], retries: -1}")
                 .starts_with("study.yaml:3: runners.x.retries: must be a whole number "));
  BOOST_TEST(runner_error("{command: [p], env: [A=1]}") ==
             "study.yaml:3: runners.x.env: must be a mapping of variables, such as "
             "{\"CUDA_VISIBLE_DEVICES\": \"{slot}\"}, but is a list");
  BOOST_TEST(runner_error("{command: [p], env: {\"A=B\": 1}}")
                 .ends_with("is no name for an environment variable"));
  BOOST_TEST(runner_error("{command: [p], env: {STUDY_DIR: x}}")
                 .ends_with("is set by study-host itself; choose another name"));
  BOOST_TEST(runner_error("[p]") ==
             "study.yaml:3: runners.x: must be a mapping with 'command', or the name of a runner "
             "of the host config, but is a list");
}

BOOST_AUTO_TEST_SUITE_END()
