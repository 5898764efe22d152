#include "input/study_file.hpp"

#include "study_file_fixture.hpp"

#include <study/identity.hpp>
#include <study/study_config.hpp>
#include <study/study_directory.hpp>
#include <study/study_plan.hpp>

#include <chrono>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using host::CycleOrder;
using host::load_study_file;
using host::StudyFile;

namespace {

study::StudyConfig to_config(const StudyFile& study) {
  study::StudyConfig config;
  config.study_name = study.name;
  config.framework_version = "0";
  config.n_cycles = study.execution.n_cycles;
  config.experiments = study.configs.experiments();
  return config;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(study_file, study_test::StudyFileFixture)

BOOST_AUTO_TEST_CASE(the_18_configurations_of_a_3_cycle_study_make_54_runs) {
  const StudyFile study =
      load_study_file(std::filesystem::path(STUDY_TEST_DATA_DIR) / "llenergymeasure_18.yaml");
  BOOST_TEST(study.name == "llama-precision-batch");
  BOOST_TEST(study.warnings.empty());
  BOOST_TEST((study.execution.cycle_order == CycleOrder::interleaved));
  BOOST_TEST(study.execution.experiment_gap.count() == 0);
  std::vector<std::string> expected;
  for (const char* model : {"meta-llama/Llama-3.2-1B", "meta-llama/Llama-3.2-3B"}) {
    for (const char* precision : {"fp32", "fp16", "bf16"}) {
      for (const char* batch_size : {"1", "4", "8"}) {
        expected.push_back(R"({"backend":"pytorch","n":100,"dataset":"aienergyscore","model":")" +
                           std::string(model) + R"(","precision":")" + precision +
                           R"(","pytorch":{"batch_size":)" + batch_size + "}}");
      }
    }
  }
  std::vector<std::string> actual;
  for (const auto& config : study.configs) actual.push_back(boost::json::serialize(config));
  BOOST_TEST(actual == expected, boost::test_tools::per_element());
  const study::StudyPlan plan = make_plan(to_config(study));
  BOOST_TEST(plan.total_runs() == 54U);
  BOOST_TEST(plan.configurations.at(7).config_summary ==
             "pytorch / model=Llama-3.2-1B, batch_size=4 / bf16");
}

BOOST_AUTO_TEST_CASE(json_and_yaml_of_the_same_study_give_identical_configurations) {
  const StudyFile yaml = load(R"(
name: both
lr: 1e-05
n: 9223372036854775808
sweep:
  rate: [0.1, 1e16, 1.0]
  flag: [true, ~]
  text: ["1", 'é😀']
experiments:
  - {nested: {a: [1, 2.5]}}
)");
  const StudyFile json = load_study_file(folder.write("study.json", R"({
"name": "both", "lr": 1e-05, "n": 9223372036854775808,
"sweep": {"rate": [0.1, 1e16, 1.0], "flag": [true, null], "text": ["1", "é😀"]},
"experiments": [{"nested": {"a": [1, 2.5]}}]})"));
  BOOST_TEST(yaml.configs.size() == 13U);
  BOOST_TEST(lines(yaml) == lines(json));
  const auto design_hash = [](const StudyFile& study) {
    return make_plan(to_config(study)).study_design_hash;
  };
  BOOST_TEST(design_hash(yaml) == design_hash(json));
}

BOOST_AUTO_TEST_CASE(a_study_file_of_llenergymeasure_loads_unchanged) {
  const StudyFile study = load(R"(
name: batch-sweep
model: meta-llama/Llama-3.1-8B
backend: pytorch
sweep:
  precision: [fp16, bf16]
  pytorch.batch_size: [1, 8]
execution:
  n_cycles: 3
  cycle_order: shuffled
  shuffle_seed: null
  experiment_gap_seconds: null
  cycle_gap_seconds: 0.25
runners:
  pytorch: local
  vllm: docker
)");
  BOOST_TEST(study.configs.size() == 4U);
  BOOST_TEST(study.execution.n_cycles == 3);
  BOOST_TEST((study.execution.cycle_order == CycleOrder::shuffled));
  BOOST_TEST(!study.execution.shuffle_seed.has_value());
  BOOST_TEST(study.execution.experiment_gap.count() == 0);
  BOOST_TEST(study.execution.cycle_gap.count() == 250);
  BOOST_TEST(study.runners.empty());
  BOOST_TEST(study.named_runners.at("vllm").first == "docker");
  BOOST_TEST(folder.without_folder(study.named_runners.at("vllm").second) == "study.yaml:16");
  BOOST_TEST(study.warnings.empty());
}

BOOST_AUTO_TEST_CASE(a_negative_seed_is_its_absolute_value_as_for_python) {
  const auto seed = [this](const std::string& text) {
    return load("a: 1\nexecution: {shuffle_seed: " + text + "}\n").execution.shuffle_seed.value();
  };
  BOOST_TEST(seed("-3") == 3U);
  BOOST_TEST(seed("-9223372036854775808") == 9223372036854775808U);
  BOOST_TEST(seed("18446744073709551615") == 18446744073709551615U);
}

BOOST_AUTO_TEST_CASE(version_and_holders_of_anchors_are_no_fields) {
  BOOST_TEST(configs("version: 2\nx-common: &c {lr: 1}\nexperiments: [{<<: *c, a: 1}]\n") ==
             "{\"lr\":1,\"a\":1}\n");
}

BOOST_AUTO_TEST_CASE(a_base_file_gives_shared_fields_and_nothing_else) {
  folder.write("shared/base.yaml",
               "name: other\nmodel: gpt2\nprecision: fp16\n"
               "sweep: {a: [1, 2]}\nexecution: {n_cycles: 9}\n"
               "base: nowhere.yaml\nrunners: {x: y}\nexperiments: 5\n");
  const StudyFile study = load("base: shared/base.yaml\nprecision: bf16\nseed: 1\n");
  BOOST_TEST(lines(study) == R"({"model":"gpt2","precision":"bf16","seed":1})"
                             "\n");
  BOOST_TEST(study.name == "study");
  BOOST_TEST(study.execution.n_cycles == 1);
  BOOST_TEST(study.named_runners.empty());
}

BOOST_AUTO_TEST_CASE(a_mistake_in_a_base_file_is_reported_there) {
  BOOST_TEST(error("base: \"base.yaml\\0\"\n") ==
             "study.yaml:1: base: must not contain a null character");
  folder.write("base.yaml", "model: gpt2\nlr: .nan\n");
  BOOST_TEST(error("base: base.yaml\n") ==
             "base.yaml:2: lr: .nan is not a finite number; give a number, or null for none");
  folder.write("base.yaml", "model: gpt2\nbackend: []\n");
  BOOST_TEST(error("base: base.yaml\n") ==
             "base.yaml:2: backend: the list is empty; name at least one");
  BOOST_TEST(error("name: x\nbase: .\n")
                 .ends_with(" is a directory; name the file of shared fields in it"));
  BOOST_TEST(error("name: x\nbase: .\n").starts_with("study.yaml:2: base: "));
  BOOST_TEST(error("name: x\nbase: absent.yaml\n") ==
             "study.yaml:2: base: there is no file absent.yaml; the path is relative to the study "
             "file");
}

BOOST_AUTO_TEST_CASE(a_runner_says_how_its_experiments_are_run_and_ended) {
  const StudyFile study = load(R"(
model: m
execution: {max_failures: 3}
runners:
  default:
    command: [bench]
    grace_seconds: 0.25
    stop_signal: INT
    retries: 2
    env: {DEVICE: "{slot}", THREADS: 08}
    cwd: inner
)");
  const host::RunnerSpec& runner = study.runners.at("default");
  BOOST_TEST(runner.grace->count() == 250);
  BOOST_TEST(runner.stop_signal == SIGINT);
  BOOST_TEST(runner.retries == 2);
  BOOST_TEST((runner.environment == std::vector<std::pair<std::string, std::string>>{
                                        {"DEVICE", "{slot}"}, {"THREADS", "08"}}));
  BOOST_TEST(runner.directory == "inner");
  BOOST_TEST(study.execution.max_failures.value() == 3u);
}

BOOST_AUTO_TEST_CASE(runners_are_commands_or_names_of_the_host_config) {
  const StudyFile study = load(R"(
model: m
runners:
  default:
    command: [sleep, 0.10, 007, 1e3, true, "{model}"]
  vllm: {command: [v], timeout_seconds: 0.5}
  tgi: local
)");
  BOOST_TEST(study.runners.at("default").command ==
                 (std::vector<std::string>{"sleep", "0.10", "007", "1e3", "true", "{model}"}),
             boost::test_tools::per_element());
  BOOST_TEST(!study.runners.at("default").timeout.has_value());
  BOOST_TEST(folder.without_folder(study.runners.at("default").where) == "study.yaml:4");
  BOOST_TEST(study.runners.at("vllm").timeout->count() == 500);

  host::Runners host;
  host["local"].command = {"l"};
  host["vllm"].command = {"hidden"};
  host["other"].command = {"o"};
  const host::Runners resolved = resolve_runners(study, host);
  BOOST_TEST(resolved.size() == 5U);
  BOOST_TEST(resolved.at("tgi").command.front() == "l");
  BOOST_TEST(resolved.at("vllm").command.front() == "v");
  BOOST_TEST(resolved.at("other").command.front() == "o");
  BOOST_TEST(resolved.at("tgi").problem == "");
  const auto problem = [&] {
    return folder.without_folder(resolve_runners(study, host).at("tgi").problem);
  };
  host.erase("local");
  BOOST_TEST(problem() ==
             "the host config has no runner 'local', which study.yaml:7 names for the backend "
             "'tgi'; add it under its 'runners', or give a command there");
  // LLenergyMeasure's words for a way to run: the host config's runner for that backend is meant.
  host["tgi"].command = {"t"};
  BOOST_TEST(resolve_runners(study, host).at("tgi").command.front() == "t");
  host.erase("tgi");
  host["locale"].command = {"l"};
  BOOST_TEST(problem() ==
             "the host config has no runner 'local', which study.yaml:7 names for the backend "
             "'tgi'; did you mean 'locale'?");
}

BOOST_AUTO_TEST_CASE(the_name_is_that_of_the_file_unless_it_is_given) {
  BOOST_TEST(load("model: m\n").name == "study");
  BOOST_TEST(load("name: ~\nmodel: m\n").name == "study");
  BOOST_TEST(load("name: my study\nmodel: m\n").name == "my study");
  BOOST_TEST(load_study_file(folder.write("a.b.yaml", "m: 1\n")).name == "a.b");
}

BOOST_AUTO_TEST_CASE(a_name_that_cannot_name_a_directory_is_refused_with_its_line) {
  for (const std::string& name : {std::string("a/b"), std::string(".."), std::string(300, 'x')}) {
    BOOST_TEST_CONTEXT(name) {
      const std::string reason = folder.error_of([&] { study::check_study_name(name); });
      BOOST_TEST(error("model: m\nname: " + name + "\n") == "study.yaml:2: name: " + reason);
    }
  }
  for (const std::string escape : {"\\n", "\\r", "\\x01", "\\x00", "\\x7f", "\\u009b", "\\u202e"}) {
    BOOST_TEST_CONTEXT(escape) {
      BOOST_TEST(error("model: m\nname: \"a" + escape + "b\"\n") ==
                 "study.yaml:2: name: study name \"a" + escape +
                     "b\" contains a control character: it names a directory; use letters, digits, "
                     "'-', '_' and spaces");
    }
  }
  BOOST_TEST(error("name: ' a'\n").find("begins or ends with a blank") != std::string::npos);
  BOOST_TEST(error("name: ''\n") == "study.yaml:1: name: must not be empty");
  BOOST_TEST(error("name: 2024\n") ==
             "study.yaml:1: name: must be text (put it in quotes), but is 2024");
  const std::string reason = folder.error_of([&] { study::check_study_name(".hidden"); });
  BOOST_TEST(folder.error_of([&] { (void)load_study_file(folder.write(".hidden", "m: 1\n")); }) ==
             ".hidden: there is no 'name', and the file's own cannot serve: " + reason);
}

BOOST_AUTO_TEST_CASE(what_is_hardly_meant_gets_a_warning) {
  BOOST_TEST(
      warnings("sweeps: {a: [1]}\nn_cycles: 3\npytorch.b: 4\n") ==
          (std::vector<std::string>{
              "study.yaml:1: 'sweeps' is taken as an experiment field; did you mean 'sweep'?",
              "study.yaml:2: 'n_cycles' is taken as an experiment field; as a setting it "
              "belongs under 'execution'",
              "study.yaml:3: 'pytorch.b' is taken as an experiment field; only under 'sweep' "
              "does a dot lead into a nested field"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(near_misses_of_settings_get_a_warning) {
  BOOST_TEST(warnings("n_cycle: 3\ncycle_ordre: shuffled\nseed: 1\nn: 100\n") ==
                 (std::vector<std::string>{
                     "study.yaml:1: 'n_cycle' is taken as an experiment field; did you mean "
                     "'n_cycles' under 'execution'?",
                     "study.yaml:2: 'cycle_ordre' is taken as an experiment field; did you mean "
                     "'cycle_order' under 'execution'?"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_hardly_meant_in_an_experiment_gets_a_warning_once) {
  BOOST_TEST(
      warnings("experiments:\n  - pytorch.b: 4\n    n_cycles: 3\n  - sweep: {a: [1]}\n"
               "    n_cycle: 3\n  - pytorch.b: 8\n    pytorch: {b: 8}\n") ==
          (std::vector<std::string>{
              "study.yaml:2: 'pytorch.b' is taken as an experiment field; only under 'sweep' does "
              "a dot lead into a nested field",
              "study.yaml:3: 'n_cycles' is taken as an experiment field; as a setting it belongs "
              "under 'execution'",
              "study.yaml:4: 'sweep' is taken as an experiment field; as a part of the study it "
              "belongs at the top of the file",
              "study.yaml:5: 'n_cycle' is taken as an experiment field; did you mean 'n_cycles' "
              "under 'execution'?"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
