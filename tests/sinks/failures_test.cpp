// A store that can't be written to for a while, and a host that is killed.
#include "crash/player.hpp"
#include "kept_study.hpp"
#include "support/growth.hpp"
#include "support/history.hpp"

#include <chrono>
#include <random>
#include <thread>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using namespace study;
using enum study::ExperimentState;
using study_test::KeptStudy;

namespace {

/// While it exists, the store can't be written to.
class Broken {
 public:
  Broken() { study_test::sink_under_test().break_store(); }
  Broken(const Broken&) = delete;
  Broken& operator=(const Broken&) = delete;
  ~Broken() { study_test::sink_under_test().mend_store(); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(failures)

BOOST_AUTO_TEST_CASE(what_could_not_be_stored_follows_with_the_next_transition) {
  KeptStudy study;
  study.start();
  study.tell(0, running, 1);
  for (int round = 1; round <= 3; ++round) {
    {
      const Broken broken;
      study.tell(0, failed, 10 * round);
      study.tell(1, round == 1 ? running : failed, 10 * round + 1);
      study.tell(0, running, 10 * round + 2);
      study.tell(2, running, 10 * round + 3);
      study.tell(2, failed, 10 * round + 4);
    }
    BOOST_TEST(study.count(LogSeverity::warning) >= 1);
    study.tell(1, round == 1 ? failed : running, 10 * round + 5);
    BOOST_TEST(study.is_stored());
  }
  study.end(StudyOutcome::completed, 99);
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_CASE(what_could_not_be_stored_follows_at_the_end) {
  KeptStudy study;
  study.start();
  study.tell(0, running, 1);
  {
    const Broken broken;
    study.tell(0, completed, 2);
    study.tell(1, running, 3);
    study.tell(1, pending, 4);
  }
  study.end(StudyOutcome::interrupted, 5);
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_CASE(a_store_that_is_broken_to_the_end_keeps_an_earlier_state_and_stops_nothing) {
  KeptStudy study;
  study.start();
  study.tell(0, running, 1);
  const StudyManifest before = study.expected();
  {
    const Broken broken;
    study.tell(0, completed, 2);
    study.end(StudyOutcome::completed, 3);
  }
  BOOST_TEST(study.end_failure().find("the final checkpoint is missing") != std::string::npos,
             study.end_failure());
  BOOST_TEST((study.stored() == before));
}

BOOST_AUTO_TEST_CASE(an_end_that_must_not_wait_tries_once_and_says_that_it_was_in_vain) {
  study_test::SinkUnderTest impatient = study_test::sink_under_test();
  impatient.options = [&](const fs::path& results_dir) {
    auto options =
        boost::json::parse(study_test::sink_under_test().options(results_dir)).as_object();
    options["end_wait_seconds"] = 0;
    return boost::json::serialize(options);
  };
  KeptStudy study(study_test::sample_study(8), impatient);
  study.start();
  study.tell(0, running, 1);
  const StudyManifest before = study.expected();
  {
    const Broken broken;
    study.tell(0, completed, 2);
    study.end(StudyOutcome::completed, 3);
  }
  BOOST_TEST(study.end_failure().find("the final checkpoint is missing") != std::string::npos,
             study.end_failure());
  BOOST_TEST((study.stored() == before));
}

BOOST_AUTO_TEST_CASE(what_was_added_while_the_store_was_broken_follows_with_its_transitions) {
  KeptStudy study(study_test::sample_study(2));
  study.start();
  study.tell(0, running, 1);
  {
    const Broken broken;
    study.grow_to(5, 2);
    study.tell(4, running, 3);
    study.tell(0, failed, 4);
    study.grow_to(6, 5);
  }
  study.tell(4, failed, 6);
  BOOST_TEST(study.is_stored());
  {
    const Broken broken;
    study.grow_to(9, 7);
  }
  study.end(StudyOutcome::interrupted, 8);
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_CASE(a_host_killed_while_its_study_grows_leaves_all_that_was_acknowledged) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const study_test::TempDir results(study_test::memory_directory());
  const study_test::SinkLibrary library;
  const fs::path plugin = fs::path(STUDY_OBSERVER_DIR) / study_test::sink_under_test().plugin;
  for (int round = 0; round < 30; ++round) {
    const fs::path dir = results / ("study_" + std::to_string(round));
    fs::create_directory(dir);
    const auto entries = static_cast<int>(random() % 9);
    study_test::Player player(study_test::sink_under_test().options(results.path()), dir, entries,
                              "grow", plugin);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 10'000));
    const int acknowledged = player.kill();
    const auto found = library.read(dir);
    BOOST_TEST_REQUIRE(found.has_value());
    study_test::Growth growth(entries);
    while (growth.position() < acknowledged) growth.advance();
    const bool last_acknowledged = *found == growth.manifest();
    growth.advance();
    BOOST_TEST_REQUIRE((last_acknowledged || *found == growth.manifest()),
                       "round " << round << ", seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(after_a_kill_everything_that_was_acknowledged_is_there_and_the_study_goes_on) {
  constexpr int kEntries = 20;
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const study_test::TempDir results(study_test::memory_directory());
  const study_test::SinkLibrary library;
  const fs::path plugin = fs::path(STUDY_OBSERVER_DIR) / study_test::sink_under_test().plugin;
  for (int round = 0; round < 30; ++round) {
    const fs::path dir = results / ("study_" + std::to_string(round / 2));  // each used twice
    fs::create_directory(dir);
    const auto play_seed = static_cast<unsigned>(random()) & 0x7fffffffU;
    study_test::Player player(study_test::sink_under_test().options(results.path()), dir, kEntries,
                              play_seed, plugin);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 10'000));
    const int acknowledged = player.kill();

    const auto found = library.read(dir);
    BOOST_TEST_REQUIRE(found.has_value());
    study_test::History history(kEntries, play_seed);
    while (history.position() < acknowledged) history.advance();
    const bool last_acknowledged = *found == history.table().manifest();
    history.advance();
    BOOST_TEST_REQUIRE((last_acknowledged || *found == history.table().manifest()),
                       "round " << round << ", seed " << seed);

    host::ReferenceTable reference(*found);
    study_test::SinkLibrary::Logged logged;
    const auto observer = library.create(results.path(), logged);
    const StudyConfig config = study_test::sample_study(kEntries);
    observer->on_study_start({config, dir, study_test::at(1e6), &reference.manifest()});
    BOOST_TEST_REQUIRE((library.read(dir) == reference.manifest()), "seed " << seed);
    for (int i = 0; i < 5; ++i) {
      const auto& entry = reference.manifest().experiments[random() % kEntries];
      if (entry.status == completed) continue;  // which is final
      const auto event = study_test::random_legal_event(random, entry, study_test::at(2e6 + i));
      reference.apply(event.view());
      observer->on_experiment_state(event.view());
    }
    BOOST_TEST_REQUIRE((library.read(dir) == reference.manifest()), "seed " << seed);
  }
}

BOOST_AUTO_TEST_SUITE_END()
