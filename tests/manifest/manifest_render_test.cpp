#include "support/test_data.hpp"

#include <study/json.hpp>
#include <study/manifest.hpp>

#include <chrono>
#include <string>

#include <boost/test/unit_test.hpp>

namespace {

using namespace std::string_literals;

std::string json_string(std::string_view text) {
  std::string out;
  study::append_json_string(out, text);
  return out;
}

BOOST_AUTO_TEST_SUITE(manifest_render)

BOOST_AUTO_TEST_CASE(the_golden_manifest_is_reproduced_byte_for_byte) {
  const std::string golden = study_test::read_test_data("manifest_golden.json");
  const study::StudyManifest manifest = study::parse_manifest(golden, "golden");
  BOOST_TEST(study::render_manifest(manifest) == golden);
}

BOOST_AUTO_TEST_CASE(the_pieces_make_the_whole) {
  const std::string golden = study_test::read_test_data("manifest_golden.json");
  const study::StudyManifest manifest = study::parse_manifest(golden, "golden");
  std::string out;
  study::append_manifest_head(out, manifest.head, study::count_entries(manifest));
  for (const auto& entry : manifest.experiments) {
    out += &entry == manifest.experiments.data() ? "\n" : ",\n";
    study::append_manifest_entry(out, entry);
  }
  out += "\n";
  out += study::kManifestTail;
  BOOST_TEST(out == golden);
}

BOOST_AUTO_TEST_CASE(a_view_says_what_its_entry_says_and_copies_it) {
  const std::string golden = study_test::read_test_data("manifest_golden.json");
  for (const auto& entry : study::parse_manifest(golden, "golden").experiments) {
    const study::ManifestEntryView view = entry;
    BOOST_TEST((view.copy() == entry));
    study::ManifestEntry other = entry;
    other.cycle += 1;
    BOOST_TEST(!(view == other));
    BOOST_TEST(view.config_summary.data() == entry.config_summary.data());
  }
}

BOOST_AUTO_TEST_CASE(a_study_without_entries_has_an_empty_list) {
  study::StudyManifest manifest;
  const std::string text = study::render_manifest(manifest);
  BOOST_TEST(
      text.ends_with("\"total_experiments\": 0,\n  \"completed\": 0,\n  \"failed\": 0,\n"
                     "  \"pending\": 0,\n  \"experiments\": []\n}"));
  BOOST_TEST((study::parse_manifest(text, "test") == manifest));
}

BOOST_AUTO_TEST_CASE(pending_counts_pending_and_running) {
  study::StudyManifest manifest;
  using study::ExperimentState;
  for (const auto state :
       {ExperimentState::pending, ExperimentState::running, ExperimentState::completed,
        ExperimentState::failed, ExperimentState::failed, ExperimentState::running}) {
    manifest.experiments.emplace_back().status = state;
  }
  BOOST_TEST((study::count_entries(manifest) == study::ManifestCounters{1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(only_what_json_demands_is_escaped) {
  BOOST_TEST(json_string("") == "\"\"");
  BOOST_TEST(json_string("a/\"\\'") == R"("a/\"\\'")");
  BOOST_TEST(json_string("\b\t\n\f\r") == R"("\b\t\n\f\r")");
  BOOST_TEST(json_string("\0\x01\x0b\x1f"s) == R"("\u0000\u0001\u000b\u001f")");
  BOOST_TEST(json_string(" ~\x7f\xC2\x80\xE2\x80\xA8\xF0\x9F\x98\x80") ==
             "\" ~\x7f\xC2\x80\xE2\x80\xA8\xF0\x9F\x98\x80\"");
}

BOOST_AUTO_TEST_CASE(a_byte_is_escaped_or_not_wherever_it_stands) {
  for (int c = 0; c < 0x100; ++c) {
    const std::string alone = json_string(std::string(1, static_cast<char>(c)));
    const bool escaped = c < 0x20 || c == '"' || c == '\\';
    BOOST_TEST_REQUIRE((alone.size() > 3) == escaped);
    for (const char around : {'a', ' ', '\x7f', '\x80', '\xff'}) {
      for (std::size_t i = 0; i < 20; ++i) {
        const std::string before(i, around);
        const std::string after(19 - i, around);
        BOOST_TEST_REQUIRE(json_string(before + static_cast<char>(c) + after) ==
                           "\"" + before + alone.substr(1, alone.size() - 2) + after + "\"");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(every_character_survives_rendering_and_parsing) {
  study::StudyManifest manifest;
  study::ManifestEntry& entry = manifest.experiments.emplace_back();
  entry.error_message.emplace();
  for (int c = 0; c < 0x80; ++c) *entry.error_message += static_cast<char>(c);
  *entry.error_message += "\xC3\xA9\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF";
  entry.result_file = "";
  entry.started_at = study::Timestamp(std::chrono::microseconds(-1));
  entry.cycle = 2'147'483'647;
  manifest.head.study_name = *entry.error_message;
  manifest.head.completed_at = study::Timestamp();
  manifest.head.status = study::StudyStatus::interrupted;
  BOOST_TEST((study::parse_manifest(study::render_manifest(manifest), "test") == manifest));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
