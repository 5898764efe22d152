#define BOOST_TEST_MODULE manifest_document
#include "manifest/manifest_document.hpp"

#include "support/sample_study.hpp"
#include "support/valid_manifest.hpp"

#include <study/manifest.hpp>

#include <bit>

#include <boost/test/unit_test.hpp>

using namespace study;
using checkpoint::EntryTable;
using enum study::ExperimentState;
using manifest::BlockIndex;
using manifest::CompactDocument;
using manifest::SlottedDocument;
using study_test::at;
using study_test::sample_manifest;

namespace {

std::string text_of(const SlottedDocument& document) {
  std::string text;
  for (BlockIndex block = 0; block < document.block_count(); ++block) {
    BOOST_TEST_REQUIRE(text.size() == document.block_offset(block));
    document.append_block(text, block);
  }
  return text;
}

std::string compact_text(const EntryTable& table) {
  CompactDocument document(table);
  std::string text;
  std::string piece;
  while (document.next(piece)) text += piece;
  return text;
}

void fail(EntryTable& table, std::size_t entry, std::string_view message) {
  std::string refusal;
  BOOST_TEST_REQUIRE(table
                         .apply({.config_hash = table.entry(entry).config_hash,
                                 .cycle = table.entry(entry).cycle,
                                 .state = failed,
                                 .time = at(7),
                                 .error_type = "RuntimeError",
                                 .error_message = message},
                                refusal)
                         .has_value());
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_compact_document_is_the_canonical_text) {
  for (const int size : {1, 2, 3, 5'000}) {  // the last one takes several pieces
    EntryTable table(sample_manifest(size));
    fail(table, 0, "no \"memory\"\n");
    BOOST_TEST((compact_text(table) == render_manifest(table.manifest())));
  }
}

BOOST_AUTO_TEST_CASE(the_slotted_document_says_the_same) {
  EntryTable table(sample_manifest(7, 2));
  fail(table, 3, "out of memory");
  const SlottedDocument document(table);
  BOOST_TEST_REQUIRE(document.fits());
  BOOST_TEST((study_test::parse_valid_manifest(text_of(document), "text") == table.manifest()));
}

BOOST_AUTO_TEST_CASE(slots_lie_at_multiples_of_their_size_and_never_straddle_a_page) {
  for (const std::size_t name_bytes : {1U, 150U}) {
    StudyManifest manifest = sample_manifest(20);
    manifest.head.study_name.assign(name_bytes, '"');
    manifest.head.framework_version.assign(3 * name_bytes, '\\');
    EntryTable table(manifest);
    SlottedDocument document(table);
    for (const std::size_t message_bytes : {0U, 400U, 1500U}) {
      if (table.entry(4).status == failed) {
        std::string refusal;
        BOOST_TEST_REQUIRE(
            table.apply({.config_hash = table.entry(4).config_hash, .state = running}, refusal)
                .has_value());
      }
      fail(table, 4, std::string(message_bytes, 'x'));
      BOOST_TEST_REQUIRE(document.make_room(4));
      const std::size_t slot = document.slot_bytes();
      BOOST_TEST(std::has_single_bit(slot));
      for (BlockIndex block = 1; block <= 20; ++block) {
        BOOST_TEST(document.block_offset(block) % slot == 0U);
        BOOST_TEST(document.block_offset(block) / 4096 ==
                   (document.block_offset(block) + slot - 1) / 4096);
      }
      BOOST_TEST((study_test::parse_valid_manifest(text_of(document), "text") == table.manifest()));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_ordinary_study_takes_512_bytes_an_entry_and_completes_without_growing) {
  EntryTable table(sample_manifest(3));
  SlottedDocument document(table);
  BOOST_TEST(document.slot_bytes() == 512U);
  const auto layout = document.layout();
  std::string refusal;
  for (const auto state : {running, completed}) {
    BOOST_TEST_REQUIRE(table
                           .apply({.config_hash = table.entry(1).config_hash,
                                   .state = state,
                                   .time = at(1.000001),
                                   .result_file = "gpt2_pytorch_bf16_0123abcd_c12.json"},
                                  refusal)
                           .has_value());
    BOOST_TEST(document.make_room(1));
  }
  BOOST_TEST(document.layout() == layout);
}

BOOST_AUTO_TEST_CASE(an_entry_grows_its_slot_exactly_when_it_no_longer_fits) {
  // Every length around every boundary: the entry with its comma and newline fills the slot to the
  // last byte.
  for (const std::size_t slot : {512U, 1024U, 2048U}) {
    EntryTable probe(sample_manifest(2));
    fail(probe, 0, "x");
    std::string one;
    append_manifest_entry(one, probe.entry(0));
    const std::size_t largest_message = slot - (one.size() - 1) - 2;
    for (std::size_t bytes = largest_message - 3; bytes <= largest_message + 3; ++bytes) {
      EntryTable table(sample_manifest(2));
      SlottedDocument document(table);
      fail(table, 0, std::string(bytes, 'x'));
      BOOST_TEST_REQUIRE(document.make_room(0));
      BOOST_TEST(document.slot_bytes() == (bytes <= largest_message ? slot : 2 * slot));
      BOOST_TEST((study_test::parse_valid_manifest(text_of(document), "text") == table.manifest()));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_longest_message_of_any_characters_fits_a_page) {
  for (const std::string_view character : {"x", "\"", "\x01", "é", "😀", "\n"}) {
    EntryTable table(sample_manifest(2));
    SlottedDocument document(table);
    std::string message = "!";
    while (message.size() < 4000) message += character;
    fail(table, 0, message);
    BOOST_TEST(document.make_room(0));
    BOOST_TEST((study_test::parse_valid_manifest(text_of(document), "text") == table.manifest()));
  }
}

BOOST_AUTO_TEST_CASE(an_entry_larger_than_a_page_is_refused_and_changes_nothing) {
  StudyManifest manifest = sample_manifest(2);
  EntryTable table(manifest);
  SlottedDocument document(table);
  const std::string name(5000, 'n');
  std::string refusal;
  BOOST_TEST_REQUIRE(
      table.apply({.config_hash = table.entry(0).config_hash, .state = running}, refusal)
          .has_value());
  BOOST_TEST_REQUIRE(
      table
          .apply(
              {.config_hash = table.entry(0).config_hash, .state = completed, .result_file = name},
              refusal)
          .has_value());
  const auto layout = document.layout();
  BOOST_TEST(!document.make_room(0));
  BOOST_TEST(document.layout() == layout);
  BOOST_TEST(!SlottedDocument(table).fits());
}

namespace {

/// Adds entries like those of `sample_manifest` to the table.
void add_entries(EntryTable& table, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    table.add("added-" + std::to_string(table.size()), "pytorch / batch_size=1 / bf16", 1);
  }
  table.set_study_design_hash("0123456789abcde" + std::to_string(table.size() % 10));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_study_without_entries_is_laid_out_and_grows) {
  EntryTable table(sample_manifest(0));
  BOOST_TEST(compact_text(table) == render_manifest(table.manifest()));
  SlottedDocument document(table);
  BOOST_TEST_REQUIRE(document.fits());
  BOOST_TEST((study_test::parse_valid_manifest(text_of(document), "text") == table.manifest()));
  add_entries(table, 1);
  BOOST_TEST_REQUIRE(document.add(0));
  BOOST_TEST(document.first_block_of_added(0) == 1U);
  BOOST_TEST((study_test::parse_valid_manifest(text_of(document), "text") == table.manifest()));
}

BOOST_AUTO_TEST_CASE(an_addition_changes_only_the_head_and_the_blocks_that_it_names) {
  for (const int size : {0, 1, 5, 6, 7, 8}) {
    EntryTable table(sample_manifest(size));
    SlottedDocument document(table);
    for (int round = 0; round < 20; ++round) {
      const std::string before = text_of(document);
      const auto layout = document.layout();
      const auto first = static_cast<checkpoint::EntryIndex>(table.size());
      add_entries(table, 1 + static_cast<std::size_t>(round % 3));
      BOOST_TEST_REQUIRE(document.add(first));
      const std::string after = text_of(document);
      BOOST_TEST_REQUIRE(document.layout() == layout);
      BOOST_TEST_REQUIRE((study_test::parse_valid_manifest(after, "text") == table.manifest()));
      const std::size_t head = document.block_offset(1);
      const std::size_t same_up_to = document.block_offset(document.first_block_of_added(first));
      BOOST_TEST_REQUIRE(before.substr(head, same_up_to - head) ==
                         after.substr(head, same_up_to - head));
      BOOST_TEST_REQUIRE(same_up_to + 2 * document.slot_bytes() >= before.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(no_page_refers_to_an_added_entry_on_the_next_one) {
  EntryTable table(sample_manifest(3));
  SlottedDocument document(table);
  add_entries(table, 40);
  BOOST_TEST_REQUIRE(document.add(3));
  const std::string text = text_of(document);
  for (std::size_t page = 4096; page < text.size(); page += 4096) {
    BOOST_TEST(text.substr(page, 5) == ",   {");
    BOOST_TEST(text[text.find_last_not_of(" \n", page - 1)] == '}');
  }
}

BOOST_AUTO_TEST_CASE(a_study_that_is_laid_out_with_all_of_its_entries_has_each_comma_behind_one) {
  EntryTable table(sample_manifest(40));
  const SlottedDocument document(table);
  const std::string text = text_of(document);
  for (std::size_t page = 4096; page + 10 < text.size(); page += 4096) {
    BOOST_TEST(text.substr(page, 5) == "    {");
    BOOST_TEST(text[text.find_last_not_of(" \n", page - 1)] == ',');
  }
}

BOOST_AUTO_TEST_CASE(an_added_entry_has_room_for_its_completion_or_the_document_is_laid_out_anew) {
  EntryTable table(sample_manifest(2));
  SlottedDocument document(table);
  const auto layout = document.layout();
  table.add("long", std::string(300, 's'), 1);
  BOOST_TEST_REQUIRE(document.add(2));
  BOOST_TEST(document.slot_bytes() == 1024U);
  BOOST_TEST(document.layout() != layout);
  BOOST_TEST((study_test::parse_valid_manifest(text_of(document), "text") == table.manifest()));
  const auto with_room = document.layout();
  fail(table, 2, "out of memory");
  BOOST_TEST(document.make_room(2));
  BOOST_TEST(document.layout() == with_room);
}

BOOST_AUTO_TEST_CASE(a_design_hash_that_the_head_has_no_room_for_makes_it_larger) {
  StudyManifest manifest = sample_manifest(2);
  manifest.head.framework_version = std::string(70, 'v');
  EntryTable table(manifest);
  SlottedDocument document(table);
  const std::size_t before = document.head_bytes();
  table.add("new", "summary", 1);
  table.set_study_design_hash(std::string(128, 'h'));
  BOOST_TEST_REQUIRE(document.add(2));
  BOOST_TEST(document.head_bytes() == 2 * before);
  BOOST_TEST((study_test::parse_valid_manifest(text_of(document), "text") == table.manifest()));
}

BOOST_AUTO_TEST_CASE(an_added_entry_larger_than_a_page_is_refused) {
  EntryTable table(sample_manifest(2));
  SlottedDocument document(table);
  table.add("long", std::string(5000, 's'), 1);
  BOOST_TEST(!document.add(2));
}
