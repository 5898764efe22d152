#define BOOST_TEST_MODULE manifest_sink
#include "manifest/manifest_sink.hpp"

#include "checkpoint/checkpoint_observer.hpp"
#include "manifest/swap_file.hpp"
#include "support/child.hpp"
#include "support/sample_study.hpp"
#include "support/temp_dir.hpp"
#include "support/valid_manifest.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/manifest.hpp>

#include <algorithm>
#include <set>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <signal.h>
#include <sys/resource.h>
#include <sys/vfs.h>

namespace bdata = boost::unit_test::data;
namespace fs = std::filesystem;
using namespace study;
using checkpoint::EntryTable;
using manifest::EngineChoice;
using manifest::ManifestSink;
using enum study::ExperimentState;
using study_test::at;

namespace study::manifest {
std::ostream& boost_test_print_type(std::ostream& out, EngineChoice choice) {
  return out << (choice == EngineChoice::swap ? "swap" : "replace");
}
}  // namespace study::manifest

namespace {

const auto kEngines = bdata::make({EngineChoice::swap, EngineChoice::replace});

std::set<std::string> listing(const fs::path& dir) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(dir))
    names.insert(entry.path().filename().string());
  return names;
}

struct Study {
  study_test::TempDir dir;
  std::vector<std::string> logged;
  checkpoint::Log log = [this](LogSeverity, std::string_view text) { logged.emplace_back(text); };
  StudyConfig config = study_test::sample_study(6, 2);

  [[nodiscard]] fs::path manifest_path() const { return dir / "manifest.json"; }
  [[nodiscard]] StudyManifest on_disk() const {
    return *study_test::read_valid_manifest(manifest_path());
  }
};

}  // namespace

BOOST_DATA_TEST_CASE(the_file_parses_and_equals_the_table_at_each_transition, kEngines, engine) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 20; ++round) {
    Study study;
    study.config.study_name = "n";
    study.config.framework_version = study_test::random_text(random, 60);
    for (auto& experiment : study.config.experiments) {
      experiment.config["model"] = study_test::random_text(random, 80);
    }
    EntryTable table(initial_manifest(study.config, make_plan(study.config), at(0)));
    ManifestSink sink({.engine = engine}, study.log);
    const fs::path dir = study.dir.path();
    sink.open(table, {study.config, dir, at(0), nullptr});
    BOOST_TEST_REQUIRE((study.on_disk() == table.manifest()));
    std::string refusal;
    for (int step = 0; step < 150; ++step) {
      const auto entry = table.entry(random() % table.size());
      if (entry.status == completed) continue;
      const auto event = study_test::random_legal_event(random, entry, at(step), 2500);
      const auto transition = table.apply(event.view(), refusal);
      BOOST_TEST_REQUIRE(transition.has_value());
      sink.commit(table, *transition);
      BOOST_TEST_REQUIRE((study.on_disk() == table.manifest()));
    }
    table.end(StudyOutcome::completed, at(1000));
    sink.close(table, std::chrono::steady_clock::time_point::max());
    BOOST_TEST(read_file(study.manifest_path()) == render_manifest(table.manifest()));
    BOOST_TEST_REQUIRE((study.on_disk() == table.manifest()));
    BOOST_TEST((listing(study.dir.path()) == std::set<std::string>{"manifest.json"}));
  }
}

BOOST_DATA_TEST_CASE(a_resumed_study_goes_on_in_the_same_file, kEngines, engine) {
  Study study;
  const fs::path dir = study.dir.path();
  replace_file(study.manifest_path(), render_manifest(study_test::sample_manifest(3)));
  for (const char* leftover :
       {".manifest.json.spare", ".manifest.json.spare2", ".manifest.json.spare3",
        ".manifest.json.0123456789abcdef.tmp", ".manifest.json.probe", ".manifest.json.probe2"}) {
    replace_file(dir / leftover, "what it had not finished");
  }
  StudyManifest settled = initial_manifest(study.config, make_plan(study.config), at(-500));
  settled.experiments[0].status = completed;
  settled.experiments[0].result_file = "kept.json";
  EntryTable table(settled);
  ManifestSink sink({.engine = engine}, study.log);
  sink.open(table, {study.config, dir, at(0), &settled});
  BOOST_TEST((study.on_disk() == table.manifest()));
  BOOST_TEST((study.on_disk().head.started_at == at(-500)));
  table.end(StudyOutcome::completed, at(1));
  sink.close(table, std::chrono::steady_clock::time_point::max());
  BOOST_TEST((listing(dir) == std::set<std::string>{"manifest.json"}));
}

BOOST_AUTO_TEST_CASE(the_engine_that_is_taken_is_logged_once_with_its_reason) {
  Study study;
  EntryTable table(initial_manifest(study.config, make_plan(study.config), at(0)));
  const fs::path dir = study.dir.path();
  ManifestSink sink({.engine = EngineChoice::replace}, study.log);
  sink.open(table, {study.config, dir, at(0), nullptr});
  BOOST_TEST(study.logged == std::vector<std::string>{"engine replace: the options ask for it"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(swap_where_it_cannot_be_is_an_error_that_says_why) {
  // procfs is no place for a manifest, and everywhere at hand.
  BOOST_CHECK_EXCEPTION(
      [] {
        Study study;
        EntryTable table(initial_manifest(study.config, make_plan(study.config), at(0)));
        static_cast<void>(manifest::make_engine(EngineChoice::swap, manifest::FileSystem::system(),
                                                "/proc/manifest.json", table, Durability::process,
                                                study.log));
      }(),
      StudyError,
      [](const StudyError& error) {
        return std::string(error.what()).find("none of ext4, xfs, btrfs, tmpfs, f2fs") !=
               std::string::npos;
      });
}

BOOST_DATA_TEST_CASE(a_checkpoint_reads_back_and_an_empty_directory_has_none, kEngines, engine) {
  Study study;
  EntryTable table(initial_manifest(study.config, make_plan(study.config), at(0)));
  const fs::path dir = study.dir.path();
  ManifestSink sink({.engine = engine}, study.log);
  BOOST_TEST(!sink.read_checkpoint({dir, ""}));
  sink.open(table, {study.config, dir, at(0), nullptr});
  ManifestSink reader({}, study.log);
  BOOST_TEST((*reader.read_checkpoint({dir, ""}) == table.manifest()));
}

BOOST_DATA_TEST_CASE(a_removed_directory_stops_nothing_and_a_new_one_gets_everything, kEngines,
                     engine) {
  Study study;
  const fs::path dir = study.dir / "study";
  fs::create_directory(dir);
  const auto planned = make_plan(study.config).configurations;
  checkpoint::CheckpointObserver observer(
      std::make_unique<ManifestSink>(manifest::ManifestOptions{.engine = engine}, study.log),
      study.log, [](std::chrono::milliseconds) {});
  observer.on_study_start({study.config, dir, at(0), nullptr});
  const auto enter = [&](std::size_t configuration, ExperimentState state) {
    observer.on_experiment_state({.config_hash = planned[configuration].config_hash,
                                  .cycle = 2,
                                  .state = state,
                                  .time = at(1),
                                  .result_file = "r.json"});
  };
  enter(0, running);
  fs::remove_all(dir);
  study.logged.clear();
  enter(0, completed);
  enter(1, running);
  BOOST_TEST(study.logged.size() == 1U);  // one warning for the streak
  fs::create_directory(dir);
  enter(2, running);
  BOOST_TEST(study.logged.size() == 2U);  // recovery, with the number of failed writes
  BOOST_TEST(study.logged.back().find("after 2 failed writes") != std::string::npos);
  const StudyManifest found = *study_test::read_valid_manifest(dir / "manifest.json");
  BOOST_TEST((found.experiments[1].status == completed));
  BOOST_TEST((found.experiments[3].status == running));
  BOOST_TEST((found.experiments[5].status == running));
  enter(1, completed);
  BOOST_TEST(
      (study_test::read_valid_manifest(dir / "manifest.json")->experiments[3].status == completed));
}

BOOST_DATA_TEST_CASE(a_full_disk_stops_nothing_and_leaves_the_last_state_whole, kEngines, engine) {
  Study study;
  const fs::path dir = study.dir.path();
  const auto planned = make_plan(study.config).configurations;
  checkpoint::CheckpointObserver observer(
      std::make_unique<ManifestSink>(manifest::ManifestOptions{.engine = engine}, study.log),
      study.log, [](std::chrono::milliseconds) {});
  observer.on_study_start({study.config, dir, at(0), nullptr});
  const auto enter = [&](ExperimentState state, const std::string& message = "") {
    observer.on_experiment_state({.config_hash = planned[0].config_hash,
                                  .cycle = 1,
                                  .state = state,
                                  .time = at(1),
                                  .error_type = "E",
                                  .error_message = message});
  };
  enter(running);
  const StudyManifest before = study.on_disk();
  const auto names_before = listing(dir);
  study.logged.clear();

  // The file-size limit is where every file of this process ends, as a full disk would have it. The
  // message makes the swap engine write whole files, too.
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit unlimited{};
  ::getrlimit(RLIMIT_FSIZE, &unlimited);
  const rlimit limited{1000, unlimited.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &limited);
  enter(failed, std::string(1500, 'x'));
  enter(running);
  ::setrlimit(RLIMIT_FSIZE, &unlimited);

  BOOST_TEST(study.logged.size() == 1U);
  BOOST_TEST(study.logged[0].find("manifest.json") != std::string::npos);
  BOOST_TEST((study.on_disk() == before));
  for (const auto& name : listing(dir)) BOOST_TEST(names_before.contains(name));
  enter(failed, "at last");
  BOOST_TEST(study.logged.size() == 2U);
  BOOST_TEST(study.on_disk().experiments[0].error_message.value() == "at last");
}

BOOST_DATA_TEST_CASE(a_directory_made_read_only_stops_nothing_and_is_recovered_from, kEngines,
                     engine) {
  study_test::TempDir outer;
  fs::permissions(outer.path(), fs::perms::all);
  // In a child without root's rights, for which permissions count.
  const int failed_check = study_test::run_unprivileged([&] {
    Study study;
    const fs::path dir = outer / "study";
    fs::create_directory(dir);
    const auto planned = make_plan(study.config).configurations;
    checkpoint::CheckpointObserver observer(
        std::make_unique<ManifestSink>(manifest::ManifestOptions{.engine = engine}, study.log),
        study.log, [](std::chrono::milliseconds) {});
    observer.on_study_start({study.config, dir, at(0), nullptr});
    const auto run = [&](std::size_t configuration) {
      observer.on_experiment_state(
          {.config_hash = planned[configuration].config_hash, .state = running, .time = at(1)});
    };
    const auto count_running = [&] {
      const auto found = read_manifest_file(dir / "manifest.json");
      return std::count_if(found->experiments.begin(), found->experiments.end(),
                           [](const ManifestEntry& entry) { return entry.status == running; });
    };
    run(0);
    study.logged.clear();
    fs::permissions(dir, fs::perms::owner_read | fs::perms::owner_exec);
    run(1);
    run(2);
    if (study.logged.size() != 1 || count_running() != 1) return 1;
    fs::permissions(dir, fs::perms::owner_all);
    run(3);
    return study.logged.size() == 2 && count_running() == 4 ? 0 : 2;
  });
  BOOST_TEST(failed_check == 0);
}

BOOST_AUTO_TEST_CASE(an_entry_larger_than_a_page_makes_the_study_go_on_with_whole_files) {
  Study study;
  const fs::path dir = study.dir.path();
  EntryTable table(initial_manifest(study.config, make_plan(study.config), at(0)));
  ManifestSink sink({.engine = EngineChoice::swap}, study.log);
  sink.open(table, {study.config, dir, at(0), nullptr});
  std::string refusal;
  const std::string name(5000, 'n');
  for (std::size_t entry : {0U, 1U}) {
    for (const auto state : {running, completed}) {
      const auto transition = table.apply({.config_hash = table.entry(entry).config_hash,
                                           .cycle = table.entry(entry).cycle,
                                           .state = state,
                                           .time = at(1),
                                           .result_file = name},
                                          refusal);
      sink.commit(table, *transition);
      BOOST_TEST_REQUIRE((study.on_disk() == table.manifest()));
    }
  }
  BOOST_TEST((listing(dir) == std::set<std::string>{"manifest.json"}));
}
