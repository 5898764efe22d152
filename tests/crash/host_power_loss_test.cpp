#define BOOST_TEST_MODULE host_power_loss
#include "support/lossy_disk.hpp"
#include "support/study_folder.hpp"

#include <study/manifest.hpp>

#include <iostream>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <signal.h>

namespace bdata = boost::unit_test::data;
namespace fs = std::filesystem;
using namespace study;

namespace {

constexpr int kExperiments = 10;

/// A study whose results are on a disk that can be lost.
struct LossyStudy {
  /// Empty, and said: there is no such disk here.
  static std::optional<study_test::LossyDisk> disk(const std::string& type, const fs::path& dir) {
    auto disk = study_test::LossyDisk::make(type, dir);
    if (!disk) std::cout << "SKIPPED: no disk: " << study_test::Mount::problem() << std::endl;
    return disk;
  }

  LossyStudy(const study_test::LossyDisk& disk, const std::string& durability) {
    const std::string options = R"({"durability": ")" + durability + "\"}";
    folder.host({{{"plugin", "manifest_writer"}, {"options", boost::json::parse(options)}}},
                boost::json::parse(options).as_object());
    fs::create_directory_symlink(disk.path(), folder.results());
  }

  void prepare(const std::string& script) {
    boost::json::array fields;
    for (int n = 0; n < kExperiments; ++n) fields.push_back(boost::json::object{{"n", n}});
    folder.study(script, fields);
  }

  study_test::StudyFolder folder;
};

/// How many completed entries the manifest of `study_dir` has; each of their results is whole.
int check_completed(const fs::path& study_dir) {
  const auto manifest = read_manifest_file(study_dir / "manifest.json");
  BOOST_TEST_REQUIRE(manifest.has_value());
  int completed = 0;
  for (const ManifestEntry& entry : manifest->experiments) {
    if (entry.status != ExperimentState::completed) continue;
    ++completed;
    boost::system::error_code error;
    boost::json::parse(study_test::read_text(study_dir / entry.result_file.value()), error);
    BOOST_TEST(!error, *entry.result_file);
  }
  return completed;
}

/// The only study on a disk.
fs::path study_on(const fs::path& disk) {
  for (const auto& entry : fs::directory_iterator(disk)) {
    if (fs::exists(entry.path() / "manifest.json")) return entry.path();
  }
  throw std::runtime_error("there is no study on " + disk.string());
}

const auto kTypes = bdata::make({"ext4", "xfs"});

}  // namespace

BOOST_DATA_TEST_CASE(a_study_that_has_ended_has_its_results_also_after_a_power_loss,
                     kTypes* bdata::make({"process", "power"}), type, durability) {
  const study_test::TempDir temporary;
  const auto disk = LossyStudy::disk(type, temporary.path());
  if (!disk) return;
  LossyStudy study(*disk, durability);
  study.prepare("echo \"{\\\"n\\\": $1}\"");
  const auto result = study.folder.run();
  BOOST_TEST_REQUIRE(result.exit_code == 0, result.err);
  BOOST_TEST_REQUIRE(disk->snapshot());
  const auto lost = disk->mount_snapshot();
  BOOST_TEST_REQUIRE(lost.has_value());
  BOOST_TEST(check_completed(study_on(lost->path())) == kExperiments);
}

BOOST_DATA_TEST_CASE(with_durability_power_a_result_is_on_the_disk_before_its_run_has_completed,
                     kTypes, type) {
  const study_test::TempDir temporary;
  const auto disk = LossyStudy::disk(type, temporary.path());
  if (!disk) return;
  LossyStudy study(*disk, "power");
  // Half of them write a result file. The last one waits, so that the study doesn't end.
  study.prepare(
      "test $1 = 9 && sleep 60; test $1 -lt 5 && exec echo \"{\\\"n\\\": $1}\"; "
      "echo \"{\\\"n\\\": $1}\" > {result_file}");
  study_test::Program host(study.folder.command());
  study_test::wait_until("the last run", [&] {
    return host.err().find("running n=9") != std::string::npos || host.has_exited();
  });
  BOOST_TEST_REQUIRE(disk->snapshot());
  host.send(SIGINT);
  static_cast<void>(host.wait());
  const auto lost = disk->mount_snapshot();
  BOOST_TEST_REQUIRE(lost.has_value());
  const fs::path study_dir = study_on(lost->path());
  BOOST_TEST(check_completed(study_dir) == kExperiments - 1);
  BOOST_TEST(!study_test::read_text(study_dir / "study_record.json").empty());
}
