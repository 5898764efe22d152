// Study files of LLenergyMeasure, in both forms in use, come to what its own loaders make of them.
// tests/data/llem_studies/README.md says what each `expected.json` holds, and what can be compared.
#include "plan/prepared_study.hpp"
#include "support/test_data.hpp"

#include <study/error.hpp>
#include <study/identity.hpp>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace study_test;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

std::string text_of(const json::value& value) {
  return std::string(value.as_string());
}

/// One file with what it comes to.
struct Case {
  std::string form;  ///< `march` or `release`
  json::object expected;

  [[nodiscard]] fs::path study() const {
    return fs::path(STUDY_TEST_DATA_DIR) / "llem_studies" / form / text_of(expected.at("study"));
  }
  /// Why the reference comes to something else; empty where it doesn't.
  [[nodiscard]] std::string difference() const {
    const json::value* differs = expected.if_contains("host_differs");
    return differs == nullptr ? "" : text_of(*differs).substr(0, text_of(*differs).find(':'));
  }
  [[nodiscard]] bool is_refused() const { return text_of(expected.at("outcome")) == "refused"; }
  [[nodiscard]] const json::object& execution() const {
    return expected.at("execution").as_object();
  }
};

std::vector<Case> cases() {
  std::vector<Case> out;
  for (const std::string form : {"march", "release"}) {
    const fs::path folder = fs::path(STUDY_TEST_DATA_DIR) / "llem_studies" / form;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (!entry.path().string().ends_with(".expected.json")) continue;
      out.push_back(
          {form, parse_test_data("llem_studies/" + form + "/" + entry.path().filename().string())
                     .as_object()});
    }
  }
  std::sort(out.begin(), out.end(),
            [](const Case& a, const Case& b) { return a.study() < b.study(); });
  return out;
}

std::string canonical(json::object config, bool with_backend) {
  if (!with_backend) config.erase("backend");
  return study::canonical_json(config);
}

/// Each that was given before the reference's models saw it, at its place in the expansion.
void check_configurations(const Case& one, const host::StudyFile& study) {
  const bool with_backend = one.difference() != "backend";
  BOOST_TEST(study.configs.size() == one.expected.at("n_expanded").to_number<std::size_t>());
  const auto check = [&](std::size_t index, const json::value& given) {
    BOOST_REQUIRE(index < study.configs.size());
    BOOST_TEST(canonical(study.configs[index], with_backend) ==
               canonical(given.as_object(), with_backend));
  };
  for (const json::value& row : one.expected.at("configurations").as_array()) {
    check(row.at("from").at(0).to_number<std::size_t>(), row.at("given"));
  }
  for (const json::value& row : one.expected.at("skipped").as_array()) {
    check(row.at("index").to_number<std::size_t>(), row.at("given"));
  }
}

std::int64_t milliseconds(const json::value& seconds) {
  return seconds.is_null() ? 0 : std::llround(seconds.to_number<double>() * 1000);
}

/// The schedule of as many configurations as the reference has left.
std::vector<host::ScheduledRun> schedule_of(const Case& one, host::Execution execution) {
  study::StudyPlan plan;
  plan.n_cycles = execution.n_cycles;
  plan.study_design_hash = text_of(one.expected.at("study_design_hash"));
  plan.configurations.resize(one.expected.at("configurations").as_array().size());
  return make_schedule(plan, execution);
}

void check_order(const Case& one, const std::vector<host::ScheduledRun>& schedule) {
  std::vector<std::size_t> order;
  for (const host::ScheduledRun& run : schedule) order.push_back(run.configuration);
  std::vector<std::size_t> expected;
  for (const json::value& index : one.expected.at("run_order").as_array()) {
    expected.push_back(index.to_number<std::size_t>());
  }
  BOOST_TEST(order == expected, boost::test_tools::per_element());
}

// Where several cycles are sequential, the older reference pauses behind as many runs as there are
// configurations, which is no cycle.
void check_gaps(const Case& one, const std::vector<host::ScheduledRun>& schedule,
                const host::Execution& execution) {
  std::set<std::string> hashes;
  const json::array& configurations = one.expected.at("configurations").as_array();
  for (const json::value& row : configurations) hashes.insert(text_of(row.at("config_hash")));
  const bool is_by_count = one.form == "march" &&
                           execution.cycle_order == host::CycleOrder::sequential &&
                           configurations.size() > 1;
  if (is_by_count || hashes.size() < configurations.size()) return;
  std::vector<std::size_t> gaps;
  for (std::size_t i = 0; i < schedule.size(); ++i) {
    if (schedule[i].starts_round) gaps.push_back(i);
  }
  std::vector<std::size_t> expected;
  for (const json::value& place : one.expected.at("cycle_gap_before").as_array()) {
    expected.push_back(place.to_number<std::size_t>());
  }
  BOOST_TEST(gaps == expected, boost::test_tools::per_element());
}

void check_execution(const Case& one, const host::StudyFile& study) {
  BOOST_TEST(study.execution.n_cycles == one.execution().at("n_cycles").to_number<int>());
  BOOST_TEST(study.execution.experiment_gap.count() ==
             milliseconds(one.execution().at("experiment_gap_seconds")));
  BOOST_TEST(study.execution.cycle_gap.count() ==
             milliseconds(one.execution().at("cycle_gap_seconds")));
  const auto schedule = schedule_of(one, study.execution);
  check_order(one, schedule);
  check_gaps(one, schedule, study.execution);
}

void check_loaded(const Case& one, const host::StudyFile& study) {
  if (const json::string* name = one.expected.at("name").if_string()) {
    BOOST_TEST(study.name == std::string(*name));
  }
  check_configurations(one, study);
  check_execution(one, study);
  if (!one.difference().empty()) return;
  const study::StudyPlan plan = make_plan(make_config(study));
  const json::array& expected = one.expected.at("configurations").as_array();
  BOOST_REQUIRE(plan.configurations.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    BOOST_TEST(plan.configurations[i].experiment_index ==
               expected[i].at("from").at(0).to_number<std::size_t>());
  }
}

/// What can't be compared: where the reference does something else than was meant, or reads another
/// YAML; and one file in which its models change the next configuration.
bool is_comparable(const Case& one) {
  static const std::set<std::string> kOthers{"expansion", "refusal", "yaml"};
  return !kOthers.contains(one.difference()) && one.study().filename() != "preset_shared.yaml";
}

void check_case(const Case& one) {
  try {
    const host::StudyFile study = host::load_study_file(one.study());
    if (!is_comparable(one)) return;
    // What only the reference's models refuse may load.
    BOOST_TEST((!one.is_refused() || one.difference() == "models"));
    if (!one.is_refused()) check_loaded(one, study);
  } catch (const study::InputError& error) {
    if (is_comparable(one)) BOOST_TEST(one.is_refused(), error.what());
  }
}

std::vector<std::string> configs_of(const std::string& file) {
  std::vector<std::string> out;
  const fs::path path = fs::path(STUDY_TEST_DATA_DIR) / "llem_studies" / file;
  for (const json::object& config : host::load_study_file(path).configs) {
    out.push_back(study::canonical_json(config));
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(llem_studies)

BOOST_AUTO_TEST_CASE(every_study_file_comes_to_what_the_reference_makes_of_it) {
  std::map<std::string, int> counts;
  for (const Case& one : cases()) {
    BOOST_TEST_CONTEXT(one.form << "/" << text_of(one.expected.at("study"))) {
      ++counts[one.difference()];
      check_case(one);
    }
  }
  BOOST_TEST(counts[""] == 38);
}

// Where we come to something else, it is this.
BOOST_AUTO_TEST_CASE(a_swept_backend_keeps_the_keys_of_another_to_that_one) {
  BOOST_TEST(
      configs_of("march/swept_backend_scoped.yaml") ==
          (std::vector<std::string>{
              R"({"backend": "vllm", "model": "facebook/opt-125m"})",
              R"({"backend": "pytorch", "model": "facebook/opt-125m", "pytorch": {"batch_size": 1}})",
              R"({"backend": "pytorch", "model": "facebook/opt-125m", "pytorch": {"batch_size": 2}})"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_dotted_key_that_is_no_backend_sets_a_nested_field) {
  BOOST_TEST(configs_of("march/dotted_field.yaml").size() == 8U);
  BOOST_TEST(configs_of("march/refused_dotted_field.yaml").size() == 2U);
  BOOST_TEST(configs_of("march/two_prefixes.yaml").size() == 8U);
  BOOST_TEST(configs_of("march/deep_key.yaml").back() ==
             R"({"backend": "vllm", "model": "facebook/opt-125m", )"
             R"("vllm": {"engine": {"attention": {"backend": "flashinfer"}, "block_size": 16}}})");
}

BOOST_AUTO_TEST_CASE(shared_fields_beside_experiments_are_none_of_their_own) {
  BOOST_TEST(configs_of("march/explicit_with_shared_model.yaml").size() == 2U);
  BOOST_TEST(configs_of("march/backend_list_explicit.yaml").size() == 5U);
}

BOOST_AUTO_TEST_CASE(a_swept_engine_keeps_its_own_section) {
  const auto configs = configs_of("release/engine_swept.yaml");
  BOOST_REQUIRE(configs.size() == 4U);
  BOOST_TEST(configs[0] == R"({"engine": "vllm", "serving_mode": "offline", "task": {"dataset": )"
                           R"({"n_prompts": 5}, "model": "facebook/opt-350m"}, )"
                           R"("vllm": {"engine_params": {"max_num_seqs": 8}}})");
  BOOST_TEST(configs[2].find("vllm") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(keys_of_both_forms_in_one_file_are_refused_with_both_names) {
  const auto refusal = [](const std::string& text) -> std::string {
    try {
      (void)host::parse_study(text, "study.yaml");
    } catch (const study::InputError& error) {
      return error.what();
    }
    return "no error";
  };
  BOOST_TEST(refusal("name: x\nstudy_execution: {n_cycles: 2}\ntask: {model: m}\n") ==
             "study.yaml:1: 'name' and 'study_execution' (study.yaml:2) are of two forms of study "
             "files; in that with 'study_execution' it is called 'study_name'");
  BOOST_TEST(refusal("engine: vllm\ntask: {model: m}\nexecution: {n_cycles: 2}\n") ==
             "study.yaml:3: 'execution' and 'engine' (study.yaml:1) are of two forms of study "
             "files; in that with 'engine' and 'task' it is called 'study_execution'");
  BOOST_TEST(refusal("name: x\nengine: vllm\ntask: text\n") == "no error");
}

// Texts that are nearly study files, where a mistake is likelier to be deep inside.
BOOST_AUTO_TEST_CASE(bytes_of_any_kind_give_a_plan_or_a_refusal) {
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  const std::string bytes = "\n\n  ::--[]{},,&*!|>'\"%#@~?\\\t\r019.e_\xC2\x85\xE2\x80\xA8\xFF";
  std::size_t n_plans = 0;
  for (const Case& one : cases()) {
    const std::string text = study::read_file(one.study());
    for (int i = 0; i < 40; ++i) {
      std::string changed = text;
      for (std::size_t n = 1 + below(4); n > 0; --n) {
        const std::size_t at = below(changed.size());
        if (below(2) == 0) {
          changed[at] = bytes[below(bytes.size())];
        } else {  // a piece of it elsewhere
          const std::string piece = changed.substr(at, below(30));
          changed.insert(below(changed.size()), piece);
        }
      }
      try {
        n_plans += host::plan_text(changed, one.study()).configurations.empty() ? 0 : 1;
      } catch (const study::InputError&) {
      }
    }
  }
  BOOST_TEST(n_plans > 100U);
}

BOOST_AUTO_TEST_SUITE_END()
