// What a manifest sink finds where it is started, or asked for a checkpoint.
#define BOOST_TEST_MODULE manifest_start
#include "manifest/manifest_sink.hpp"
#include "support/sample_study.hpp"
#include "support/temp_dir.hpp"
#include "support/valid_manifest.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/manifest.hpp>

#include <set>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

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
  /// Starts it as a new one, and leaves it.
  void open(EngineChoice engine) const {
    EntryTable table(initial());
    ManifestSink sink({.engine = engine}, log);
    const fs::path study_dir = dir.path();
    sink.open(table, {config, study_dir, at(0), nullptr});
  }
  /// As it is before anything has run.
  [[nodiscard]] StudyManifest initial() const {
    return initial_manifest(config, make_plan(config), at(0));
  }
};

}  // namespace

BOOST_DATA_TEST_CASE(a_new_study_over_another_is_refused_and_changes_nothing, kEngines, engine) {
  Study study;
  const fs::path dir = study.dir.path();
  const auto refusal = [&](const std::string& what) {
    return [what](const StudyError& error) {
      BOOST_TEST_MESSAGE(error.what());
      const std::string text = error.what();
      return text.find(what) != std::string::npos &&
             text.find("A new study never replaces one") != std::string::npos;
    };
  };
  const std::string older = render_manifest(study_test::sample_manifest(3));
  const std::pair<const char*, std::string> found[] = {
      {"manifest.json", older},
      {".manifest.json.spare", older},
      {"manifest.json", "{\"schema_version\": \"2.0\""},
      {"manifest.json", ""}};
  for (const auto& [name, text] : found) {
    replace_file(dir / name, text);
    BOOST_CHECK_EXCEPTION(study.open(engine), StudyError,
                          refusal(text == older ? name + std::string(" tells of the study sample")
                                                : "can't be read"));
    BOOST_TEST((listing(dir) == std::set<std::string>{name}));
    BOOST_TEST(read_file(dir / name) == text);
    fs::remove(dir / name);
  }
  study.open(engine);
  BOOST_TEST((study.on_disk() == study.initial()));
}

BOOST_AUTO_TEST_CASE(of_several_spares_without_their_manifest_the_latest_whole_one_counts) {
  Study study;
  const fs::path dir = study.dir.path();
  EntryTable table(study.initial());
  const auto enter = [&](ExperimentState state, double seconds) {
    const auto entry = table.entry(0);
    std::string refusal;
    const std::string hash(entry.config_hash);
    BOOST_TEST_REQUIRE(table
                           .apply({.config_hash = hash,
                                   .cycle = entry.cycle,
                                   .state = state,
                                   .time = at(seconds),
                                   .error_type = "E"},
                                  refusal)
                           .has_value());
    return render_manifest(table.manifest());
  };
  const std::string older = enter(running, 1);
  const std::string latest = enter(failed, 2);
  const std::string half = enter(running, 3).substr(0, latest.size() / 2);
  const std::string orders[][3] = {
      {older, latest, half}, {latest, half, older}, {half, older, latest}};
  for (const auto& order : orders) {
    fs::remove(study.manifest_path());
    const char* names[] = {".manifest.json.spare", ".manifest.json.spare2",
                           ".manifest.json.spare3"};
    for (int i = 0; i < 3; ++i) replace_file(dir / names[i], order[i]);
    ManifestSink sink({}, study.log);
    const auto found = sink.read_checkpoint({.study_dir = dir});
    BOOST_TEST_REQUIRE(found.has_value());
    BOOST_TEST(render_manifest(*found) == latest);
    BOOST_CHECK_THROW(study.open(EngineChoice::swap), StudyError);
    BOOST_TEST(read_file(dir / names[2]) == order[2]);
    EntryTable resumed(*found);
    sink.open(resumed, {study.config, dir, at(4), &*found});
    BOOST_TEST((study.on_disk() == *found));
    BOOST_TEST(!fs::exists(dir / names[1]));
    BOOST_TEST(!fs::exists(dir / names[2]));
    std::size_t kept = 0;  // what can't be read is put aside, not removed
    for (const std::string& name : listing(dir))
      kept += name.find("unreadable") != name.npos ? 1 : 0;
    BOOST_TEST(kept > 0);
  }
}

BOOST_AUTO_TEST_CASE(a_first_manifest_that_was_killed_half_written_is_no_checkpoint) {
  Study study;
  const fs::path dir = study.dir.path();
  const std::string whole = render_manifest(study.initial());
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{100}, whole.size() / 2}) {
    fs::remove(study.manifest_path());
    replace_file(dir / ".manifest.json.spare", whole.substr(0, bytes));
    ManifestSink reader({}, study.log);
    BOOST_TEST(!reader.read_checkpoint({.study_dir = dir}));
    EntryTable table(initial_manifest(study.config, make_plan(study.config), at(0)));
    reader.open(table, {study.config, dir, at(0), nullptr});
    BOOST_TEST((study.on_disk() == table.manifest()));
  }
}

BOOST_DATA_TEST_CASE(what_has_broken_since_it_was_read_is_kept_aside, kEngines, engine) {
  Study study;
  const fs::path dir = study.dir.path();
  study.open(engine);
  ManifestSink sink({.engine = engine}, study.log);
  const auto checkpoint = sink.read_checkpoint({.study_dir = dir});
  BOOST_TEST_REQUIRE(checkpoint.has_value());
  fs::remove(dir / ".manifest.json.spare");
  fs::resize_file(study.manifest_path(), fs::file_size(study.manifest_path()) / 2);
  const std::string broken = read_file(study.manifest_path());
  EntryTable table(*checkpoint);
  sink.open(table, {study.config, dir, at(1), &*checkpoint});
  const std::string aside = "manifest.json.unreadable-2026-02-27T16-30-01";
  BOOST_TEST(read_file(dir / aside) == broken);
  BOOST_TEST((study.on_disk() == table.manifest()));
}

BOOST_AUTO_TEST_CASE(by_name_the_latest_study_that_has_a_manifest_is_read) {
  Study study;
  const auto keep = [&](const std::string& directory, const std::string& name, double seconds) {
    fs::create_directory(study.dir / directory);
    StudyManifest manifest = study_test::sample_manifest(3);
    manifest.head.study_name = name;
    manifest.head.started_at = at(seconds);
    replace_file(study.dir / directory / "manifest.json", render_manifest(manifest));
  };
  const CheckpointQuery query{.study_name = "s", .results_dir = study.dir.path()};
  ManifestSink reader({}, study.log);
  BOOST_TEST(!reader.read_checkpoint(query));
  keep("s_2026-02-27T16-30-00", "s", 0);
  keep("s_2026-02-27T16-30-00_1", "s", 0.5);
  keep("s_2026-02-27T16-30-02", "another", 2);
  fs::create_directory(study.dir / "s_2026-02-27T16-30-03");
  BOOST_TEST((reader.read_checkpoint(query)->head.started_at == at(0.5)));
  replace_file(study.dir / "s_2026-02-27T16-30-03/manifest.json", "{");
  BOOST_CHECK_THROW(static_cast<void>(reader.read_checkpoint(query)), CheckpointError);
}
