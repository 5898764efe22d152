// What stands under `sweep`: ranges, `zip`, `exclude` and `include`, and what others write there.
#include "input/study_file.hpp"
#include "input_support.hpp"

#include <string>
#include <vector>

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace {

struct Fixture {
  host::StudyFile load(const std::string& text) const {
    return host::parse_study(text, folder / "study.yaml");
  }
  std::string error(const std::string& text) const {
    return folder.error_of([&] { (void)load(text); });
  }
  // The configurations, one a line.
  std::string configs(const std::string& text) const {
    std::string out;
    const host::StudyFile study = load(text);
    for (const auto& config : study.configs) out += boost::json::serialize(config) + "\n";
    BOOST_TEST(experiments(study) == out);
    return out;
  }
  // The same with what they share held once.
  static std::string experiments(const host::StudyFile& study) {
    std::string out;
    for (const study::Experiment& experiment : study.configs.experiments()) {
      out += boost::json::serialize(*study::AllFields(experiment)) + "\n";
    }
    return out;
  }
  // The values of the only dimension.
  std::string values(const std::string& dimension) const {
    std::string out;
    for (const auto& config : load("sweep: {x: " + dimension + "}\n").configs) {
      out += (out.empty() ? "" : " ") + boost::json::serialize(config.at("x"));
    }
    return out;
  }
  std::string warning(const std::string& text) const {
    std::string out;
    for (const std::string& line : load(text).warnings) out += folder.without_folder(line) + "\n";
    return out;
  }

  study_test::InputFolder folder;
};

constexpr const char* kFruits = R"(sweep:
  fruit: [apple, pear]
  animal: [cat, dog]
  include:
    - {color: green}
    - {color: pink, animal: cat}
    - {fruit: apple, shape: circle}
    - {fruit: banana}
    - {fruit: banana, animal: cat}
)";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sweep, Fixture)

BOOST_AUTO_TEST_CASE(a_single_value_is_a_list_of_one) {
  BOOST_TEST(values("fp16") == "\"fp16\"");
  BOOST_TEST(values("{a: 1, b: [x]}") == R"({"a":1,"b":["x"]})");
}

BOOST_AUTO_TEST_CASE(a_range_is_its_values) {
  BOOST_TEST(values("{from: 1, to: 9, step: 2}") == "1 3 5 7 9");
  BOOST_TEST(values("{from: 1, to: 10, step: 4}") == "1 5 9");
  BOOST_TEST(values("{from: 3, to: 1, step: -1}") == "3 2 1");
  BOOST_TEST(values("{from: 0, to: 0.3, step: 0.1}") == "0E0 1E-1 2E-1 3E-1");
  BOOST_TEST(values("{from: 1, to: 100, factor: 10}") == "1 10 100");
  BOOST_TEST(values("{from: 8, to: 1, factor: 0.5}") == "8E0 4E0 2E0 1E0");
  BOOST_TEST(values("{from: 0, to: 1, count: 3}") == "0E0 5E-1 1E0");
  BOOST_TEST(values("{from: 0, to: 10, count: 3}") == "0 5 10");
  BOOST_TEST(values("{from: 1, to: 100, count: 3, scale: log}") == "1 10 100");
  BOOST_TEST(values("{from: 0.001, to: 0.1, count: 3, scale: log}") == "1E-3 1E-2 1E-1");
  BOOST_TEST(values("{min: 0.5, max: 0.9, num: 3}") == "5E-1 7E-1 9E-1");
  BOOST_TEST(values("{min: 0, max: 0.3, num: 4}") == "0E0 1E-1 2E-1 3E-1");
  BOOST_TEST(values("{log: {min: 1, max: 100, num: 3}}") == "1 10 100");
  BOOST_TEST(values("{pow2: {min: 5, max: 20}}") == "8 16");
  BOOST_TEST(values("{pow2: {from: 0.25, to: 1}}") == "2.5E-1 5E-1 1E0");
}

BOOST_AUTO_TEST_CASE(a_mapping_without_a_ranges_keys_or_in_a_list_is_a_value) {
  BOOST_TEST(values("{min: 1, max: 2, default: 1}") == R"({"min":1,"max":2,"default":1})");
  BOOST_TEST(values("{count: 3}") == R"({"count":3})");
  BOOST_TEST(values("[{from: 1, to: 2, step: 1}]") == R"({"from":1,"to":2,"step":1})");
}

BOOST_AUTO_TEST_CASE(what_all_share_is_held_once_whatever_a_dimension_does_to_it) {
  const std::string text =
      "data: {prompt: long, size: 1}\nflag: 1\n"
      "sweep: {data.size: [2, 3], flag: [null, {a: 1}], x: [0]}\n"
      "experiments: [{data: {other: 1}}, {flag: {b: 2}}, {data: 5}]\n";
  BOOST_TEST(configs(text) ==
             "{\"data\":{\"prompt\":\"long\",\"size\":2},\"flag\":null,\"x\":0}\n"
             "{\"data\":{\"prompt\":\"long\",\"size\":3},\"flag\":null,\"x\":0}\n"
             "{\"data\":{\"prompt\":\"long\",\"size\":2},\"flag\":{\"a\":1},\"x\":0}\n"
             "{\"data\":{\"prompt\":\"long\",\"size\":3},\"flag\":{\"a\":1},\"x\":0}\n"
             "{\"data\":{\"other\":1},\"flag\":1}\n"
             "{\"data\":{\"prompt\":\"long\",\"size\":1},\"flag\":{\"b\":2}}\n"
             "{\"data\":5,\"flag\":1}\n");
  const auto experiments = load(text).configs.experiments();
  BOOST_TEST(experiments[0].shared == experiments[3].shared);
  BOOST_TEST(boost::json::serialize(experiments[0].config) ==
             R"({"flag":null,"x":0,"data":{"size":2}})");
}

BOOST_AUTO_TEST_CASE(a_range_that_leads_nowhere_is_refused) {
  const auto range_error = [this](const std::string& range) {
    return error("sweep: {x: " + range + "}\n");
  };
  BOOST_TEST(range_error("{from: 1, to: 9, step: 0}") ==
             "study.yaml:1: sweep.x: a step of 0 leads nowhere");
  BOOST_TEST(range_error("{from: 1, to: 9, step: -1}") ==
             "study.yaml:1: sweep.x: the range is empty: it doesn't lead from 'from' to 'to'");
  BOOST_TEST(range_error("{from: 0, to: 9, factor: 2}") ==
             "study.yaml:1: sweep.x: both ends must be greater than 0 in a range that is not "
             "linear");
  BOOST_TEST(range_error("{min: 9, max: 1, num: 3}") ==
             "study.yaml:1: sweep.x: the range ends before it begins");
  BOOST_TEST(range_error("{pow2: {min: 5, max: 7}}") ==
             "study.yaml:1: sweep.x: there is no power of two in the range");
  BOOST_TEST(range_error("{from: 0, to: 1, step: 1e-9}") ==
             "study.yaml:1: sweep.x: the range has more than 1000000 values");
  BOOST_TEST(range_error("{from: a, to: 1, step: 1}") ==
             "study.yaml:1: sweep.x.from: must be a number, but is the text 'a'");
  BOOST_TEST(range_error("{from: 1, to: 2, count: 3, step: 1}").find("one of 'step'") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(members_of_a_zip_go_together) {
  BOOST_TEST(
      configs("sweep:\n  a: [1, 2]\n  zip: [{m: s, n.b: 8}, {m: l, n.b: 1}]\n  z.y: [0]\n") ==
      R"({"a":1,"m":"s","n":{"b":8},"z":{"y":0}}
{"a":1,"m":"l","n":{"b":1},"z":{"y":0}}
{"a":2,"m":"s","n":{"b":8},"z":{"y":0}}
{"a":2,"m":"l","n":{"b":1},"z":{"y":0}}
)");
  BOOST_TEST(configs("sweep: {zip: [[{a: 1}, {a: 2}], [{b: 3, c: 4}]]}\n") ==
             "{\"a\":1,\"b\":3,\"c\":4}\n{\"a\":2,\"b\":3,\"c\":4}\n");
}

BOOST_AUTO_TEST_CASE(in_a_zip_too_a_backends_field_is_only_for_its_experiments) {
  BOOST_TEST(
      configs("sweep: {zip: [{backend: vllm, vllm.s: 1, pytorch.b: 2}, {backend: pytorch}]}\n") ==
      "{\"backend\":\"vllm\",\"vllm\":{\"s\":1}}\n{\"backend\":\"pytorch\"}\n");
  BOOST_TEST(configs("backend: [vllm, x]\nsweep: {zip: [{vllm.s: 1, vllm.t: 2}]}\n") ==
             "{\"backend\":\"vllm\",\"vllm\":{\"s\":1,\"t\":2}}\n{\"backend\":\"x\"}\n");
}

BOOST_AUTO_TEST_CASE(a_backends_field_in_a_zip_makes_experiments_of_it_as_a_dimension_does) {
  BOOST_TEST(configs("sweep: {zip: [{m: s, pytorch.b: 8}, {m: l, pytorch.b: 1}]}\n") ==
             R"({"backend":"pytorch","m":"s","pytorch":{"b":8}}
{"backend":"pytorch","m":"l","pytorch":{"b":1}}
)");
  BOOST_TEST(warning("backend: [x]\nsweep: {zip: [{m: s, pytorch.b: 8}]}\n") ==
             "study.yaml:2: sweep.zip: is not used, because no experiment of the sweep has the "
             "backend 'pytorch'\n");
}

BOOST_AUTO_TEST_CASE(a_field_is_set_by_one_dimension) {
  BOOST_TEST(error("sweep:\n  a: [1]\n  zip: [{a: 2}]\n") ==
             "study.yaml:3: sweep: 'a' is set here and by 'a' (study.yaml:2)");
  BOOST_TEST(error("sweep: {zip: []}\n") ==
             "study.yaml:1: sweep.zip: the list is empty; give at least one mapping");
  BOOST_TEST(error("sweep: {zip: [5]}\n") ==
             "study.yaml:1: sweep.zip[0]: must be a mapping of fields, but is 5");
}

BOOST_AUTO_TEST_CASE(what_is_excluded_is_what_has_all_those_values) {
  BOOST_TEST(configs("k: {c: 1}\nsweep:\n  a: [1, 2]\n  k.b: [1, 2]\n"
                     "  exclude: [{a: 2, k: {b: 1}}, {k.b: 2, a: 1}]\n") ==
             "{\"k\":{\"c\":1,\"b\":1},\"a\":1}\n{\"k\":{\"c\":1,\"b\":2},\"a\":2}\n");
  BOOST_TEST(warning("sweep:\n  a: [1, 2]\n  exclude: [{a: 3}]\n") ==
             "study.yaml:3: sweep.exclude[0]: takes nothing away: no combination is like that\n");
  BOOST_TEST(error("sweep:\n  a: [1]\n  exclude: [{a: 1}]\n") ==
             "study.yaml:3: sweep: 'exclude' leaves nothing");
}

// The example of GitHub's own documentation.
BOOST_AUTO_TEST_CASE(what_is_included_is_added_where_it_contradicts_no_value_of_the_product) {
  BOOST_TEST(configs(kFruits) == R"({"fruit":"apple","animal":"cat","color":"pink","shape":"circle"}
{"fruit":"apple","animal":"dog","color":"green","shape":"circle"}
{"fruit":"pear","animal":"cat","color":"pink"}
{"fruit":"pear","animal":"dog","color":"green"}
{"fruit":"banana"}
{"fruit":"banana","animal":"cat"}
)");
}

BOOST_AUTO_TEST_CASE(a_backends_field_is_included_in_its_combinations) {
  BOOST_TEST(configs("sweep:\n  backend: [vllm, x]\n  include: [{vllm.a: 1}, {b: 2}]\n") ==
             R"({"backend":"vllm","vllm":{"a":1},"b":2}
{"backend":"x","b":2}
)");
}

BOOST_AUTO_TEST_CASE(inclusions_alone_are_combinations_of_their_own) {
  BOOST_TEST(configs("s: 0\nsweep: {include: [{a.b: 1}, {a: 2}]}\nexperiments: [{z: 1}]\n") ==
             "{\"s\":0,\"a\":{\"b\":1}}\n{\"s\":0,\"a\":2}\n{\"s\":0,\"z\":1}\n");
}

BOOST_AUTO_TEST_CASE(what_others_write_gets_a_hint) {
  BOOST_TEST(error("sweep:\n  method: grid\n  parameters: {lr: {values: [1, 2]}}\n") ==
             "study.yaml:2: sweep.method: a study runs every combination of its 'sweep'; for a "
             "field named 'method' put its value into a list");
  BOOST_TEST(error("sweep:\n  parameters: {lr: {values: [1, 2]}}\n") ==
             "study.yaml:2: sweep.parameters: dimensions stand directly under 'sweep', such as lr: "
             "[0.1, 0.01]; for a field named 'parameters' put its value into a list");
  BOOST_TEST(error("sweep: {lr: {values: [1, 2]}}\n") ==
             "study.yaml:1: sweep.lr: the values of a dimension stand directly under its name, "
             "such as [1, 8]");
  BOOST_TEST(warning("program: train.py\nmatrix: {lr: [1, 2]}\nmethod: grid\n") ==
             "study.yaml:2: 'matrix' is taken as an experiment field; dimensions are written under "
             "'sweep', such as {lr: [0.1, 0.01]}\n"
             "study.yaml:3: 'method' is taken as an experiment field; a study runs every "
             "combination of its 'sweep'; there is no other method\n");
  BOOST_TEST(warning("sweep:\n  model: {lr: [1, 2]}\n") ==
             "study.yaml:2: sweep.model: the mapping is taken as one value; a nested field's "
             "values are written with a dot, such as 'model.lr: [1, 8]'\n");
}

BOOST_AUTO_TEST_CASE(a_first_part_that_is_nearly_a_backend_is_refused_unless_it_is_a_field) {
  BOOST_TEST(error("sweep: {pytorh.b: [1]}\n") ==
             "study.yaml:1: sweep.pytorh.b: 'pytorh' is no backend of this study, and no field; "
             "did you mean 'pytorch'?");
  BOOST_TEST(error("backend: tgi-server\nsweep: {tgi-serve.b: [1]}\n")
                 .ends_with("did you mean 'tgi-server'?"));
  BOOST_TEST(error("pytorh: {}\nsweep: {pytorh.b: [1]}\n") == "no error");
  BOOST_TEST(error("sweep: {decoder.b: [1], lr.x: [2], m.y: [3]}\n") == "no error");
}

BOOST_AUTO_TEST_CASE(configurations_of_more_than_some_bytes_are_refused_before_they_are_made) {
  std::string text = "prompt: " + std::string(1'000'000, 'x') + "\nsweep:\n  n: [0";
  for (int i = 1; i < 10'000; ++i) text += "," + std::to_string(i);
  const std::string message = error(text + "]\n");
  BOOST_TEST(message.starts_with("study.yaml:3: 10000 configurations come to 1000"), message);
  BOOST_TEST(message.ends_with(" bytes with their shared fields, but at most 4294967296 are "
                               "allowed; put long values into a file and its name here"),
             message);
}

BOOST_AUTO_TEST_CASE(a_plain_value_that_yaml_1_1_reads_otherwise_is_warned_of) {
  BOOST_TEST(warning("a: no\nsweep:\n  b: [012, 1_000, 12:30]\nc: {d: 2026-03-15}\n") ==
             "study.yaml:1: a: 'no' is taken for text, but for false by other readers (YAML 1.1); "
             "write false or \"no\" for the text\n"
             "study.yaml:3: sweep.b[0]: 012 is taken for the number 12, but for 10 by other "
             "readers (YAML 1.1); write 10 or \"012\" for the text\n"
             "study.yaml:3: sweep.b[1]: '1_000' is taken for text, but for 1000 by other readers "
             "(YAML 1.1); write 1000 or \"1_000\" for the text\n"
             "study.yaml:3: sweep.b[2]: '12:30' is taken for text, but for 750 by other readers "
             "(YAML 1.1); write 750 or \"12:30\" for the text\n"
             "study.yaml:4: c.d: '2026-03-15' is taken for text, but for a date by other readers "
             "(YAML 1.1); write \"2026-03-15\" for the text\n");
  BOOST_TEST(warning("a: [1e3, 1e-5, 0o17, 0x1F, 'no', \"012\", !!str off, y, 007, 0, 01:30]\n"
                     "on: 1\nrunners: {x: {command: [p, 012, no]}}\n") == "");
}

BOOST_AUTO_TEST_CASE(many_such_values_are_counted) {
  std::string text = "a: [no";
  for (int i = 1; i < 176; ++i) text += ", off";
  const host::StudyFile study = load(text + "]\n");
  BOOST_TEST(study.warnings.size() == 21U);
  BOOST_TEST(folder.without_folder(study.warnings.back()) ==
             "study.yaml: there are 156 more values that YAML 1.1 takes for something else");
}

BOOST_AUTO_TEST_SUITE_END()
