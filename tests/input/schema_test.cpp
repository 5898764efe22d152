// The JSON Schemas of study file and host config agree with what is read.
#include "input/host_config.hpp"
#include "input/study_file.hpp"
#include "input_support.hpp"
#include "support/json_schema.hpp"
#include "support/test_data.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using study_test::JsonSchema;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

const fs::path kSource = STUDY_SOURCE_DIR;

json::value parse_schema(const std::string& name) {
  const fs::path path = kSource / "sample_host/input/schema" / name;
  json::value schema = study::parse_json(study::read_file(path), name);
  schema.as_object().erase("$schema");
  return schema;
}

const JsonSchema& study_schema() {
  static const JsonSchema schema(parse_schema("study.schema.json"));
  return schema;
}

const JsonSchema& host_schema() {
  static const JsonSchema schema(parse_schema("study_host.schema.json"));
  return schema;
}

std::string study_violation(const std::string& yaml) {
  return study_schema().violation(to_json(host::parse_yaml(yaml, "study.yaml").root));
}

std::string host_violation(const std::string& text) {
  return host_schema().violation(
      to_json(study::parse_json_document(text, "h.json", host::JsonDialect::with_comments).root));
}

/// The block of the README after its first line with `language`.
std::string readme_block(const std::string& language) {
  const std::string readme = study::read_file(kSource / "README.md");
  const std::size_t begin = readme.find("```" + language + "\n") + language.size() + 4;
  return readme.substr(begin, readme.find("```", begin) - begin);
}

std::vector<fs::path> studies_of_llenergymeasure() {
  std::vector<fs::path> out;
  for (const char* form : {"march", "release"}) {
    for (const auto& entry :
         fs::directory_iterator(fs::path(STUDY_TEST_DATA_DIR) / "llem_studies" / form)) {
      const std::string name = entry.path().filename().string();
      if (entry.is_directory() || name.ends_with(".expected.json")) continue;
      out.push_back(entry.path());
    }
  }
  return out;
}

/// The names that an error lists as known.
std::vector<std::string> known_keys(const std::string& error) {
  std::vector<std::string> out;
  std::string rest = error.substr(error.find("known are ") + 10) + ", ";
  for (std::size_t comma = rest.find(", "); comma != rest.npos; comma = rest.find(", ")) {
    out.push_back(rest.substr(0, comma));
    rest.erase(0, comma + 2);
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> properties_of(const json::value& schema) {
  std::vector<std::string> out;
  for (const auto& property : schema.at("properties").as_object()) {
    // These are read and have no meaning.
    if (property.key() == "skip_preflight" || property.key() == "$schema") continue;
    out.emplace_back(property.key());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schemas)

BOOST_AUTO_TEST_CASE(the_examples_are_valid) {
  for (const auto& example : fs::directory_iterator(kSource / "sample_host/examples")) {
    BOOST_TEST_CONTEXT(example.path()) {
      BOOST_TEST(study_violation(study::read_file(example.path() / "study.yaml")) == "");
      const fs::path host = example.path() / "study_host.json";
      if (fs::exists(host)) BOOST_TEST(host_violation(study::read_file(host)) == "");
    }
  }
  BOOST_TEST(study_violation(readme_block("yaml")) == "");
  BOOST_TEST(host_violation(readme_block("json")) == "");
  BOOST_TEST(study_violation(study_test::read_test_data("llenergymeasure_18.yaml")) == "");
}

BOOST_AUTO_TEST_CASE(a_study_that_loads_is_valid) {
  for (const fs::path& path : studies_of_llenergymeasure()) {
    BOOST_TEST_CONTEXT(path) {
      try {
        (void)host::load_study_file(path);
      } catch (const study::InputError&) {
        continue;
      }
      BOOST_TEST(study_schema().violation(to_json(host::load_document(path).root)) == "");
    }
  }
  BOOST_TEST(study_violation("backend: {name: x}\nbase: {a: 1}\nsweep:\n  a: 1\n  zip: [{b: 1}]\n"
                             "  exclude: [{b: 2}]\n  include: []\n  r: {from: 1, to: 2, count: 2}\n"
                             "  zip.x: [~]\nrunners: {x: local, y: ~}\nx-a: 1\n") == "");
}

BOOST_AUTO_TEST_CASE(a_mistake_is_not_valid) {
  for (const char* text : {"[1]",
                           "{}",
                           "execution: {n_cycle: 3}",
                           "execution: {n_cycles: 0}",
                           "execution: {cycle_order: shufled}",
                           "execution: {cycle_gap_seconds: -1}",
                           "sweep: [1]",
                           "sweep: {a: []}",
                           "sweep: {a: ~}",
                           "sweep: {zip: {a: 1}}",
                           "sweep: {exclude: [1]}",
                           "sweep: {parameters: {lr: {values: [1]}}}",
                           "sweep: {method: grid}",
                           "experiments: {a: 1}",
                           "experiments: [1]",
                           "runners: {x: {}}",
                           "runners: {x: {command: []}}",
                           "runners: {x: {command: p}}",
                           "runners: {x: {command: [p], timeout: 5}}",
                           "runners: {x: {command: [p], timeout_seconds: 0}}",
                           "backend: []",
                           "backend: 5",
                           "name: 2024",
                           "name: ''",
                           "base: [a]"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(study_violation(text) != "");
      const study_test::InputFolder folder;
      BOOST_TEST(folder.error_of([&] { (void)host::parse_study(text, "study.yaml"); }) !=
                 "no error");
    }
  }
  for (const char* text :
       {"[]", R"({"observer": []})", R"({"jobs": 0})", R"({"jobs": 2.5})",
        R"({"durability": "disk"})", R"({"observers": [{}]})",
        R"({"observers": [{"plugin": "x", "option": {}}]})", R"({"runners": {"x": "local"}})"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(host_violation(text) != "");
    }
  }
}

BOOST_AUTO_TEST_CASE(the_schemas_name_every_key_that_is_read) {
  const study_test::InputFolder folder;
  const auto study_keys = [&](const std::string& text) {
    return known_keys(folder.error_of([&] { (void)host::parse_study(text, "study.yaml"); }));
  };
  const json::value study = parse_schema("study.schema.json");
  const json::value host = parse_schema("study_host.schema.json");
  const auto runner_keys = study_keys("a: 1\nrunners: {x: {zzzzzzzz: 1}}\n");
  BOOST_TEST(properties_of(study.at("$defs").at("execution")) ==
                 study_keys("a: 1\nexecution: {zzzzzzzz: 1}\n"),
             boost::test_tools::per_element());
  BOOST_TEST(properties_of(study.at("$defs").at("command_runner")) == runner_keys,
             boost::test_tools::per_element());
  BOOST_TEST(properties_of(host.at("$defs").at("command_runner")) == runner_keys,
             boost::test_tools::per_element());
  const auto host_error = folder.error_of([&] {
    (void)host::load_host_config(folder.write("h.json", R"({"zzzzzzzz": 1})"), "study.yaml");
  });
  BOOST_TEST(properties_of(host) == known_keys(host_error), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_json_file_may_name_its_schema) {
  const study_test::InputFolder folder;
  BOOST_TEST(
      host::parse_study(R"({"$schema": "s.json", "a": 1})", "study.json").configs[0].size() == 1U);
  const auto file = folder.write("h.json", R"({"$schema": "study_host.schema.json", "jobs": 2})");
  BOOST_TEST(host::load_host_config(file, "study.yaml").jobs == 2);
}

BOOST_AUTO_TEST_SUITE_END()
