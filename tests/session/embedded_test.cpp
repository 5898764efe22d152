// The programs in host_api/README.md run, and find nothing left when they are run again.
#define BOOST_TEST_MODULE session_embedded
#include "support/run_program.hpp"
#include "support/temp_dir.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

namespace {

study_test::ProgramResult run(const std::string& program, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), std::string(STUDY_BUILD_DIR) + "/tests/" + program);
  return study_test::run_program(arguments);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_program_in_cpp) {
  const study_test::TempDir dir;
  for (int i = 0; i < 2; ++i) {
    const auto result = run("embedded_cpp", {dir / "results", STUDY_OBSERVER_DIR});
    BOOST_TEST(result.exit_code == 0, result.err);
    BOOST_TEST(result.out.starts_with("3 completed in "));
  }
}

BOOST_AUTO_TEST_CASE(the_program_in_c) {
  const study_test::TempDir dir;
  const std::string options = "{\"study_name\": \"c\", \"results_dir\": \"" + dir.path().string() +
                              "\", \"plugin_path\": [\"" + STUDY_OBSERVER_DIR + "\"]}";
  BOOST_TEST(run("embedded_c", {options}).out == "1 left\n");
  BOOST_TEST(run("embedded_c", {options}).out == "0 left\n");
  const auto refused = run("embedded_c", {"{\"study_nam\": \"c\"}"});
  BOOST_TEST(refused.exit_code == 3);
  BOOST_TEST(refused.err == "session options: study_nam is unknown; did you mean 'study_name'?\n");
}
