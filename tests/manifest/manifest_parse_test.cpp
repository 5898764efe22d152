#include "support/golden_manifest.hpp"
#include "support/temp_dir.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/json.hpp>
#include <study/manifest.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>

namespace {

using Kind = study::CheckpointError::Kind;
using study::parse_manifest;
using study_test::golden;
using study_test::with_entry;
using study_test::with_head;
using study_test::without;

void check_refused(std::string_view text, Kind kind, const std::string& message) {
  BOOST_CHECK_EXCEPTION(static_cast<void>(parse_manifest(text, "m.json")), study::CheckpointError,
                        [&](const study::CheckpointError& error) {
                          BOOST_TEST_CONTEXT(error.what() << " should say " << message) {
                            BOOST_TEST((error.kind() == kind));
                            BOOST_TEST(std::string_view(error.what()).find("m.json:") == 0);
                          }
                          return study_test::says(message)(error);
                        });
}

BOOST_AUTO_TEST_SUITE(manifest_parse)

BOOST_AUTO_TEST_CASE(the_golden_manifest_is_read) {
  const study::StudyManifest manifest = parse_manifest(golden(), "golden");
  BOOST_TEST(manifest.head.study_name == "golden \xC3\xA9");
  BOOST_TEST(manifest.head.framework_version == "0.8.0");
  BOOST_TEST((manifest.head.status == study::StudyStatus::completed));
  BOOST_REQUIRE(manifest.experiments.size() == 5);
  const study::ManifestEntry& failed = manifest.experiments[1];
  BOOST_TEST(failed.config_hash == "f7978c5f2f3ca661");
  BOOST_TEST(failed.cycle == 2);
  BOOST_TEST((failed.status == study::ExperimentState::failed));
  BOOST_TEST(!failed.result_file.has_value());
  BOOST_TEST(failed.error_type.value() == "RuntimeError");
  BOOST_TEST(study::format_timestamp(failed.started_at.value()) == "2026-02-27T16:30:01.000003Z");
  BOOST_TEST(!manifest.experiments[2].completed_at.has_value());
}

BOOST_AUTO_TEST_CASE(white_space_does_not_matter) {
  std::string padded = golden();
  for (std::size_t at = 0; (at = padded.find("    },\n", at)) != std::string::npos; at += 600) {
    padded.insert(at + 6, std::string(500, ' '));
  }
  BOOST_REQUIRE(padded.size() > golden().size());
  BOOST_TEST((parse_manifest(padded + "\n", "p") == parse_manifest(golden(), "g")));
}

BOOST_AUTO_TEST_CASE(counters_of_another_moment_are_no_error) {
  const auto manifest = parse_manifest(with_head("completed", 4711), "test");
  BOOST_TEST((study::count_entries(manifest) == study::ManifestCounters{1, 2, 2}));
}

BOOST_AUTO_TEST_CASE(fields_with_a_default_may_be_missing) {
  for (const char* key : {"schema_version", "completed_at", "status", "completed", "failed"}) {
    BOOST_CHECK_NO_THROW(static_cast<void>(parse_manifest(without(key, false), "test")));
  }
  BOOST_TEST((parse_manifest(without("status", false), "test").head.status ==
              study::StudyStatus::running));
  for (const char* key :
       {"result_file", "error_type", "error_message", "started_at", "completed_at"}) {
    BOOST_CHECK_NO_THROW(static_cast<void>(parse_manifest(without(key, true), "test")));
  }
}

BOOST_AUTO_TEST_CASE(a_required_field_that_is_missing_is_refused) {
  for (const std::string key : {"study_name", "study_design_hash", "llenergymeasure_version",
                                "started_at", "total_experiments", "pending", "experiments"}) {
    check_refused(without(key, false), Kind::corrupt, "m.json: " + key + " is missing");
  }
  for (const std::string key : {"config_hash", "config_summary", "cycle", "status"}) {
    check_refused(without(key, true), Kind::corrupt, "experiments[1]." + key + " is missing");
  }
}

BOOST_AUTO_TEST_CASE(a_later_writers_fields_are_passed_over) {
  const study::StudyManifest known = parse_manifest(golden(), "g");
  BOOST_TEST((parse_manifest(with_head("skipped", 1), "m") == known));
  BOOST_TEST((parse_manifest(with_entry("energy_joules", 1.5), "m") == known));
}

BOOST_AUTO_TEST_CASE(a_field_of_another_type_is_refused) {
  for (const std::string key :
       {"schema_version", "study_name", "study_design_hash", "llenergymeasure_version",
        "started_at", "completed_at", "status", "total_experiments", "completed", "failed",
        "pending", "experiments"}) {
    check_refused(with_head(key, true), Kind::corrupt, "m.json: " + key + " must");
    if (key != "completed_at") check_refused(with_head(key, nullptr), Kind::corrupt, key + " must");
  }
  for (const std::string key : {"config_hash", "config_summary", "cycle", "status", "result_file",
                                "error_type", "error_message", "started_at", "completed_at"}) {
    check_refused(with_entry(key, 1.5), Kind::corrupt, "experiments[1]." + key + " must");
  }
  check_refused(with_head("experiments", {1}), Kind::corrupt, "experiments[0] must be an object");
  check_refused("[]", Kind::corrupt, "must be an object");
}

BOOST_AUTO_TEST_CASE(a_later_writers_states_are_not_done) {
  const study::StudyManifest head = parse_manifest(with_head("status", "timed_out"), "m");
  BOOST_TEST((head.head.status == study::StudyStatus::interrupted));
  BOOST_TEST(head.head.foreign_status == "timed_out");
  const study::StudyManifest entry = parse_manifest(with_entry("status", "skipped"), "m");
  BOOST_TEST((entry.experiments[1].status == study::ExperimentState::pending));
  BOOST_TEST(entry.experiments[1].foreign_status == "skipped");
  check_refused(with_head("status", ""), Kind::corrupt, "status must");
  check_refused(with_entry("status", ""), Kind::corrupt, "experiments[1].status must");
}

BOOST_AUTO_TEST_CASE(each_form_of_the_reference_is_read_as_it_reads_it_itself) {
  const std::filesystem::path folder = std::string(STUDY_TEST_DATA_DIR) + "/llem_manifests";
  int count = 0;
  for (const char* const release : {"expected_release.json", "expected_march.json"}) {
    const auto expected = study::parse_json(study::read_file(folder / release), release);
    for (const auto& [name, what] : expected.as_object()) {
      BOOST_TEST_CONTEXT(name) {
        const auto manifest = study::read_manifest_file(folder / std::string(name)).value();
        const std::string& foreign = manifest.head.foreign_status;
        BOOST_TEST((foreign.empty() ? std::string(to_string(manifest.head.status)) : foreign) ==
                   std::string(what.at("status").as_string()));
        std::vector<std::pair<std::string, std::int64_t>> left;
        for (const study::ManifestEntry& entry : manifest.experiments) {
          if (entry.status == study::ExperimentState::completed) continue;
          left.emplace_back(entry.config_hash, entry.cycle);
        }
        std::vector<std::pair<std::string, std::int64_t>> left_there;
        for (const auto& run : what.at("left_to_run").as_array()) {
          left_there.emplace_back(run.at(0).as_string(), run.at(1).as_int64());
        }
        BOOST_TEST((left == left_there));
        ++count;
      }
    }
  }
  BOOST_TEST(count == 8);
}

BOOST_AUTO_TEST_CASE(times_and_cycles_that_cannot_be_are_refused) {
  check_refused(with_head("started_at", "2026-02-30T00:00:00Z"), Kind::corrupt, "started_at must");
  check_refused(with_entry("completed_at", "yesterday"), Kind::corrupt, "completed_at must");
  for (const std::int64_t cycle :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{2'147'483'648}}) {
    check_refused(with_entry("cycle", cycle), Kind::corrupt, "cycle must be from 1");
  }
}

BOOST_AUTO_TEST_CASE(every_2_x_is_read) {
  for (const char* version : {"2.0", "2.1", "2.10"}) {
    BOOST_TEST((parse_manifest(with_head("schema_version", version), "m") ==
                parse_manifest(golden(), "g")));
  }
}

BOOST_AUTO_TEST_CASE(a_later_schema_is_told_from_a_broken_one) {
  for (const char* version : {"3.0", "10.0", "3.1"}) {
    check_refused(with_head("schema_version", version), Kind::newer_version, version);
  }
  check_refused(R"({"schema_version": "3.0", "everything": "else"})", Kind::newer_version, "3.0");
  check_refused(R"({"experiments": [{"hash": 1}, 2], "schema_version": "3.0"})",
                Kind::newer_version, "3.0");
  for (const char* version : {"1.0", "1.9", "0.0", "", "2", "2.", ".0", "two", "2.0.1", "2.-1",
                              "-3.0", "3.0 ", " 3.0", "v3.0", "3.x", "99999999999.0", "02.1x"}) {
    check_refused(with_head("schema_version", version), Kind::corrupt, "schema_version must be");
  }
}

BOOST_AUTO_TEST_CASE(a_manifest_cut_off_anywhere_is_corrupt) {
  for (std::size_t size = 0; size < golden().size(); ++size) {
    check_refused(golden().substr(0, size), Kind::corrupt, "not valid JSON");
  }
  check_refused(golden() + "}", Kind::corrupt, "extra data");
}

BOOST_AUTO_TEST_CASE(a_field_that_appears_twice_is_refused) {
  std::string text = golden();
  text.replace(text.find("\"failed\": 2"), 11, "\"failed\": 2, \"failed\": 3");
  check_refused(text, Kind::corrupt, "appears twice");
}

BOOST_AUTO_TEST_CASE(a_manifest_file_is_read_where_there_is_one) {
  const study_test::TempDir dir;
  BOOST_TEST(!study::read_manifest_file(dir / "manifest.json").has_value());
  BOOST_TEST(!study::read_manifest_file(dir / "gone/manifest.json").has_value());
  std::ofstream(dir / "manifest.json") << golden();
  BOOST_TEST((study::read_manifest_file(dir / "manifest.json") == parse_manifest(golden(), "g")));
  std::ofstream(dir / "manifest.json") << "half a man";
  BOOST_CHECK_EXCEPTION(static_cast<void>(study::read_manifest_file(dir / "manifest.json")),
                        study::CheckpointError, study_test::says((dir / "manifest.json").string()));
}

BOOST_AUTO_TEST_CASE(what_is_no_file_is_no_manifest_and_is_not_waited_for) {
  const study_test::TempDir dir;
  BOOST_REQUIRE(::mkfifo((dir / "pipe").c_str(), 0666) == 0);
  std::filesystem::create_directory(dir / "directory");
  for (const char* name : {"pipe", "directory"}) {
    BOOST_CHECK_EXCEPTION(static_cast<void>(study::read_manifest_file(dir / name)),
                          study::CheckpointError, study_test::says(" is not a file"));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
