#define BOOST_TEST_MODULE manifest_power_loss
#include "disk_model.hpp"
#include "manifest/manifest_reader.hpp"
#include "manifest/manifest_sink.hpp"
#include "support/sample_study.hpp"
#include "support/snapshot.hpp"
#include "support/temp_dir.hpp"
#include "support/valid_manifest.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/manifest.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace bdata = boost::unit_test::data;
namespace fs = std::filesystem;
using namespace study;
using checkpoint::EntryTable;
using manifest::EngineChoice;
using enum study::ExperimentState;
using study_test::at;

namespace study {
std::ostream& boost_test_print_type(std::ostream& out, Durability durability) {
  return out << (durability == Durability::power ? "power" : "process");
}
}  // namespace study

namespace {

/// What the study was when a publication had returned.
struct Acknowledged {
  std::size_t moment;
  StudyManifest manifest;
};

/// Plays a study, with up to five readers at once, that make the engine keep several spares and
/// write whole files, and messages that make slots grow.
///
/// One that grows begins with few entries and gets others all the time.
class PlayedStudy {
 public:
  PlayedStudy(unsigned seed, Durability durability, int entries = kEntries) : random_(seed) {
    const StudyConfig config = study_test::sample_study(entries);
    EntryTable table(initial_manifest(config, make_plan(config), at(0)));
    const fs::path dir = temporary_.path();
    manifest::ManifestSink sink(
        {EngineChoice::swap, durability}, [](LogSeverity, std::string_view) {}, disk);
    sink.open(table, {config, dir, at(0), nullptr});
    acknowledged.push_back({disk.moment(), table.manifest()});
    std::deque<study_test::OpenedSnapshot> readers;
    for (int i = 1; i <= 120; ++i) {
      if (i % 40 > 10 && random_() % 2 == 0) readers.emplace_back(path());
      while (readers.size() > (i % 40 > 30 ? 5U : i % 40 > 10 ? 2U : 0U)) readers.pop_front();
      if (entries < kEntries) grow(table, sink);
      const auto entry = table.entry(random_() % table.size());
      if (entry.status == completed) continue;
      const auto event = study_test::random_legal_event(random_, entry, at(i), i > 60 ? 900 : 60);
      std::string refusal;
      const auto transition = table.apply(event.view(), refusal);
      sink.commit(table, *transition);
      acknowledged.push_back({disk.moment(), table.manifest()});
    }
  }

  static constexpr int kEntries = 50;

  [[nodiscard]] fs::path path() const { return temporary_.path() / "manifest.json"; }

  study_test::RecordingFileSystem disk;
  std::vector<Acknowledged> acknowledged;

 private:
  void grow(EntryTable& table, manifest::ManifestSink& sink) {
    const auto first = static_cast<checkpoint::EntryIndex>(table.size());
    for (std::size_t more = 1 + random_() % 3; more > 0; --more) {
      table.add("added-" + std::to_string(table.size()), "pytorch / added / bf16", 1);
    }
    table.set_study_design_hash("hash-" + std::to_string(table.size()));
    sink.add(table, first, {});
    acknowledged.push_back({disk.moment(), table.manifest()});
  }

  study_test::TempDir temporary_{study_test::memory_directory()};
  std::mt19937 random_;
};

/// Each entry of `found` is as it was in some acknowledged state from `oldest` on, or in the one in
/// flight.
void check_entries(const PlayedStudy& study, const StudyManifest& found, std::size_t oldest) {
  for (std::size_t entry = 0; entry < found.experiments.size(); ++entry) {
    const auto same = [&](const Acknowledged& state) {
      return entry < state.manifest.experiments.size() &&
             state.manifest.experiments[entry] == found.experiments[entry];
    };
    BOOST_TEST_REQUIRE(std::any_of(study.acknowledged.begin() + static_cast<std::ptrdiff_t>(oldest),
                                   study.acknowledged.end(), same));
  }
}

}  // namespace

BOOST_DATA_TEST_CASE(after_a_power_loss_the_manifest_parses_and_each_entry_tells_a_true_past_state,
                     bdata::make({Durability::process, Durability::power}), durability) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 6; ++round) {
    const PlayedStudy study(static_cast<unsigned>(random()), durability);
    const std::size_t first = study.acknowledged.front().moment;
    for (int loss = 0; loss < 500; ++loss) {
      const std::size_t moment = first + random() % (study.disk.moment() - first + 1);
      const auto text = study.disk.after_power_loss(random, "manifest.json", moment);
      // Before the first sync of the directory the name itself may be missing: nothing has been
      // promised yet.
      if (!text && durability == Durability::process) continue;
      BOOST_TEST_REQUIRE(text.has_value());
      const StudyManifest found = study_test::parse_valid_manifest(*text, "disk");
      std::size_t last = 0;  // the last state whose publication had returned
      while (last + 1 < study.acknowledged.size() && study.acknowledged[last + 1].moment <= moment)
        ++last;
      check_entries(study, found, durability == Durability::power ? last : 0);
    }
  }
}

BOOST_DATA_TEST_CASE(after_a_power_loss_a_growing_manifest_can_be_read_and_has_only_lost_its_end,
                     bdata::make({Durability::process, Durability::power}), durability) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  int recovered = 0;
  for (int round = 0; round < 6; ++round) {
    const PlayedStudy study(static_cast<unsigned>(random()), durability,
                            static_cast<int>(random() % 9));
    const study_test::TempDir restored(study_test::memory_directory());
    const std::size_t first = study.acknowledged.front().moment;
    for (int loss = 0; loss < 150; ++loss) {
      const std::size_t moment = first + random() % (study.disk.moment() - first + 1);
      const auto text = study.disk.after_power_loss(random, "manifest.json", moment);
      if (!text && durability == Durability::process) continue;  // nothing was promised yet
      BOOST_TEST_REQUIRE(text.has_value());
      replace_file(restored / "manifest.json", *text);
      bool told = false;
      const auto found = manifest::read_usable(restored / "manifest.json",
                                               [&](LogSeverity, std::string_view) { told = true; });
      recovered += told ? 1 : 0;
      std::size_t last = 0;  // the last state whose publication had returned
      while (last + 1 < study.acknowledged.size() && study.acknowledged[last + 1].moment <= moment)
        ++last;
      const bool is_power = durability == Durability::power;
      const auto& state = study.acknowledged[is_power ? last : 0].manifest;
      BOOST_TEST_REQUIRE(found->experiments.size() >= state.experiments.size());
      check_entries(study, *found, is_power ? last : 0);
    }
  }
  // The test is none if no page was lost.
  BOOST_TEST((recovered > 0 || durability == Durability::power));
}
