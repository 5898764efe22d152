// study-host run --resume --rebuild: the state from the result files alone.
#include "support/resumable.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

/// The result file of run `n`, 1 to 3, of a study that ran.
fs::path result_of(const Resumable& study, std::size_t n) {
  return study.folder.study_dir() / study.entry(n - 1, "result_file").as_string().c_str();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rebuild)

BOOST_AUTO_TEST_CASE(results_that_are_there_and_parse_count_as_completed_when_they_were_written) {
  Resumable study;
  static_cast<void>(study.folder.run());
  const fs::path kept = result_of(study, 1);
  fs::last_write_time(kept, fs::last_write_time(kept) - std::chrono::hours(24 * 365));
  const fs::path torn = result_of(study, 2);
  fs::remove(result_of(study, 3));
  std::ofstream(torn) << "{\"half";
  const std::string before(study.entry(0, "completed_at").as_string());
  fs::remove(study.manifest_path());
  const ProgramResult result = study.resume({"--rebuild"});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "12323");
  BOOST_TEST(contains(result.err, "is run again: its result " + torn.string() + " is no JSON"),
             result.err);
  const std::string after(study.entry(0, "completed_at").as_string());
  BOOST_TEST(after.substr(0, 4) != before.substr(0, 4));
  BOOST_TEST(!study.folder.manifest().at("experiments").at(0).at("result_file").is_null());
}

BOOST_AUTO_TEST_CASE(results_from_before_there_were_several_cycles_count_for_the_first) {
  Resumable study;
  static_cast<void>(study.folder.run());
  fs::remove(study.manifest_path());
  study.use({{{"n", 1}}, {{"n", 2}}, {{"n", 3}}}, {{"n_cycles", 2}});
  const ProgramResult result = study.resume({"--rebuild"});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "123123");
  BOOST_TEST(study.folder.manifest().at("completed") == 6);
}

BOOST_AUTO_TEST_SUITE_END()
