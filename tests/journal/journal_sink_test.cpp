#include "journal/journal_sink.hpp"

#include "journal/journal_line.hpp"
#include "kept_journal.hpp"
#include "support/run_program.hpp"
#include "support/valid_manifest.hpp"

#include <study/error.hpp>
#include <study/json.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using namespace study;
using enum study::ExperimentState;
using study_test::at;
using study_test::contains;
using study_test::KeptJournal;
using study_test::lines_of;
using study_test::listing;
using study_test::OwnedEvent;

namespace {

struct Journal : study_test::TempDir, KeptJournal {
  Journal() : TempDir(study_test::memory_directory()), KeptJournal(TempDir::path()) {}
  using KeptJournal::path;
};

boost::json::object parsed(const std::string& line) {
  return parse_json(line, "line").as_object();
}

StudyManifest manifest_in(const std::string& study_line) {
  return study_test::parse_valid_manifest(boost::json::serialize(parsed(study_line).at("manifest")),
                                          "manifest");
}

/// The worked example of FORMAT.md.
std::string format_example() {
  const std::string format = read_file(STUDY_SOURCE_DIR "/plugin/journal/FORMAT.md");
  const std::string begin = "```jsonl\n";
  const std::size_t from = format.find(begin) + begin.size();
  return format.substr(from, format.find("```", from) - from);
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_journal_gives_back_the_table_after_each_transition, Journal) {
  std::mt19937 random(11);
  start();
  BOOST_TEST((stored() == expected()));
  for (int i = 1; i < 300; ++i) {
    const StudyManifest before = expected();
    const ManifestEntry& entry = before.experiments[random() % before.experiments.size()];
    if (entry.status == completed) continue;
    play(study_test::random_legal_event(random, entry, at(i)));
    BOOST_TEST_REQUIRE((stored() == expected()));
  }
  end(StudyOutcome::interrupted, 301);
  BOOST_TEST((stored() == expected()));
  BOOST_TEST(logged.empty());
}

BOOST_FIXTURE_TEST_CASE(the_worked_example_of_the_format_is_what_the_sink_writes, Journal) {
  KeptJournal example(dir(), 1);
  example.start();
  example.play(0, running, 1.5);
  example.play(0, failed, 2);
  example.play(0, running, 3);
  OwnedEvent last = example.event(0, completed, 4.000003);
  last.attributes = R"({"worker": "node-3", "loss": 0.25})";
  example.play(last);
  example.add("trial-2", 4.5);
  example.end(StudyOutcome::completed, 5);
  BOOST_TEST(example.text() == format_example());
}

BOOST_FIXTURE_TEST_CASE(each_line_is_json_with_its_number_and_the_checksum_of_what_is_before_it,
                        Journal) {
  start();
  play(0, running, 1);
  play(0, failed, 2);
  end(StudyOutcome::failed, 3);
  const auto lines = lines_of(text());
  BOOST_TEST_REQUIRE(lines.size() == 4U);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto fields = parsed(lines[i]);
    BOOST_TEST(fields.at("seq").as_int64() == static_cast<std::int64_t>(i + 1));
    const auto body = std::string_view(lines[i]).substr(0, lines[i].rfind(",\"crc32c\""));
    char digits[9];
    std::snprintf(digits, sizeof digits, "%08x", journal::crc32c(body));
    BOOST_TEST(std::string_view(fields.at("crc32c").as_string()) == digits);
  }
  BOOST_TEST((manifest_in(lines[0]) == study_test::sample_manifest(4)));
}

BOOST_FIXTURE_TEST_CASE(several_transitions_of_one_commit_are_a_line_each, Journal) {
  start();
  apply(event(0, running, 1));
  apply(event(1, running, 1));
  apply(event(0, failed, 2));
  commit();
  BOOST_TEST(lines_of(text()).size() == 4U);
  BOOST_TEST((stored() == expected()));
}

BOOST_FIXTURE_TEST_CASE(a_resumed_study_goes_on_in_the_same_file_and_keeps_all_attempts, Journal) {
  start();
  play(0, running, 1);
  play(0, failed, 2);
  play(1, running, 3);
  const std::string before = text();
  StudyManifest settled = expected();  // of a host that was killed
  settled.experiments[1].status = pending;
  settled.experiments[1].started_at.reset();
  start(at(100), &settled);
  BOOST_TEST(text().starts_with(before));
  BOOST_TEST((stored() == expected()));
  play(0, running, 101);
  play(1, running, 102);
  play(2, running, 103);
  BOOST_TEST((stored() == expected()));
  const auto lines = lines_of(text());
  BOOST_TEST_REQUIRE(lines.size() == 8U);
  BOOST_TEST(parsed(lines[4]).at("resumed").as_bool());
  BOOST_TEST(parsed(lines[5]).at("attempt").as_int64() == 2);
  BOOST_TEST(parsed(lines[6]).at("attempt").as_int64() == 2);
  BOOST_TEST(parsed(lines[7]).at("attempt").as_int64() == 1);
}

BOOST_FIXTURE_TEST_CASE(attempts_are_counted_on_over_several_resumptions_and_a_changed_study,
                        Journal) {
  start();
  play(3, running, 1);
  std::int64_t attempts = 1;
  for (int i = 1; i <= 4; ++i) {
    StudyManifest settled = study_test::sample_manifest(4);
    std::reverse(settled.experiments.begin(), settled.experiments.end());
    if (i == 2) settled.experiments.pop_back();
    start(at(100 * i), &settled);
    if (i == 3) continue;  // the host dies before anything runs
    play(0, running, 100 * i + 1);
    BOOST_TEST(parsed(lines_of(text()).back()).at("attempt").as_int64() == ++attempts);
    BOOST_TEST((stored() == expected()));
  }
}

BOOST_FIXTURE_TEST_CASE(a_study_that_another_sink_has_kept_gets_a_journal_of_its_own, Journal) {
  StudyManifest settled = study_test::sample_manifest(4);
  settled.experiments[2].status = completed;
  settled.experiments[2].started_at = at(1);
  settled.experiments[2].completed_at = at(2.25);
  settled.experiments[2].result_file = "r.json";
  start(at(10), &settled);
  BOOST_TEST((stored() == settled));
  BOOST_TEST(logged.empty());
}

BOOST_FIXTURE_TEST_CASE(a_study_goes_on_with_what_has_been_read_unless_the_file_has_changed,
                        Journal) {
  start();
  play(0, running, 1);
  end(StudyOutcome::interrupted, 2);
  const auto when_it_was_read = fs::last_write_time(path());
  const std::string whole = text();
  std::string other = whole;  // nobody who reads it could use it
  other[other.size() / 2] = '?';
  for (const bool is_noticed : {false, true}) {
    journal::JournalSink sink({}, [&](LogSeverity, std::string_view) { logged.emplace_back(); });
    const StudyManifest read = sink.read_checkpoint({.study_dir = dir()}).value();
    study_test::write_bytes(path(), other);
    fs::last_write_time(path(), when_it_was_read + std::chrono::seconds(is_noticed ? 1 : 0));
    const StudyConfig config = study_test::sample_study(4);
    checkpoint::EntryTable table(read);
    sink.open(table, {config, dir(), at(10), &read});
    BOOST_TEST(logged.size() == (is_noticed ? 1U : 0U));
    study_test::write_bytes(path(), whole);
    fs::last_write_time(path(), when_it_was_read);
  }
}

BOOST_FIXTURE_TEST_CASE(a_study_that_has_ended_can_be_resumed, Journal) {
  start();
  play(0, running, 1);
  play(0, failed, 2);
  end(StudyOutcome::completed, 3);
  const StudyManifest settled = expected();
  start(at(10), &settled);
  BOOST_TEST((stored()->head.status == StudyStatus::running));
  play(0, running, 11);
  BOOST_TEST((stored() == expected()));
}

BOOST_FIXTURE_TEST_CASE(a_new_study_over_a_journal_is_refused_and_changes_nothing, Journal) {
  start();
  play(0, running, 1);
  const auto is_refusal = [](std::string_view what) {
    return [what](const StudyError& error) {
      BOOST_TEST_MESSAGE(error.what());
      return contains(error.what(), what) &&
             contains(error.what(), "A new study never replaces one");
    };
  };
  KeptJournal other(dir());
  end(StudyOutcome::interrupted, 2);
  const std::string whole = text();
  for (const std::string& bytes : {whole, whole.substr(0, whole.size() - 5), std::string("mine")}) {
    study_test::write_bytes(path(), bytes);
    BOOST_CHECK_EXCEPTION(
        other.start(), StudyError,
        is_refusal(bytes == "mine" ? "can't be read" : "tells of the study sample"));
    BOOST_TEST((listing(dir()) == std::set<std::string>{"journal.jsonl"}));
    BOOST_TEST(text() == bytes);
  }
}

BOOST_FIXTURE_TEST_CASE(a_directory_in_the_place_of_the_journal_is_refused, Journal) {
  fs::create_directories(path() / "inside");
  BOOST_CHECK_THROW(static_cast<void>(stored()), CheckpointError);
  BOOST_CHECK_THROW(start(), StudyError);
  BOOST_TEST(fs::is_directory(path() / "inside"));
}

BOOST_FIXTURE_TEST_CASE(by_name_the_latest_study_that_has_a_journal_is_read, Journal) {
  for (const char* name : {"sample_2026-02-27T16-30-00", "sample_2026-02-27T16-30-00_1",
                           "sample_2026-02-27T16-30-05"}) {
    fs::create_directory(dir() / name);
  }
  KeptJournal first(dir() / "sample_2026-02-27T16-30-00");
  first.start(at(0));
  KeptJournal second(dir() / "sample_2026-02-27T16-30-00_1");
  second.start(at(0.5));
  journal::JournalSink reader({}, [](LogSeverity, std::string_view) {});
  const CheckpointQuery query{.study_name = "sample", .results_dir = dir()};
  BOOST_TEST((reader.read_checkpoint(query) == second.expected()));
  study_test::write_bytes(dir() / "sample_2026-02-27T16-30-05" / "journal.jsonl", "{");
  BOOST_CHECK_THROW(static_cast<void>(reader.read_checkpoint(query)), CheckpointError);
}

BOOST_FIXTURE_TEST_CASE(a_study_without_a_journal_has_no_checkpoint, Journal) {
  BOOST_TEST(!stored().has_value());
  BOOST_TEST(!journal::JournalSink({}, {}).read_checkpoint({.study_name = "sample"}).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_journal_that_is_taken_away_is_begun_again_with_everything, Journal) {
  start();
  play(0, running, 1);
  play(1, running, 2);
  play(1, failed, 3);
  fs::rename(path(), dir() / "elsewhere");
  play(1, running, 4);
  end(StudyOutcome::interrupted, 5);  // looks for the file in any case
  BOOST_TEST((stored() == expected()));
  BOOST_TEST(has_logged("not where it was"));
  const auto lines = lines_of(text());
  BOOST_TEST_REQUIRE(lines.size() == 4U);  // the study, the two that run, the end
  BOOST_TEST((manifest_in(lines[0]) == study_test::sample_manifest(4)));
  BOOST_TEST(parsed(lines[1]).at("attempt").as_int64() == 1);
  BOOST_TEST(parsed(lines[2]).at("attempt").as_int64() == 2);
}

BOOST_FIXTURE_TEST_CASE(that_is_noticed_while_the_study_goes_on_and_not_only_at_its_end, Journal) {
  start();
  fs::remove(path());
  int i = 0;
  study_test::wait_until("a new journal", [&] {
    play(0, i % 2 == 0 ? running : failed, i);
    ++i;
    return fs::exists(path());
  });
  BOOST_TEST((stored() == expected()));
  play(1, running, i);
  BOOST_TEST((stored() == expected()));
}

BOOST_FIXTURE_TEST_CASE(a_file_that_somebody_puts_in_the_place_of_the_journal_is_kept, Journal) {
  start();
  play(0, running, 1);
  fs::remove(path());
  study_test::write_bytes(path(), "mine");
  end(StudyOutcome::interrupted, 5);
  BOOST_TEST((stored() == expected()));
  BOOST_TEST(read_file(dir() / "journal.jsonl.found-2026-02-27T16-30-05") == "mine");
}

BOOST_FIXTURE_TEST_CASE(whoever_reads_while_it_is_written_finds_one_of_its_states, Journal) {
  start();
  std::vector<StudyManifest> read;
  std::atomic<bool> is_over = false;
  std::thread reader([&] {
    journal::JournalSink other({}, [](LogSeverity, std::string_view) {});
    while (!is_over) read.push_back(*other.read_checkpoint({.study_dir = dir()}));
  });
  std::vector<StudyManifest> states = {expected()};
  for (int i = 0; i < 300; ++i) {
    OwnedEvent next = event(0, i % 2 == 0 ? running : failed, i);
    next.error_message = std::string(static_cast<std::size_t>(6 * i), 'x');
    play(next);
    states.push_back(expected());
  }
  is_over = true;
  reader.join();
  for (auto state = states.begin(); const StudyManifest& found : read) {
    state = std::find(state, states.end(), found);  // and they come in order
    BOOST_TEST_REQUIRE((state != states.end()));
  }
}

BOOST_AUTO_TEST_CASE(a_study_of_many_entries_is_read_back_from_lines_of_any_length) {
  const study_test::TempDir dir(study_test::memory_directory());
  KeptJournal kept(dir.path(), 3000, 2);
  kept.start();
  for (std::size_t i = 0; i < 6000; i += 7) {
    auto event = kept.event(i, failed, static_cast<double>(i));
    event.error_message = std::string(i % 2000, 'x');
    kept.play(event);
  }
  BOOST_TEST((kept.stored() == kept.expected()));
}
