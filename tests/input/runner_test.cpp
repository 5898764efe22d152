#include "input/runner.hpp"

#include "input_support.hpp"

#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

using host::check_placeholders;
using host::expand_command;
using host::PlaceholderValues;
using host::RunnerSpec;
using host::uses_placeholder;

namespace {

boost::json::object config() {
  return boost::json::parse(R"({"model": "gpt2", "backend": "pytorch", "seed": 7, "rate": 1e-5,
                                "cached": true, "note": null, "sizes": [1, 2],
                                "pytorch": {"batch_size": 4, "quant": {"bits": 8}}})")
      .as_object();
}

RunnerSpec runner(std::vector<std::string> command) {
  RunnerSpec spec;
  spec.command = std::move(command);
  spec.where = "study.yaml:12";
  return spec;
}

PlaceholderValues values() {
  return {"/s/config.json", "/s/result.json", "/s/series.parquet", "/studies", 3, "0123abcd", 2, 4};
}

std::string expanded(const std::string& argument) {
  return expand_command(runner({argument}), config(), values()).front();
}

std::string check_error(const std::string& argument) {
  try {
    check_placeholders(runner({"program", argument}), config());
  } catch (const study::InputError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(runner_spec)

BOOST_AUTO_TEST_CASE(a_placeholder_stands_for_the_experiments_field) {
  BOOST_TEST(expanded("{model}") == "gpt2");
  BOOST_TEST(expanded("--batch={pytorch.batch_size},{pytorch.quant.bits}") == "--batch=4,8");
  BOOST_TEST(expanded("{seed}{rate}{cached}{note}") == "71e-05truenull");
}

BOOST_AUTO_TEST_CASE(reserved_placeholders_stand_for_the_runs_own_values) {
  BOOST_TEST(expanded("{config_file}:{result_file}:{timeseries_file}:{study_file_dir}") ==
             "/s/config.json:/s/result.json:/s/series.parquet:/studies");
  BOOST_TEST(expanded("{cycle}-{config_hash}-{slot}-{attempt}") == "3-0123abcd-2-4");
  for (const char* name : {"{config_file}", "{result_file}", "{timeseries_file}",
                           "{study_file_dir}", "{cycle}", "{config_hash}", "{slot}", "{attempt}"}) {
    BOOST_TEST(check_error(name) == "no error");
  }
  boost::json::object shadowing = {{"cycle", "own"}};
  BOOST_TEST(expand_command(runner({"{cycle}"}), shadowing, values()).front() == "3");
}

BOOST_AUTO_TEST_CASE(every_other_brace_is_plain_text) {
  for (const char* text : {"{}", "{", "}", "{ model }", "{1x}", "{-a}", "{model", "model}",
                           "${x y}", "{\"a\": 1}", "{a,b}", "{.a}", ""}) {
    BOOST_TEST(expanded(text) == text);
    BOOST_TEST(check_error(text) == "no error");
  }
  BOOST_TEST(expanded("{{model}}") == "{gpt2}");
  BOOST_TEST(expanded("awk '{print {seed}}'") == "awk '{print 7}'");
}

BOOST_AUTO_TEST_CASE(what_a_placeholder_brought_in_is_not_expanded_again) {
  boost::json::object hostile = {{"model", "{config_hash}"}};
  BOOST_TEST(expand_command(runner({"{model}"}), hostile, values()).front() == "{config_hash}");
}

BOOST_AUTO_TEST_CASE(an_unknown_placeholder_names_the_runner_and_the_nearest_known) {
  BOOST_TEST(check_error("{modell}") ==
             "study.yaml:12: unknown placeholder '{modell}'; did you mean '{model}'? It is neither "
             "a field of the experiment {\"backend\": \"pytorch\", \"cached\": true, \"model\": "
             "\"gpt2\", \"note\": null, \"pytorch\": {\"batch_size\": 4, \"quant\": {\"bits\": "
             "8}}… nor one of config_file, result_file, timeseries_file, study_file_dir, "
             "cycle, config_hash, slot, attempt");
  BOOST_TEST(check_error("{pytorch.batchsize}")
                 .starts_with("study.yaml:12: unknown placeholder '{pytorch.batchsize}'; did you "
                              "mean '{pytorch.batch_size}'?"));
  BOOST_TEST(check_error("{result_fil}")
                 .starts_with("study.yaml:12: unknown placeholder '{result_fil}'; did you mean "
                              "'{result_file}'?"));
  BOOST_TEST(check_error("{zzzzzzzz}")
                 .starts_with("study.yaml:12: unknown placeholder '{zzzzzzzz}'; it is neither a "
                              "field of the experiment {"));
  BOOST_TEST(check_error("{pytorch.}").starts_with("study.yaml:12: unknown placeholder"));
}

BOOST_AUTO_TEST_CASE(a_field_that_is_no_single_value_is_no_argument) {
  BOOST_TEST(check_error("{sizes}").starts_with(
      "study.yaml:12: the placeholder '{sizes}' stands for a list, which is no argument, in the "
      "experiment {"));
  BOOST_TEST(check_error("{pytorch}")
                 .starts_with("study.yaml:12: the placeholder '{pytorch}' stands for a mapping, "
                              "which is no argument"));
  RunnerSpec spec = runner({"{model}"});
  BOOST_CHECK_THROW(check_placeholders(spec, {{"model", boost::json::string_view("a\0b", 3)}}),
                    study::InputError);
}

BOOST_AUTO_TEST_CASE(a_placeholder_that_is_used_is_known_as_such) {
  const RunnerSpec spec = runner({"bench", "--out={result_file}", "{config_file"});
  BOOST_TEST(uses_placeholder(spec, "result_file"));
  BOOST_TEST(!uses_placeholder(spec, "config_file"));
}

BOOST_AUTO_TEST_CASE(placeholders_stand_in_the_environment_too) {
  RunnerSpec spec = runner({"bench"});
  spec.environment = {{"DEVICE", "cuda:{slot}"}, {"OUT", "{result_file}"}};
  const std::vector<std::string> expected{"DEVICE=cuda:2", "OUT=/s/result.json"};
  BOOST_TEST(host::expand_environment(spec, config(), values()) == expected,
             boost::test_tools::per_element());
  BOOST_TEST(uses_placeholder(spec, "result_file"));
  spec.environment = {{"A", "{modell}"}};
  BOOST_CHECK_THROW(check_placeholders(spec, config()), study::InputError);
}

BOOST_AUTO_TEST_CASE(the_runner_is_that_of_the_backend_else_the_default) {
  host::Runners runners;
  BOOST_TEST(find_runner(runners, config()) == nullptr);
  runners.emplace("default", runner({"d"}));
  BOOST_TEST(find_runner(runners, config())->command.front() == "d");
  runners.emplace("pytorch", runner({"p"}));
  BOOST_TEST(find_runner(runners, config())->command.front() == "p");
  BOOST_TEST(find_runner(runners, {{"model", "x"}})->command.front() == "d");
}

BOOST_AUTO_TEST_SUITE_END()
