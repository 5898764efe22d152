#define BOOST_TEST_MODULE several_sinks
#include "file_store.hpp"
#include "kept_study.hpp"

#include <memory>

#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using namespace study;
using enum study::ExperimentState;
using study_test::at;
using study_test::KeptStudy;
using study_test::SinkUnderTest;

namespace {

/// The sinks that keep files: each can be broken by itself, while the others aren't called.
const SinkUnderTest kSinks[] = {
    {.name = "manifest_writer", .plugin = "manifest_writer.so"},
    {.name = "journal_writer", .plugin = "journal_writer.so"},
    {.name = "sqlite_writer", .plugin = "sqlite_writer.so"},
};

/// One study and a started observer of each sink, as a host has them.
class Host {
 public:
  Host() {
    fs::create_directory(dir_);
    for (const SinkUnderTest& sink : kSinks) {
      libraries_.emplace_back(sink);
      observers_.push_back(libraries_.back().create(results_.path(), logged_));
      observers_.back()->on_study_start({config_, dir_, at(0), nullptr});
    }
  }

  /// Tells all; the observer number `broken` can't write meanwhile.
  void tell(std::size_t entry, ExperimentState state, double seconds, std::size_t broken) {
    const auto& found = reference_.manifest().experiments[entry];
    const ExperimentEvent event{
        .config_hash = found.config_hash, .state = state, .time = at(seconds)};
    for (std::size_t i = 0; i < observers_.size(); ++i) {
      if (i == broken) study_test::break_files();
      observers_[i]->on_experiment_state(event);
      study_test::mend_files();
    }
    reference_.apply(event);
  }
  void end(std::size_t broken) {
    const StudyEnd event{StudyOutcome::completed, at(99)};
    for (std::size_t i = 0; i < observers_.size(); ++i) {
      if (i == broken) study_test::break_files();
      observers_[i]->on_study_end(event);
      study_test::mend_files();
    }
    reference_.end(event);
  }

  [[nodiscard]] bool is_stored(std::size_t i) const {
    return libraries_[i].read(dir_) == reference_.manifest();
  }

 private:
  study_test::TempDir results_{study_test::memory_directory()};
  fs::path dir_ = results_ / "study";
  StudyConfig config_ = study_test::sample_study(4);
  plugin_check::ReferenceTable reference_{study_test::sample_manifest(4)};
  std::vector<study_test::SinkLibrary> libraries_;
  study_test::SinkLibrary::Logged logged_;
  std::vector<std::unique_ptr<StudyObserver>> observers_;
};

constexpr std::size_t kNobody = 1000;

}  // namespace

const SinkUnderTest& study_test::sink_under_test() {
  return kSinks[0];
}

BOOST_AUTO_TEST_CASE(several_sinks_keep_one_study_side_by_side) {
  Host host;
  host.tell(0, running, 1, kNobody);
  host.tell(0, completed, 2, kNobody);
  for (std::size_t i = 0; i < std::size(kSinks); ++i) BOOST_TEST(host.is_stored(i));
  host.end(kNobody);
  for (std::size_t i = 0; i < std::size(kSinks); ++i) BOOST_TEST(host.is_stored(i));
}

BOOST_AUTO_TEST_CASE(a_sink_that_fails_does_not_disturb_the_others) {
  for (std::size_t broken = 0; broken < std::size(kSinks); ++broken) {
    Host host;
    host.tell(0, running, 1, kNobody);
    host.tell(0, failed, 2, broken);
    host.tell(1, running, 3, broken);
    for (std::size_t i = 0; i < std::size(kSinks); ++i) {
      BOOST_TEST(host.is_stored(i) == (i != broken), kSinks[i].name);
    }
    host.tell(1, completed, 4, kNobody);
    for (std::size_t i = 0; i < std::size(kSinks); ++i) BOOST_TEST(host.is_stored(i));
    host.end(broken);
    for (std::size_t i = 0; i < std::size(kSinks); ++i) {
      BOOST_TEST(host.is_stored(i) == (i != broken), kSinks[i].name);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_one_sink_has_stored_is_what_another_goes_on_from) {
  for (const SinkUnderTest& from : kSinks) {
    for (const SinkUnderTest& to : kSinks) {
      KeptStudy first(study_test::sample_study(4), from);
      first.start();
      first.tell(0, running, 1);
      first.tell(1, running, 2);
      first.tell(1, completed, 3);
      first.abandon();
      const StudyManifest settled = plugin_check::ReferenceTable(*first.stored()).manifest();
      KeptStudy second(study_test::sample_study(4), to);
      second.start(&settled, 50);
      second.tell(0, running, 51);
      BOOST_TEST(second.is_stored(), from.name << " -> " << to.name);
    }
  }
}
