#define BOOST_TEST_MODULE journal_full_disk
#include "checkpoint/checkpoint_observer.hpp"
#include "kept_journal.hpp"
#include "support/mount.hpp"

#include <iostream>

#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using namespace study;
using enum study::ExperimentState;
using study_test::at;
using study_test::contains;
using study_test::lines_of;

BOOST_AUTO_TEST_CASE(a_full_disk_stops_nothing_and_what_was_missed_follows) {
  const study_test::TempDir temporary;
  const auto mounted = study_test::Mount::make("-t tmpfs -o size=256k none", temporary / "mounted");
  if (!mounted) {
    std::cout << "SKIPPED: no full disk: " << study_test::Mount::problem() << std::endl;
    return;
  }
  const fs::path dir = mounted->path();
  std::vector<std::string> logged;
  const checkpoint::Log log = [&](LogSeverity, std::string_view text) {
    logged.emplace_back(text);
  };
  const StudyConfig config = study_test::sample_study(40);
  const auto planned = make_plan(config).configurations;
  checkpoint::CheckpointObserver observer(
      std::make_unique<journal::JournalSink>(journal::JournalOptions{}, log), log,
      [](std::chrono::milliseconds) {});
  observer.on_study_start({config, dir, at(0), nullptr});
  static_cast<void>(
      study_test::succeeds("dd if=/dev/zero of=" + (dir / "ballast").string() + " bs=4k"));
  const std::string message(1500, 'x');
  for (std::size_t i = 0; i < 20; ++i) {
    observer.on_experiment_state({.config_hash = planned[i].config_hash,
                                  .state = failed,
                                  .time = at(1),
                                  .error_type = "E",
                                  .error_message = message});
  }
  BOOST_TEST_REQUIRE(logged.size() == 1U);
  BOOST_TEST(contains(logged[0], "No space left on device"));
  for (const auto& line : lines_of(read_file(dir / "journal.jsonl")))
    BOOST_TEST(journal::is_whole(line));
  fs::remove(dir / "ballast");
  observer.on_experiment_state(
      {.config_hash = planned[20].config_hash, .state = running, .time = at(2)});
  journal::JournalSink reader({}, log);
  BOOST_TEST(count_entries(*reader.read_checkpoint({.study_dir = dir})).failed == 20);
}
