#include "journal/journal_line.hpp"
#include "kept_journal.hpp"

#include <study/error.hpp>

#include <array>
#include <cstdio>

#include <boost/test/unit_test.hpp>

namespace fs = std::filesystem;
using namespace study;
using enum study::ExperimentState;
using Kind = study::CheckpointError::Kind;
using study_test::at;
using study_test::contains;
using study_test::KeptJournal;
using study_test::lines_of;
using study_test::sealed;
using study_test::write_bytes;

namespace {

/// A small journal, and what it says after each of its lines.
struct Damage : study_test::TempDir, KeptJournal {
  Damage() : TempDir(study_test::memory_directory()), KeptJournal(TempDir::path(), 2) {
    start();
    note();
    for (const auto& [entry, state] :
         {std::pair{0U, running}, {0U, failed}, {1U, running}, {1U, completed}, {0U, running}}) {
      play(entry, state, static_cast<double>(states.size()));
      note();
    }
    whole = text();
    logged.clear();
  }
  using KeptJournal::path;

  /// Until lines are in several blocks of the disk.
  void lengthen() {
    for (const auto state : {failed, running, failed, running, failed, running}) {
      play(0, state, static_cast<double>(states.size()));
      note();
    }
    whole = text();
  }

  void note() {
    states.push_back(expected());
    ends.push_back(text().size());
  }

  /// How many lines are whole in the first `size` bytes.
  [[nodiscard]] std::size_t whole_lines(std::size_t size) const {
    std::size_t count = 0;
    while (count < ends.size() && ends[count] <= size) ++count;
    return count;
  }

  /// What reading fails with.
  [[nodiscard]] std::string refusal(Kind kind = Kind::corrupt) {
    try {
      static_cast<void>(stored());
    } catch (const CheckpointError& error) {
      BOOST_TEST((error.kind() == kind));
      return error.what();
    }
    return {};
  }

  [[nodiscard]] std::string with(std::string from, const std::string& to) const {
    std::string text = whole;
    text.replace(text.find(from), from.size(), to);
    return sealed(text);
  }

  [[nodiscard]] static std::size_t end_of_sector(std::size_t offset) {
    return (offset / 512 + 1) * 512;
  }
  [[nodiscard]] static std::string with_zeros(std::string text, std::size_t begin,
                                              std::size_t end) {
    return text.replace(begin, end - begin, end - begin, '\0');
  }

  std::string whole;
  std::vector<StudyManifest> states;
  std::vector<std::size_t> ends;  ///< of the lines, in bytes
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_journal_cut_anywhere_gives_the_state_of_its_whole_lines, Damage) {
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_bytes(path(), whole.substr(0, size));
    const std::size_t lines = whole_lines(size);
    logged.clear();
    if (lines == 0) {
      BOOST_TEST_REQUIRE(contains(refusal(), path().string() + ":1: "));
    } else {
      BOOST_TEST_REQUIRE((stored() == states[lines - 1]));
      const bool reported = has_logged(path().string() + ":" + std::to_string(lines + 1) + ": ");
      BOOST_TEST_REQUIRE(reported == (size != ends[lines - 1]));
    }
    BOOST_TEST_REQUIRE(text() == whole.substr(0, size));  // reading has changed nothing
  }
}

BOOST_FIXTURE_TEST_CASE(resuming_cuts_a_torn_end_before_it_appends_and_keeps_what_it_cut, Damage) {
  for (std::size_t size = ends.front(); size < whole.size(); ++size) {
    for (const auto& entry : fs::directory_iterator(dir())) fs::remove(entry.path());
    write_bytes(path(), whole.substr(0, size));
    const std::size_t good = ends[whole_lines(size) - 1];
    const StudyManifest settled = checkpoint::EntryTable(*stored()).manifest();
    logged.clear();
    start(at(100), &settled);
    play(0, settled.experiments[0].status == completed ? pending : running, 101);
    BOOST_TEST_REQUIRE((stored() == expected()));
    BOOST_TEST_REQUIRE(text().starts_with(whole.substr(0, good) + "{\"seq\":"));
    const fs::path kept = dir() / "journal.jsonl.cut-2026-02-27T16-31-40";
    BOOST_TEST_REQUIRE(fs::exists(kept) == (size != good));
    BOOST_TEST_REQUIRE(logged.size() == (size != good ? 1U : 0U));
    if (size != good) {
      BOOST_TEST_REQUIRE(read_file(kept) == whole.substr(good, size - good));
      BOOST_TEST_REQUIRE(contains(logged[0], kept.string()));
    }
  }
}

BOOST_FIXTURE_TEST_CASE(what_was_cut_before_is_not_overwritten_by_what_is_cut_now, Damage) {
  for (const std::string cut : {"first", "second"}) {
    write_bytes(path(), whole + cut);
    const StudyManifest settled = states.back();
    start(at(100), &settled);
  }
  BOOST_TEST(read_file(dir() / "journal.jsonl.cut-2026-02-27T16-31-40") == "first");
  BOOST_TEST(read_file(dir() / "journal.jsonl.cut-2026-02-27T16-31-40_1") == "second");
}

BOOST_FIXTURE_TEST_CASE(one_wrong_bit_anywhere_is_found_and_nothing_behind_it_is_trusted, Damage) {
  const std::size_t last = ends.size() - 1;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
    write_bytes(path(), damaged);
    const std::size_t line = whole_lines(i);  // in which the damage is, from 0
    // The newline of the last line but one joins the last two into one that is damaged.
    const bool is_tail = line == last || i + 1 == ends[last - 1];
    logged.clear();
    if (is_tail) {
      BOOST_TEST_REQUIRE((stored() == states[line - 1]), "byte " << i);
      BOOST_TEST_REQUIRE(logged.size() == 1U);
    } else {
      BOOST_TEST_REQUIRE(
          contains(refusal(), path().string() + ":" + std::to_string(line + 1) + ": "),
          "byte " << i);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(zeros_at_the_end_are_a_damaged_end_too, Damage) {
  write_bytes(path(), whole + std::string(100'000, '\0'));
  BOOST_TEST((stored() == states.back()));
  write_bytes(path(), whole + "rubbish\nmore rubbish\n\n");
  BOOST_TEST((stored() == states.back()));
  BOOST_TEST(has_logged(":7: the line does not have its checksum"));
}

BOOST_FIXTURE_TEST_CASE(damage_in_the_middle_names_its_line_and_says_what_to_do, Damage) {
  std::string damaged = whole;
  damaged[ends[1] + 20] = '?';
  write_bytes(path(), damaged);
  const std::string message = refusal();
  BOOST_TEST(contains(message, path().string() + ":3: the line is damaged"), message);
  BOOST_TEST(contains(message, "line 4 behind it is whole"), message);
  BOOST_TEST(contains(message, "cut the file behind line 2"), message);
}

// The kernel writes the blocks of a file in any order.
BOOST_FIXTURE_TEST_CASE(a_block_that_a_power_loss_left_unwritten_ends_the_journal, Damage) {
  lengthen();
  const std::size_t end = end_of_sector(ends[2]);
  for (std::size_t begin = ends[0]; begin < end; ++begin) {
    for (const auto& entry : fs::directory_iterator(dir())) fs::remove(entry.path());
    const std::string damaged = with_zeros(whole, begin, end);
    write_bytes(path(), damaged);
    const std::size_t lines = whole_lines(begin);
    logged.clear();
    BOOST_TEST_REQUIRE((stored() == states[lines - 1]), "zeros from " << begin);
    BOOST_TEST_REQUIRE(logged.size() == 1U);
    BOOST_TEST_REQUIRE(
        contains(logged[0], path().string() + ":" + std::to_string(lines + 1) +
                                ": a block of the file was never written, as after a power loss, "
                                "and the " +
                                std::to_string(ends.size() - whole_lines(end) - 1) +
                                " whole lines behind it can't be trusted"),
        logged[0]);
    const StudyManifest settled = checkpoint::EntryTable(*stored()).manifest();
    start(at(100), &settled);
    BOOST_TEST_REQUIRE((stored() == expected()));
    BOOST_TEST_REQUIRE(read_file(dir() / "journal.jsonl.cut-2026-02-27T16-31-40") ==
                       damaged.substr(ends[lines - 1]));
  }
}

BOOST_FIXTURE_TEST_CASE(zeros_that_no_power_loss_leaves_are_damage_in_the_middle, Damage) {
  lengthen();
  const std::size_t begin = ends[1] + 5;
  const std::size_t end = end_of_sector(ends[2]);
  std::string elsewhere = with_zeros(whole, begin, end);
  elsewhere[end - 1] = ' ';  // so that they end where no block does
  write_bytes(path(), elsewhere);
  BOOST_TEST(contains(refusal(), ":3: the line is damaged"));

  // Line 2 is of 16:30:01. What was written more than two minutes later had its blocks before it.
  const std::string last_time = "16:30:11Z";
  write_bytes(path(), with_zeros(with(last_time, "16:32:01Z"), begin, end));
  BOOST_TEST((stored() == states[1]));
  write_bytes(path(), with_zeros(with(last_time, "16:32:02Z"), begin, end));
  BOOST_TEST(contains(refusal(), ":3: the line is damaged, and line "));
}

BOOST_FIXTURE_TEST_CASE(a_study_resumed_over_an_unusable_journal_keeps_it_and_begins_a_new_one,
                        Damage) {
  std::string damaged = whole;
  damaged[ends[1] + 20] = '?';
  for (const std::string& unusable :
       {damaged, std::string(), with("\"format\":2", "\"format\":3")}) {
    for (const auto& entry : fs::directory_iterator(dir())) fs::remove(entry.path());
    write_bytes(path(), unusable);
    logged.clear();
    start(at(100), &states.back());
    play(0, running, 101);
    BOOST_TEST((stored() == expected()));
    const fs::path kept = dir() / "journal.jsonl.unreadable-2026-02-27T16-31-40";
    BOOST_TEST(read_file(kept) == unusable);
    BOOST_TEST_REQUIRE(logged.size() == 1U);
    BOOST_TEST(contains(logged[0], kept.string()), logged[0]);
  }
}

BOOST_FIXTURE_TEST_CASE(a_later_format_is_a_newer_version_and_no_damage, Damage) {
  write_bytes(path(), with("\"format\":2", "\"format\":3"));
  const std::string message = refusal(Kind::newer_version);
  BOOST_TEST(contains(message, path().string() + ":1: format is 3"), message);
  const std::string other =
      whole.substr(0, ends[2]) + R"({"seq":4,"event":"study","format":4,"x":1)";
  write_bytes(path(), sealed(other + ",\"crc32c\""));
  BOOST_TEST(contains(refusal(Kind::newer_version), ":4: format is 4"));
}

BOOST_FIXTURE_TEST_CASE(lines_that_were_removed_doubled_or_swapped_are_noticed, Damage) {
  const auto line = [&](std::size_t i) { return whole.substr(ends[i - 1], ends[i] - ends[i - 1]); };
  const std::string first = whole.substr(0, ends[0]);
  write_bytes(path(), first + line(2) + line(3));
  BOOST_TEST(contains(refusal(), ":2: seq is 3 in line 2"));
  write_bytes(path(), first + line(1) + line(1) + line(2));
  BOOST_TEST(contains(refusal(), ":3: seq is 2 in line 3"));
  write_bytes(path(), line(1) + line(2));
  BOOST_TEST(contains(refusal(), ":1: "));
  write_bytes(path(), whole + first);
  BOOST_TEST(contains(refusal(), ":7: seq is 1 in line 7"));
}

BOOST_FIXTURE_TEST_CASE(what_cannot_have_happened_is_refused_with_its_line, Damage) {
  const std::vector<std::array<std::string, 3>> cases = {
      {R"("state":"failed")", R"("state":"completed","result_file":"r")", ":6: "},
      {R"("state":"running")", R"("state":"completed")", ":3: "},
      {R"("state":"running")", R"("state":"walking")", ":2: state must be"},
      {R"("cycle":1,"attempt")", R"("cycle":7,"attempt")", ":2: "},
      {R"("attempt":1)", R"("attempt":0)", ":2: attempt must be an integer"},
      {R"("event":"state")", R"("event":"stat")", ":2: event must be"},
      {R"("event":"study")", R"("event":"state")", ":1: a journal begins with a study line"},
      {R"("study_name")", R"("study_nam")", ":1: "},
      {R"("seq":2,)", R"()", ":2: "},
      {R"({"seq":3)", R"(["seq",3)", ":3:"},
  };
  for (const auto& [from, to, message] : cases) {
    write_bytes(path(), with(from, to));
    const std::string said = refusal();
    BOOST_TEST(contains(said, path().string() + message), from << " -> " << to << ": " << said);
  }
  const auto& hash = states[0].experiments[0].config_hash;
  write_bytes(path(), with("\"config_hash\":\"" + hash + "\",\"cycle\"",
                           "\"config_hash\":\"nobody\",\"cycle\""));
  BOOST_TEST(contains(refusal(), ":2: nobody cycle 1 is not an experiment of this study"));
}

BOOST_FIXTURE_TEST_CASE(an_addition_that_cannot_be_is_refused_with_its_line, Damage) {
  add("trial-1", 50);
  whole = text();
  const auto& hash = states[0].experiments[0].config_hash;
  const std::vector<std::array<std::string, 3>> cases = {
      {R"("trial-1")", "\"" + hash + "\"",
       hash + " cycle 1 is added, and the study has it already"},
      {R"("config_summary":"summary of trial-1",)", "", "config_summary is missing"},
      {R"("entries":[{)", R"("entries":[7,{)", "entries must be objects"},
      {R"("study_design_hash":"design-3",)", "", "study_design_hash is missing"}};
  for (const auto& [from, to, message] : cases) {
    write_bytes(path(), with(from, to));
    const std::string said = refusal();
    BOOST_TEST(contains(said, ":7: " + message), said);
  }
}

BOOST_FIXTURE_TEST_CASE(nothing_comes_behind_the_end_of_a_study_but_another_start, Damage) {
  end(StudyOutcome::completed, 50);
  const std::string ended = text();
  std::string line = whole.substr(ends[4], ends[5] - ends[4]);
  line.replace(line.find("\"seq\":6"), 7, "\"seq\":8");
  write_bytes(path(), ended + sealed(line));
  BOOST_TEST(contains(refusal(), ":8: the study has ended before this line"));
}
