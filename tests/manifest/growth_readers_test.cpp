#define BOOST_TEST_MODULE growth_readers
#include "checkpoint/checkpoint_observer.hpp"
#include "manifest/manifest_sink.hpp"
#include "support/growth.hpp"
#include "support/temp_dir.hpp"
#include "support/valid_manifest.hpp"

#include <study/atomic_file.hpp>

#include <memory>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace study;
using manifest::EngineChoice;
using study_test::Growth;

namespace study::manifest {
std::ostream& boost_test_print_type(std::ostream& out, EngineChoice choice) {
  return out << (choice == EngineChoice::swap ? "swap" : "replace");
}
}  // namespace study::manifest

namespace {

constexpr int kSteps = 600;

/// Plays a study that grows, and ends the process.
[[noreturn]] void write_study(const fs::path& dir, EngineChoice engine) {
  const checkpoint::Log log = [](LogSeverity, std::string_view) {};
  checkpoint::CheckpointObserver observer(
      std::make_unique<manifest::ManifestSink>(manifest::ManifestOptions{.engine = engine}, log),
      log);
  const StudyConfig config = Growth::study(3);
  observer.on_study_start({config, dir, study_test::at(0), nullptr});
  Growth growth(3);
  for (int i = 0; i < kSteps; ++i) growth.advance(&observer);
  ::_exit(0);
}

}  // namespace

BOOST_DATA_TEST_CASE(a_reader_never_finds_a_half_added_entry,
                     boost::unit_test::data::make({EngineChoice::swap, EngineChoice::replace}),
                     engine) {
  const study_test::TempDir dir(study_test::memory_directory());
  const pid_t writer = ::fork();
  if (writer == 0) write_study(dir.path(), engine);
  Growth seen(3);
  int reads = 0;
  int status = 0;
  for (bool is_over = false; !is_over;) {
    is_over = ::waitpid(writer, &status, WNOHANG) == writer;
    if (!fs::exists(dir / "manifest.json")) continue;
    const StudyManifest found =
        study_test::parse_valid_manifest(read_file(dir / "manifest.json"), "snapshot");
    // Each is a state of the study, and none is older than the one before.
    while (!(found == seen.manifest())) {
      BOOST_TEST_REQUIRE(seen.position() < kSteps);
      seen.advance();
    }
    ++reads;
  }
  BOOST_TEST(status == 0);
  BOOST_TEST(seen.position() == kSteps);
  BOOST_TEST_MESSAGE(reads << " reads");
}
