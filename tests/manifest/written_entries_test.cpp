#include "manifest/written_entries.hpp"

#include "support/golden_manifest.hpp"
#include "support/sample_study.hpp"

#include <study/error.hpp>
#include <study/json.hpp>
#include <study/manifest.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace {

using study::ManifestEntry;
using study::StudyManifest;
using study_test::at;
using study_test::golden;

/// The same document in a layout that only the general reader takes.
std::string in_another_layout(std::string_view text) {
  std::string compact;
  study::append_json(compact, study::parse_json(text, "text"));
  return compact;
}

std::optional<std::vector<ManifestEntry>> read_written(std::string_view text) {
  constexpr std::string_view kList = "\"experiments\": [";
  const std::size_t list = text.find(kList);
  if (list == std::string_view::npos) return std::nullopt;
  return study::read_written_entries(text.substr(list + kList.size()));
}

/// Entries in all states, with any texts.
StudyManifest random_manifest(std::mt19937& random, int configurations) {
  StudyManifest manifest = study_test::sample_manifest(configurations, 2);
  for (ManifestEntry& entry : manifest.experiments) {
    entry.config_summary = study_test::random_text(random, 30);
    entry.status = static_cast<study::ExperimentState>(random() % 4);
    if (random() % 2 == 0) entry.result_file = study_test::random_text(random, 20);
    if (random() % 2 == 0) entry.error_type = study_test::random_text(random, 20);
    if (random() % 2 == 0) entry.error_message = study_test::random_text(random, 90);
    if (random() % 2 == 0) entry.started_at = at(static_cast<double>(random() % 1000) / 8);
    if (random() % 2 == 0) entry.completed_at = at(static_cast<double>(random() % 1000));
  }
  return manifest;
}

BOOST_AUTO_TEST_SUITE(written_entries)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_without_json_values) {
  std::mt19937 random(20);
  for (int i = 0; i < 50; ++i) {
    const StudyManifest manifest = random_manifest(random, i);
    const std::string text = study::render_manifest(manifest);
    const auto entries = read_written(text);
    BOOST_TEST_REQUIRE(entries.has_value());
    BOOST_TEST((*entries == manifest.experiments));
    BOOST_TEST((study::parse_manifest(text, "m") == manifest));
    BOOST_TEST((study::parse_manifest(in_another_layout(text), "m") == manifest));
  }
  BOOST_TEST(read_written(golden()).has_value());
}

BOOST_AUTO_TEST_CASE(blanks_between_entries_may_be_any) {
  const StudyManifest manifest = study_test::sample_manifest(3);
  std::string text = study::render_manifest(manifest);
  // As the swap engine pads, and puts the comma of an entry that is added before it.
  for (std::size_t end = text.find("    },\n"); end != std::string::npos;
       end = text.find("    },\n", end + 1)) {
    text.replace(end, 8, "    }" + std::string(90, ' ') + "\n,");
  }
  const auto entries = read_written(text + "\n");
  BOOST_TEST_REQUIRE(entries.has_value());
  BOOST_TEST((*entries == manifest.experiments));
}

BOOST_AUTO_TEST_CASE(nothing_is_read_that_the_general_reader_would_read_differently) {
  std::mt19937 random(7);
  const std::string text = study::render_manifest(random_manifest(random, 2));
  constexpr std::string_view kOthers = "\" \\,:{}[]0a\n\t\x01\xC3u-";
  int read = 0;
  int passed_over = 0;
  const auto check = [&](const std::string& changed) {
    const auto entries = read_written(changed);
    if (!entries) {
      ++passed_over;
      return;
    }
    ++read;
    const StudyManifest general = study::parse_manifest(in_another_layout(changed), "m");
    BOOST_TEST((*entries == general.experiments));
  };
  for (std::size_t i = text.find("\n    {"); i < text.size(); ++i) {
    check(std::string(text).erase(i, 1));
    for (const char other : kOthers) {
      std::string changed = text;
      changed[i] = other;
      check(changed);
      check(std::string(text).insert(i, 1, other));
    }
  }
  BOOST_TEST(read > 1000);
  BOOST_TEST(passed_over > 1000);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_by_the_general_reader) {
  std::string text = study::render_manifest(study_test::sample_manifest(2));
  const std::size_t cycle = text.rfind("\"cycle\": 1");
  text.replace(cycle, 10, "\"cycle\": 0");
  BOOST_CHECK_EXCEPTION(
      static_cast<void>(study::parse_manifest(text, "m.json")), study::CheckpointError,
      [](const study::CheckpointError& error) {
        return std::string_view(error.what()).find("m.json: experiments[1].cycle must be from 1") ==
               0;
      });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
