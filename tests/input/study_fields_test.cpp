// Which fields an experiment gets from dimensions, backends and what is shared.
#include "study_file_fixture.hpp"

#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using host::StudyFile;

BOOST_FIXTURE_TEST_SUITE(study_fields, study_test::StudyFileFixture)

BOOST_AUTO_TEST_CASE(the_last_dimension_varies_fastest_and_dotted_ones_come_after_plain_ones) {
  BOOST_TEST(configs("sweep:\n  x.p: [1, 2]\n  a: [1, 2]\n  b: [3, 4]\nrunners: {x: local}\n") ==
             R"({"backend":"x","a":1,"b":3,"x":{"p":1}}
{"backend":"x","a":1,"b":3,"x":{"p":2}}
{"backend":"x","a":1,"b":4,"x":{"p":1}}
{"backend":"x","a":1,"b":4,"x":{"p":2}}
{"backend":"x","a":2,"b":3,"x":{"p":1}}
{"backend":"x","a":2,"b":3,"x":{"p":2}}
{"backend":"x","a":2,"b":4,"x":{"p":1}}
{"backend":"x","a":2,"b":4,"x":{"p":2}}
)");
}

BOOST_AUTO_TEST_CASE(a_backend_list_runs_each_with_the_dimensions_of_its_own) {
  const std::string expected = R"({"backend":"pytorch","m":1,"pytorch":{"b":1}}
{"backend":"pytorch","m":1,"pytorch":{"b":2}}
{"backend":"pytorch","m":2,"pytorch":{"b":1}}
{"backend":"pytorch","m":2,"pytorch":{"b":2}}
{"backend":"vllm","m":1,"vllm":{"s":9}}
{"backend":"vllm","m":2,"vllm":{"s":9}}
)";
  const std::string dimensions = "  m: [1, 2]\n  pytorch.b: [1, 2]\n  vllm.s: [9]\n";
  BOOST_TEST(configs("backend: [pytorch, vllm]\nsweep:\n" + dimensions) == expected);
  BOOST_TEST(configs("sweep:\n  backend: [pytorch, vllm]\n" + dimensions) == expected);
  // Without any backend, the prefixes are the backends.
  BOOST_TEST(configs("sweep:\n" + dimensions) == expected);
}

BOOST_AUTO_TEST_CASE(dimensions_of_a_backend_that_is_not_run_are_left_out_with_a_warning) {
  const std::string text = "backend: [pytorch]\nsweep:\n  m: [1]\n  vllm.s: [1, 2]\n";
  BOOST_TEST(configs(text) == "{\"backend\":\"pytorch\",\"m\":1}\n");
  BOOST_TEST(warnings(text) ==
                 std::vector<std::string>{"study.yaml:4: sweep.vllm.s: is not used, because no "
                                          "experiment of the sweep has the backend 'vllm'"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(dimensions_of_another_backend_than_the_fixed_one_make_experiments_of_that) {
  const std::string text = "backend: pytorch\nsweep:\n  m: [1]\n  vllm.s: [1, 2]\n";
  BOOST_TEST(configs(text) == R"({"backend":"vllm","m":1,"vllm":{"s":1}}
{"backend":"vllm","m":1,"vllm":{"s":2}}
)");
  BOOST_TEST(warnings(text) ==
                 std::vector<std::string>{"study.yaml:4: sweep.vllm.s: makes experiments with the "
                                          "backend 'vllm', although the study's 'backend' is "
                                          "'pytorch'"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_dotted_dimension_whose_first_part_is_no_backend_is_for_all) {
  const std::string two = "sweep: {model.lr: [1, 2, 3], data.bs: [1, 2, 3, 4]}\n";
  BOOST_TEST(load(two).configs.size() == 12U);
  BOOST_TEST(boost::json::serialize(load("model: {name: gpt2}\n" + two).configs[0]) ==
             R"({"model":{"name":"gpt2","lr":1},"data":{"bs":1}})");
  const std::string torch =
      "backend: torch\ndecoder: {top_k: 5}\n"
      "sweep: {optimizer.lr: [1, 2], decoder.a.b: [3]}\n";
  BOOST_TEST(configs(torch) ==
             R"({"backend":"torch","decoder":{"top_k":5,"a":{"b":3}},"optimizer":{"lr":1}}
{"backend":"torch","decoder":{"top_k":5,"a":{"b":3}},"optimizer":{"lr":2}}
)");
  BOOST_TEST(warnings(torch).empty());
}

BOOST_AUTO_TEST_CASE(a_swept_backend_varies_at_its_own_place) {
  BOOST_TEST(configs("sweep: {m: [1, 2], backend: [x, y], x.p: [7]}\n") ==
             R"({"m":1,"backend":"x","x":{"p":7}}
{"m":1,"backend":"y"}
{"m":2,"backend":"x","x":{"p":7}}
{"m":2,"backend":"y"}
)");
}

BOOST_AUTO_TEST_CASE(a_backend_that_is_a_mapping_is_a_field_as_any_other) {
  BOOST_TEST(configs("backend: {name: x}\nsweep: {backend.level: [1, 2]}\n") ==
             R"({"backend":{"name":"x","level":1}}
{"backend":{"name":"x","level":2}}
)");
  BOOST_TEST(configs("base: {a: 1}\nexperiments: [{b: 2}]\n") == "{\"base\":{\"a\":1},\"b\":2}\n");
  BOOST_TEST(error("base: [a.yaml]\n") == "study.yaml:1: base: must be text, but is a list");
}

BOOST_AUTO_TEST_CASE(a_dotted_dimension_goes_into_the_nested_field_beside_what_is_there) {
  BOOST_TEST(configs("backend: x\nx: {keep: 1, q: {type: nf4, bits: 2}}\n"
                     "sweep:\n  x.q.bits: [4, 8]\n  x.new: [0]\n") ==
             R"({"backend":"x","x":{"keep":1,"q":{"type":"nf4","bits":4},"new":0}}
{"backend":"x","x":{"keep":1,"q":{"type":"nf4","bits":8},"new":0}}
)");
  BOOST_TEST(configs("backend: x\nx: {q: {type: nf4}}\nsweep:\n  x.q: [{bits: 4}]\n") ==
             "{\"backend\":\"x\",\"x\":{\"q\":{\"type\":\"nf4\",\"bits\":4}}}\n");
  BOOST_TEST(error("backend: x\nx: 5\nsweep:\n  x.q: [1]\n") ==
             "study.yaml:4: sweep.x.q: the field 'x' is no mapping, but 5");
  BOOST_TEST(error("backend: x\nx: {q: [1]}\nsweep:\n  x.q.r: [1]\n") ==
             "study.yaml:4: sweep.x.q.r: the field 'x.q' is no mapping, but [1]");
}

BOOST_AUTO_TEST_CASE(explicit_experiments_follow_the_sweep_and_override_the_shared_fields) {
  BOOST_TEST(configs("m: 1\nn: 1\nsweep:\n  a: [1]\nexperiments:\n  - {n: 2}\n  - {z: 0}\n") ==
             R"({"m":1,"n":1,"a":1}
{"m":1,"n":2}
{"m":1,"n":1,"z":0}
)");
  BOOST_TEST(configs("experiments: [{a: 1}, {a: 2}]\nm: 1\n") ==
             "{\"m\":1,\"a\":1}\n{\"m\":1,\"a\":2}\n");
  BOOST_TEST(configs("backend: [x, y]\nexperiments: [{a: 1}, {a: 2, backend: z}]\n") ==
             R"({"backend":"x","a":1}
{"backend":"y","a":1}
{"backend":"z","a":2}
)");
}

BOOST_AUTO_TEST_CASE(without_sweep_and_experiments_the_shared_fields_are_the_experiment) {
  BOOST_TEST(configs("name: s\nmodel: gpt2\n") == "{\"model\":\"gpt2\"}\n");
  BOOST_TEST(configs("model: gpt2\nsweep: {}\nexperiments: []\n") == "{\"model\":\"gpt2\"}\n");
  BOOST_TEST(configs("backend: [x, y]\n") == "{\"backend\":\"x\"}\n{\"backend\":\"y\"}\n");
}

BOOST_AUTO_TEST_SUITE_END()
