#include "support/test_data.hpp"

#include <study/config_summary.hpp>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using Lines = std::vector<std::string>;

Lines summaries(const std::vector<boost::json::object>& configs) {
  std::vector<const boost::json::object*> pointers;
  for (const auto& config : configs) pointers.push_back(&config);
  return study::config_summaries(pointers);
}

/// Of a JSON array of configurations.
Lines summaries_of(std::string_view json) {
  const boost::json::value array = study::parse_json(json, "test");
  std::vector<const boost::json::object*> pointers;
  for (const auto& config : array.as_array()) pointers.push_back(&config.as_object());
  return study::config_summaries(pointers);
}

std::size_t code_points(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1U : 0U;
  return count;
}

BOOST_AUTO_TEST_SUITE(config_summary)

BOOST_AUTO_TEST_CASE(a_sweep_reads_well) {
  std::vector<boost::json::object> configs;
  for (const char* model : {"meta-llama/Llama-3.2-1B", "gpt2"}) {
    for (const char* precision : {"fp32", "fp16", "bf16"}) {
      for (const int batch_size : {1, 4, 8}) {
        configs.push_back({{"model", model},
                           {"backend", "pytorch"},
                           {"precision", precision},
                           {"n", 100},
                           {"pytorch", {{"batch_size", batch_size}}}});
      }
    }
  }
  const Lines lines = summaries(configs);
  BOOST_TEST(lines[0] == "pytorch / model=Llama-3.2-1B, batch_size=1 / fp32");
  BOOST_TEST(lines[7] == "pytorch / model=Llama-3.2-1B, batch_size=4 / bf16");
  BOOST_TEST(lines[17] == "pytorch / model=gpt2, batch_size=8 / bf16");
}

BOOST_AUTO_TEST_CASE(in_llenergymeasures_later_form_the_well_known_fields_stand_elsewhere) {
  const Lines expected = {"vllm / model=Llama-1B, n_prompts=5 / bfloat16",
                          "transformers / model=gpt2, n_prompts=6 / float16"};
  BOOST_TEST(summaries_of(R"([
      {"task": {"model": "org/Llama-1B", "n_prompts": 5}, "engine": "vllm",
       "vllm": {"engine_params": {"dtype": "bfloat16"}}},
      {"task": {"model": "gpt2", "n_prompts": 6}, "engine": "transformers",
       "transformers": {"engine_params": {"dtype": "float16"}}}])") == expected);
  BOOST_TEST(summaries_of(R"([{"task": {"model": "org/Llama-1B"}, "engine": "vllm"}])") ==
             Lines{"vllm / org-llama-1b"});
}

BOOST_AUTO_TEST_CASE(keys_come_in_the_order_of_first_appearance) {
  const Lines expected = {"z=1, a=1", "z=2, a=2, m=0"};
  BOOST_TEST(summaries_of(R"([{"z": 1, "a": 1}, {"m": 0, "a": 2, "z": 2}])") == expected);
}

BOOST_AUTO_TEST_CASE(being_absent_counts_as_a_value) {
  const Lines expected = {"pytorch / gpt2 / bf16", "pytorch / batch_size=4 / bf16"};
  BOOST_TEST(summaries_of(R"([
      {"model": "gpt2", "backend": "pytorch", "precision": "bf16"},
      {"model": "gpt2", "backend": "pytorch", "precision": "bf16", "batch_size": 4}])") ==
             expected);
  const Lines with_null = {"a=null", "experiment"};
  BOOST_TEST(summaries_of(R"([{"a": null}, {}])") == with_null);
}

BOOST_AUTO_TEST_CASE(backend_and_precision_are_segments_and_not_among_what_varies) {
  const Lines expected = {"pytorch / gpt2 / bf16", "vllm / gpt2 / fp16"};
  BOOST_TEST(summaries_of(R"([{"model": "gpt2", "backend": "pytorch", "precision": "bf16"},
                              {"model": "gpt2", "backend": "vllm", "precision": "fp16"}])") ==
             expected);
}

BOOST_AUTO_TEST_CASE(a_segment_that_is_missing_is_dropped) {
  const Lines expected = {"a=1 / bf16", "vllm / a=2", "a=3"};
  BOOST_TEST(
      summaries_of(R"([{"a": 1, "precision": "bf16"}, {"a": 2, "backend": "vllm"}, {"a": 3}])") ==
      expected);
}

BOOST_AUTO_TEST_CASE(an_ambiguous_last_part_is_shown_with_its_whole_key) {
  const Lines expected = {"pytorch.batch_size=1, threads=1", "threads=2, vllm.batch_size=1"};
  BOOST_TEST(summaries_of(R"([{"pytorch": {"batch_size": 1, "threads": 1}},
                              {"vllm": {"batch_size": 1}, "pytorch": {"threads": 2}}])") ==
             expected);
  const Lines beside_plain = {"size=1, x.size=2", "size=2, x.size=1"};
  BOOST_TEST(summaries_of(R"([{"size": 1, "x": {"size": 2}}, {"size": 2, "x": {"size": 1}}])") ==
             beside_plain);
}

BOOST_AUTO_TEST_CASE(a_key_that_does_not_vary_makes_nothing_ambiguous) {
  const Lines expected = {"batch_size=1", "batch_size=2"};
  BOOST_TEST(summaries_of(R"([{"x": {"batch_size": 1}, "y": {"batch_size": 7}},
                              {"x": {"batch_size": 2}, "y": {"batch_size": 7}}])") == expected);
}

BOOST_AUTO_TEST_CASE(models_whose_last_parts_collide_are_shown_whole) {
  const Lines expected = {"model=a/llama", "model=b/llama", "model=c/gpt2"};
  BOOST_TEST(summaries_of(R"([{"model": "a/llama"}, {"model": "b/llama"}, {"model": "c/gpt2"}])") ==
             expected);
  const Lines distinct = {"model=llama, n=1", "model=llama, n=2", "model=gpt2, n=1"};
  BOOST_TEST(summaries_of(R"([{"model": "a/llama", "n": 1}, {"model": "a/llama", "n": 2},
                              {"model": "c/gpt2", "n": 1}])") == distinct);
  const Lines trailing = {"model=a/", "model=b/"};
  BOOST_TEST(summaries_of(R"([{"model": "a/"}, {"model": "b/"}])") == trailing);
}

BOOST_AUTO_TEST_CASE(where_nothing_varies_the_model_is_shown) {
  const Lines expected = {"pytorch / meta-llama-llama-3.1-8b / bf16"};
  BOOST_TEST(summaries_of(R"([{"model": "meta-llama/Llama-3.1-8B", "backend": "pytorch",
                               "precision": "bf16", "n": 100}])") == expected);
  const Lines cut = {std::string(30, 'm')};
  BOOST_TEST(summaries({{{"model", std::string(31, 'M')}}}) == cut);
  const Lines nothing = {"experiment"};
  BOOST_TEST(summaries_of(R"([{"n": 100}])") == nothing);
}

BOOST_AUTO_TEST_CASE(strings_are_bare_and_everything_else_is_json) {
  const Lines expected = {"a=x y, b=1.5, c=true, d=null, e=[1, \"caf\xC3\xA9\"], f={}, g=1e-05",
                          "experiment"};
  BOOST_TEST(summaries_of(R"([{"a": "x y", "b": 1.5, "c": true, "d": null, "e": [1, "café"],
                               "f": {}, "g": 1e-5}, {}])") == expected);
}

BOOST_AUTO_TEST_CASE(values_of_different_types_differ) {
  const Lines expected = {"a=1, z=-0.0", "a=1.0, z=0.0"};
  BOOST_TEST(summaries_of(R"([{"a": 1, "z": -0.0}, {"a": 1.0, "z": 0.0}])") == expected);
}

BOOST_AUTO_TEST_CASE(a_summary_is_one_line) {
  BOOST_TEST(summaries({{{"a", "x\ny\tz\x7f"}}, {{"a", 2}}})[0] == "a=x y z ");
}

BOOST_AUTO_TEST_CASE(a_long_summary_is_cut_at_120_code_points) {
  const Lines whole = summaries({{{"a", std::string(118, 'x')}}, {{"a", 2}}});
  BOOST_TEST(whole[0] == "a=" + std::string(118, 'x'));
  const Lines cut = summaries({{{"a", std::string(119, 'x')}}, {{"a", 2}}});
  BOOST_TEST(cut[0] == "a=" + std::string(117, 'x') + "\xE2\x80\xA6");

  std::string wide;
  for (int i = 0; i < 5000; ++i) wide += "\xF0\x9F\x98\x80";
  const Lines wide_cut = summaries({{{"a", wide}, {"b", 1}}, {{"a", 2}}});
  BOOST_TEST(code_points(wide_cut[0]) == 120);
  BOOST_TEST(wide_cut[0] == "a=" + wide.substr(0, 117 * 4) + "\xE2\x80\xA6");
}

BOOST_AUTO_TEST_CASE(a_key_with_a_dot_in_it_is_the_same_as_a_nested_one) {
  const Lines expected = {"b=1", "b=2"};
  BOOST_TEST(summaries_of(R"([{"a.b": 1}, {"a": {"b": 2}}])") == expected);
  // Twice in one configuration is not once in two.
  const Lines both = {"b=1, b=1", "experiment"};
  BOOST_TEST(summaries_of(R"([{"a.b": 1, "a": {"b": 1}}, {}])") == both);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
