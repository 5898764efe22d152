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
