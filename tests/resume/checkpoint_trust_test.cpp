// A checkpoint may have been edited, or be older than the results: what it says of them is checked.
#include "support/resumable.hpp"

#include <string>
#include <vector>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace data = boost::unit_test::data;
using namespace study_test;

namespace {

/// A study that ran to its end, whose manifest is edited.
struct Edited : Resumable {
  Edited() { BOOST_TEST(folder.run().exit_code == 0); }

  void set(std::size_t index, const std::string& key, const json::value& value) const {
    json::object manifest = folder.manifest();
    manifest.at("experiments").as_array().at(index).as_object()[key] = value;
    put_manifest(json::serialize(manifest));
  }
  [[nodiscard]] json::value result_of(std::size_t index) const {
    return entry(index, "result_file");
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(checkpoint_trust)

BOOST_DATA_TEST_CASE(a_name_that_is_no_result_s_makes_no_result,
                     data::make({"../../out.json", "sub/../../out.json", "/tmp/out.json", "..", ".",
                                 ".hidden.json", "study_record.json", "manifest.json", "study.json",
                                 "x.config.json", "study.log", ""}),
                     name) {
  const Edited study;
  study.folder.write("out.json", "{}");
  study.set(1, "result_file", name);
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "1232");
  BOOST_TEST(
      contains(result.err, "n=2, cycle 1: is run again: the checkpoint names " + std::string(name) +
                               " as its result, which is no result of this study"),
      result.err);
}

BOOST_AUTO_TEST_CASE(another_experiment_s_result_makes_no_result_wherever_it_stands) {
  for (const std::size_t thief : {0U, 2U}) {
    const Edited study;
    study.set(thief, "result_file", study.result_of(1));
    const ProgramResult result = study.resume();
    BOOST_TEST(result.exit_code == 0, result.err);
    BOOST_TEST(study.ran() == "123" + std::to_string(thief + 1));
    BOOST_TEST(contains(result.err, "as its result, which is another experiment's"), result.err);
  }
}

BOOST_AUTO_TEST_CASE(two_experiments_never_share_a_file_that_is_nobody_s) {
  const Edited study;
  std::ofstream(study.folder.study_dir() / "own.json") << "{}";
  study.set(0, "result_file", "own.json");
  study.set(1, "result_file", "own.json");
  BOOST_TEST(study.resume().exit_code == 0);
  BOOST_TEST(study.ran() == "1232");
}

BOOST_AUTO_TEST_CASE(results_that_the_checkpoint_does_not_tell_of_are_counted_in_one_warning) {
  const Edited study;
  for (const std::size_t index : {0U, 2U}) {
    study.set(index, "status", "pending");
    study.set(index, "result_file", nullptr);
  }
  const std::string stale = read_text(study.manifest_path());
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "12313");
  BOOST_TEST(contains(result.err,
                      "2 experiments have a valid result that the checkpoint doesn't tell of and "
                      "are run again; --rebuild would count what is there"),
             result.err);
  study.put_manifest(stale);
  const ProgramResult rebuilt = study.resume({"--rebuild"});
  BOOST_TEST(rebuilt.exit_code == 0, rebuilt.err);
  BOOST_TEST(!contains(rebuilt.err, "--rebuild"), rebuilt.err);
  BOOST_TEST(study.ran() == "12313");
}

BOOST_AUTO_TEST_CASE(an_experiment_that_was_running_and_has_a_whole_result_has_completed) {
  const Edited study;
  study.set(1, "status", "running");
  study.set(1, "result_file", nullptr);
  const ProgramResult result = study.resume();
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(study.ran() == "123");
}

BOOST_AUTO_TEST_CASE(a_torn_result_of_a_pending_experiment_is_not_counted) {
  const Edited study;
  study.set(0, "status", "pending");
  std::ofstream(study.folder.study_dir() / study.result_of(0).as_string().c_str()) << "{\"half";
  const ProgramResult result = study.resume();
  BOOST_TEST(study.ran() == "1231");
  BOOST_TEST(!contains(result.err, "valid result"), result.err);
}

BOOST_AUTO_TEST_SUITE_END()
