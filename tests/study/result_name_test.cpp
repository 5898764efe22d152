#include "stem_of.hpp"
#include "support/temp_dir.hpp"
#include "support/test_data.hpp"

#include <study/identity.hpp>
#include <study/study_plan.hpp>
#include <study/text.hpp>

#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace {

using namespace std::string_literals;

const std::string kHash = "0123456789abcdef";

std::vector<std::string> hostile_models() {
  std::vector<std::string> models = {"../../etc/passwd",
                                     "..",
                                     ".",
                                     "/",
                                     "///",
                                     "/etc/passwd",
                                     "",
                                     "a\0b"s,
                                     "\n\r\t\x1b[31m",
                                     "~",
                                     "-rf",
                                     ".hidden",
                                     "a b",
                                     "caf\xC3\xA9/\xE6\xBC\xA2",
                                     "\xFF\xFE",
                                     "\xC2\x85x",
                                     "\xC2",
                                     "C:\\x",
                                     "a*?\"<>|:",
                                     std::string(1000, 'm'),
                                     std::string(1000, '.'),
                                     std::string(1000, '/')};
  std::string wide;
  for (int i = 0; i < 400; ++i) wide += "\xF0\x9F\x98\x80";
  models.push_back(wide);
  models.push_back("xyz" + wide);
  return models;
}

void check_safe(const std::string& name) {
  BOOST_TEST(!name.empty());
  BOOST_TEST(name.size() <= 255);
  BOOST_TEST(name.front() != '.');
  BOOST_TEST(name.front() != '-');
  BOOST_TEST(study::to_valid_utf8(name) == name);
  for (const char c : name) {
    BOOST_TEST((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '/'), name);
  }
}

BOOST_AUTO_TEST_SUITE(result_names)

BOOST_AUTO_TEST_CASE(names_are_those_of_python) {
  const boost::json::value vectors = study_test::parse_test_data("result_file_name.json");
  BOOST_REQUIRE(vectors.as_array().size() == 8);
  for (const boost::json::value& vector : vectors.as_array()) {
    BOOST_TEST(study::result_file_name(vector.as_object(),
                                       std::string_view(vector.at("config_hash").as_string()),
                                       std::string_view(vector.at("extension").as_string())) ==
               std::string_view(vector.at("file_name").as_string()));
  }
}

BOOST_AUTO_TEST_CASE(parts_that_are_absent_are_left_out) {
  BOOST_TEST(study::result_file_prefix({{"model", "gpt2"}, {"precision", "bf16"}}) == "gpt2_bf16");
  BOOST_TEST(study::result_file_prefix({{"backend", "vllm"}}) == "vllm");
  BOOST_TEST(study::result_file_prefix({{"model", ""}, {"backend", nullptr}}) == "experiment");
  BOOST_TEST(study::result_file_prefix({{"model", {{"name", "x"}}}, {"precision", 16}}) == "16");
  BOOST_TEST(study::result_file_prefix({}) == "experiment");
  BOOST_TEST(study::result_file_prefix({{"task", {{"model", "Org/Llama-1B"}}},
                                        {"engine", "vllm"},
                                        {"vllm", {{"engine_params", {{"dtype", "float16"}}}}}}) ==
             "org-llama-1b_vllm_float16");
}

BOOST_AUTO_TEST_CASE(characters_that_do_not_belong_in_a_name_become_dashes) {
  BOOST_TEST(study::result_file_prefix({{"model", "../../etc/passwd"}}) == "etc-passwd");
  BOOST_TEST(study::result_file_prefix({{"model", "A:b\\c\nd\0e\x7f"s}, {"backend", "x/Y"}}) ==
             "a-b-c-d-e-_x-Y");
  BOOST_TEST(study::result_file_prefix({{"model", "Caf\xC3\xA9\xC2\x85"}}) == "caf\xC3\xA9-");
  BOOST_TEST(study::result_file_prefix({{"model", ".."}}) == "experiment");
}

BOOST_AUTO_TEST_CASE(a_hostile_model_stays_in_the_directory) {
  const study_test::TempDir dir;
  for (const std::string& model : hostile_models()) {
    for (const char* field : {"model", "backend", "precision"}) {
      const std::string name =
          study::result_file_name({{field, study::to_valid_utf8(model)}}, kHash, ".parquet");
      check_safe(name);
      check_safe(study::result_file_name({{field, model}}, kHash, ".json"));
      std::ofstream(dir / name) << "x";
      BOOST_TEST(std::filesystem::is_regular_file(dir / name), name);
    }
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir.path())) {
    BOOST_TEST(entry.path().parent_path() == dir.path());
  }
}

BOOST_AUTO_TEST_CASE(no_name_of_a_run_exceeds_255_bytes) {
  for (const std::string& model : hostile_models()) {
    for (const std::string& hash : {kHash, std::string(128, 'h')}) {
      study::StudyConfig config;
      config.n_cycles = std::numeric_limits<int>::max();
      config.experiments.push_back(
          {{{"model", model}, {"backend", model}, {"precision", model}}, hash});
      study::StudyPlan plan;
      plan.n_cycles = config.n_cycles;
      plan.configurations.push_back({0, {hash.data(), hash.size()}, {}, config.n_cycles, true});
      const std::string stem = stem_of(config, plan.configurations[0], config.n_cycles);
      BOOST_TEST(stem.ends_with("_" + hash + "_c2147483647"));
      BOOST_TEST(stem.size() <= 200 + hash.size());
      for (const char* extension : {".json", ".parquet", ".log", ".1.log", ".2147483647.log"}) {
        check_safe(stem + extension);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
