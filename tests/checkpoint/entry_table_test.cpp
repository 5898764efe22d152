#define BOOST_TEST_MODULE entry_table
#include "checkpoint/entry_table.hpp"

#include "support/sample_study.hpp"

#include <study/error.hpp>

#include <map>
#include <set>

#include <boost/test/unit_test.hpp>

using namespace study;
using checkpoint::EntryTable;
using enum study::ExperimentState;
using study_test::at;
using study_test::sample_manifest;

namespace {

ExperimentEvent event(const EntryTable& table, std::size_t entry, ExperimentState state,
                      double seconds = 1) {
  const ManifestEntryView found = table.entry(entry);
  ExperimentEvent result{
      .config_hash = found.config_hash, .cycle = found.cycle, .state = state, .time = at(seconds)};
  if (state == completed) result.result_file = "result.json";
  if (state == failed) {
    result.error_type = "RuntimeError";
    result.error_message = "out of memory";
  }
  return result;
}

bool apply(EntryTable& table, std::size_t entry, ExperimentState state, double seconds = 1) {
  std::string refusal;
  return table.apply(event(table, entry, state, seconds), refusal).has_value();
}

/// A table with one entry that has been brought to `state`.
EntryTable table_in(ExperimentState state) {
  EntryTable table(sample_manifest(1));
  if (state != pending) BOOST_TEST_REQUIRE(apply(table, 0, running));
  if (state == completed || state == failed) BOOST_TEST_REQUIRE(apply(table, 0, state));
  return table;
}

}  // namespace

BOOST_AUTO_TEST_CASE(exactly_the_legal_transitions_are_taken) {
  const std::set<std::pair<ExperimentState, ExperimentState>> legal = {
      {pending, running}, {pending, failed},  {pending, completed}, {running, completed},
      {running, failed},  {running, pending}, {failed, running}};
  for (const auto from : {pending, running, completed, failed}) {
    for (const auto to : {pending, running, completed, failed}) {
      BOOST_TEST_CONTEXT(to_string(from) << " -> " << to_string(to)) {
        EntryTable table = table_in(from);
        const StudyManifest before = table.manifest();
        const ManifestCounters counters_before = table.counters();
        std::string refusal;
        const auto transition = table.apply(event(table, 0, to, 9), refusal);
        BOOST_TEST(transition.has_value() == legal.contains({from, to}));
        if (transition) {
          BOOST_TEST((table.entry(0).status == to));
          BOOST_TEST((transition->state == to));
        } else {
          BOOST_TEST((table.manifest() == before));
          BOOST_TEST((table.counters() == counters_before));
          BOOST_TEST(refusal.find("can't become") != std::string::npos);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_late_event_never_erases_a_result) {
  EntryTable table = table_in(completed);
  BOOST_TEST(!apply(table, 0, failed));
  BOOST_TEST(table.entry(0).result_file.value() == "result.json");
}

BOOST_AUTO_TEST_CASE(an_unknown_experiment_is_refused_by_name) {
  EntryTable table(sample_manifest(2, 3));
  std::string refusal;
  BOOST_TEST(
      !table.apply({.config_hash = "0000", .cycle = 1, .state = running}, refusal).has_value());
  BOOST_TEST(refusal == "0000 cycle 1 is not an experiment of this study");
  for (const int cycle : {0, 4, -1}) {
    BOOST_TEST(!table.find(table.entry(0).config_hash, cycle).has_value());
  }
}

BOOST_AUTO_TEST_CASE(each_cycle_of_a_configuration_is_an_entry_of_its_own) {
  EntryTable table(sample_manifest(2, 3));
  BOOST_TEST_REQUIRE(table.size() == 6U);
  BOOST_TEST_REQUIRE(apply(table, 4, running));
  for (std::size_t i = 0; i < 6; ++i) {
    BOOST_TEST((table.entry(i).status == (i == 4 ? running : pending)));
    BOOST_TEST(table.find(table.entry(i).config_hash, table.entry(i).cycle).value() == i);
  }
}

BOOST_AUTO_TEST_CASE(a_large_table_is_the_manifest_that_it_was_made_from) {
  StudyManifest manifest = sample_manifest(10'000, 2);
  for (std::size_t i = 0; i < manifest.experiments.size(); ++i) {
    ManifestEntry& entry = manifest.experiments[i];
    entry.config_summary.append(i % 7, 'x');
    if (i % 3 == 0) continue;
    entry.status = i % 3 == 1 ? completed : failed;
    entry.completed_at = at(static_cast<double>(i));
    if (i % 2 == 0) entry.started_at = at(0);
    if (i % 5 != 0) entry.result_file = i % 5 == 1 ? "" : std::to_string(i);
    if (i % 4 == 0) entry.error_type = "E";
    if (i % 7 == 0) entry.error_message = std::string(i % 100, 'e');
  }
  EntryTable made(manifest);
  EntryTable table(std::move(made));
  BOOST_TEST((table.manifest() == manifest));
  for (std::size_t i = 0; i < table.size(); ++i) {
    const ManifestEntry& entry = manifest.experiments[i];
    BOOST_TEST_REQUIRE((table.entry(i) == entry));
    BOOST_TEST_REQUIRE((table.find(entry.config_hash, entry.cycle) == i));
  }
  BOOST_TEST(apply(table, 0, running));
  BOOST_TEST((table.entry(0).status == running));
}

BOOST_AUTO_TEST_CASE(an_entry_is_found_by_a_hash_of_any_length) {
  const std::vector<std::string> hashes = {"",
                                           "0",
                                           std::string("0\0", 2),
                                           "0123456789abcde",
                                           "0123456789abcdef",
                                           "0123456789abcdee",
                                           "0123456789abcdef0",
                                           std::string(100'000, 'a')};
  StudyManifest manifest = sample_manifest(1);
  manifest.experiments.resize(hashes.size(), manifest.experiments[0]);
  for (std::size_t i = 0; i < hashes.size(); ++i) manifest.experiments[i].config_hash = hashes[i];
  const EntryTable table(manifest);
  BOOST_TEST((table.manifest() == manifest));
  for (std::size_t i = 0; i < hashes.size(); ++i) BOOST_TEST((table.find(hashes[i], 1) == i));
  BOOST_TEST(!table.find("0123456789abcdeg", 1).has_value());
  BOOST_TEST(!table.find("1", 1).has_value());
}

BOOST_AUTO_TEST_CASE(an_entry_says_what_belongs_to_its_state_and_no_more) {
  EntryTable table(sample_manifest(1));
  const auto entry = [&] { return table.entry(0); };
  apply(table, 0, running, 1);
  BOOST_TEST((entry().started_at == at(1) && !entry().completed_at));
  apply(table, 0, failed, 2);
  BOOST_TEST((entry().started_at == at(1) && entry().completed_at == at(2)));
  BOOST_TEST(entry().error_type.value() == "RuntimeError");
  BOOST_TEST(entry().error_message.value() == "out of memory");
  apply(table, 0, running, 3);
  BOOST_TEST((entry().started_at == at(3) && !entry().completed_at && !entry().error_type &&
              !entry().error_message));
  apply(table, 0, pending, 4);
  BOOST_TEST((!entry().started_at && !entry().completed_at));
  apply(table, 0, running, 5);
  apply(table, 0, completed, 6);
  BOOST_TEST((entry().started_at == at(5) && entry().completed_at == at(6)));
  BOOST_TEST(entry().result_file.value() == "result.json");
  BOOST_TEST(!entry().error_type);
}

BOOST_AUTO_TEST_CASE(an_experiment_that_could_not_start_has_no_start) {
  EntryTable table(sample_manifest(1));
  apply(table, 0, failed, 2);
  BOOST_TEST((!table.entry(0).started_at && table.entry(0).completed_at == at(2)));
}

BOOST_AUTO_TEST_CASE(counters_equal_a_recount_after_any_events) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  EntryTable table(sample_manifest(20, 2));
  for (int i = 0; i < 20'000; ++i) {
    const auto state = static_cast<ExperimentState>(random() % 4);
    apply(table, random() % 40, state);
    BOOST_TEST_REQUIRE((table.counters() == count_entries(table.manifest())));
  }
  const auto& counters = table.counters();
  BOOST_TEST(counters.completed + counters.failed + counters.pending == 40);
}

BOOST_AUTO_TEST_CASE(running_counts_as_pending) {
  const EntryTable table = table_in(running);
  BOOST_TEST(table.counters().pending == 1);
}

BOOST_AUTO_TEST_CASE(attempts_and_sequence_are_counted) {
  EntryTable table(sample_manifest(2));
  std::string refusal;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> seen;
  for (const auto state : {running, pending, running, failed, running, completed}) {
    const auto transition = table.apply(event(table, 0, state), refusal);
    seen.emplace_back(transition->attempt, transition->sequence);
  }
  const std::vector<std::pair<std::uint32_t, std::uint64_t>> expected = {{1, 1}, {1, 2}, {2, 3},
                                                                         {2, 4}, {3, 5}, {3, 6}};
  BOOST_TEST((seen == expected));
  BOOST_TEST(table.apply(event(table, 1, failed), refusal)->attempt == 1U);
}

BOOST_AUTO_TEST_CASE(messages_are_cut_at_a_code_point_and_have_no_traceback) {
  EntryTable table(sample_manifest(1));
  std::string refusal;
  ExperimentEvent failure = event(table, 0, failed);
  const std::string long_text = "x" + std::string(1500, '.') + [] {
    std::string many;
    for (int i = 0; i < 400; ++i) many += "é";
    return many;
  }();
  failure.error_message = long_text;
  BOOST_TEST_REQUIRE(table.apply(failure, refusal).has_value());
  BOOST_TEST(table.entry(0).error_message->size() == 1999U);
  apply(table, 0, running);
  failure.error_message =
      "Traceback (most recent call last):\n  File \"a.py\", line 3, in <module>\n    "
      "run()\nValueError: bad batch";
  BOOST_TEST_REQUIRE(table.apply(failure, refusal).has_value());
  BOOST_TEST(table.entry(0).error_message.value() == "ValueError: bad batch");
}

BOOST_AUTO_TEST_CASE(a_resumed_table_keeps_what_is_done_and_frees_what_was_running) {
  EntryTable before(sample_manifest(4));
  apply(before, 0, running);
  apply(before, 0, completed);
  apply(before, 1, running);
  apply(before, 1, failed);
  apply(before, 2, running);
  before.end(StudyOutcome::interrupted, at(50));
  const EntryTable after(before.manifest());
  BOOST_TEST((after.head().status == StudyStatus::running && !after.head().completed_at));
  BOOST_TEST((after.entry(0) == before.entry(0)));
  BOOST_TEST((after.entry(1) == before.entry(1)));
  BOOST_TEST((after.entry(2).status == pending && !after.entry(2).started_at));
  BOOST_TEST((after.counters() == ManifestCounters{.completed = 1, .failed = 1, .pending = 2}));
}

BOOST_AUTO_TEST_CASE(two_entries_of_one_name_are_refused) {
  StudyManifest manifest = sample_manifest(2);
  manifest.experiments[1].config_hash = manifest.experiments[0].config_hash;
  BOOST_CHECK_THROW(EntryTable{manifest}, StudyError);
}

BOOST_AUTO_TEST_CASE(a_pending_entry_tells_neither_times_nor_texts) {
  for (const auto state : {pending, running}) {
    StudyManifest manifest = sample_manifest(1);
    const ManifestEntry fresh = manifest.experiments[0];
    ManifestEntry& entry = manifest.experiments[0];
    entry.status = state;
    entry.started_at = entry.completed_at = at(1);
    entry.result_file = entry.error_type = entry.error_message = "left over";
    BOOST_TEST((EntryTable(manifest).entry(0) == fresh));
  }
}

BOOST_AUTO_TEST_CASE(attempts_are_counted_from_the_start_or_the_resumption) {
  EntryTable table(sample_manifest(2));
  BOOST_TEST(table.attempts(0) == 0U);
  apply(table, 0, running);
  apply(table, 0, failed);
  BOOST_TEST(table.attempts(0) == 1U);
  apply(table, 0, running);
  BOOST_TEST(table.attempts(0) == 2U);
  BOOST_TEST(table.attempts(1) == 0U);
}

BOOST_AUTO_TEST_CASE(attempts_are_counted_on_from_what_a_store_has) {
  EntryTable table(sample_manifest(1));
  std::string refusal;
  table.set_attempts(0, 7);
  BOOST_TEST(table.apply(event(table, 0, running), refusal)->attempt == 8U);
  table.set_attempts(0, 1);  // another store, which has the attempt that is under way and no other
  BOOST_TEST(table.apply(event(table, 0, failed), refusal)->attempt == 1U);
  BOOST_TEST(table.apply(event(table, 0, running), refusal)->attempt == 2U);
  BOOST_TEST(table.attempts(0) == 2U);
}

BOOST_AUTO_TEST_CASE(an_added_entry_is_pending_at_the_end_and_counted) {
  EntryTable table(sample_manifest(2));
  BOOST_TEST(table.add("new-hash", "a summary", 1));
  BOOST_TEST(table.add("new-hash", "a summary", 2));
  BOOST_TEST(!table.add("new-hash", "another summary", 2));
  BOOST_TEST(table.size() == 4U);
  BOOST_TEST(table.counters().pending == 4);
  BOOST_TEST((table.find("new-hash", 2) == 3U));
  BOOST_TEST(table.entry(3).config_summary == "a summary");
  BOOST_TEST(apply(table, 3, running));
  BOOST_TEST((table.entry(3).status == running));
}

BOOST_AUTO_TEST_CASE(attributes_of_an_attempt_are_all_that_its_events_have_told) {
  EntryTable table(sample_manifest(1));
  std::string refusal;
  const auto tell = [&](ExperimentState state, std::string_view attributes) {
    ExperimentEvent one = event(table, 0, state);
    one.attributes = attributes;
    return table.apply(one, refusal)->attributes;
  };
  BOOST_TEST(tell(running, R"({"worker": "a", "gpu": 1})") == R"({"worker":"a","gpu":1})");
  BOOST_TEST(tell(failed, R"({"gpu": 2, "loss": 0.5})") == R"({"worker":"a","gpu":2,"loss":0.5})");
  BOOST_TEST(tell(running, "").empty());  // a new attempt
}
