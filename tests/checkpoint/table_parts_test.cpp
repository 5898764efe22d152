#define BOOST_TEST_MODULE table_parts
#include "checkpoint/huge_page_resource.hpp"
#include "checkpoint/key_index.hpp"
#include "checkpoint/packed_texts.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace data = boost::unit_test::data;
using namespace study::checkpoint;

namespace {

using Texts = PackedTexts<3>;
using Views = OptionalTexts<3>;

constexpr std::uint64_t kAllOnes = ~std::uint64_t{0};

}  // namespace

BOOST_DATA_TEST_CASE(each_entry_is_found_however_the_hashes_collide,
                     data::make({std::uint64_t{0}, std::uint64_t{1} << 32, kAllOnes,
                                 std::uint64_t{0x9e3779b97f4a7c15}}),
                     step) {
  constexpr EntryIndex kEntries = 1000;
  KeyIndex index(kEntries, *std::pmr::get_default_resource());
  const auto find = [&](EntryIndex entry) {
    return index.find(entry * step, [&](EntryIndex found) { return found == entry; });
  };
  for (EntryIndex i = 0; i < kEntries; ++i) {
    BOOST_TEST_REQUIRE(!find(i).has_value());
    index.insert(i * step, i);
    BOOST_TEST_REQUIRE((find(i) == i));
  }
  for (EntryIndex i = 0; i < kEntries; ++i) BOOST_TEST_REQUIRE((find(i) == i));
}

BOOST_AUTO_TEST_CASE(only_entries_of_the_same_hash_are_asked_for_their_key) {
  KeyIndex index(2, *std::pmr::get_default_resource());
  index.insert(7, 0);
  index.insert(7 | (std::uint64_t{1} << 40), 1);
  std::vector<EntryIndex> asked;
  const auto found = index.find(7 | (std::uint64_t{1} << 40), [&](EntryIndex entry) {
    asked.push_back(entry);
    return true;
  });
  BOOST_TEST((found == EntryIndex{1}));
  BOOST_TEST((asked == std::vector<EntryIndex>{1}));
}

BOOST_AUTO_TEST_CASE(an_index_of_nothing_finds_nothing) {
  const KeyIndex index(0, *std::pmr::get_default_resource());
  BOOST_TEST(!index.find(0, [](EntryIndex) { return true; }).has_value());
}

BOOST_AUTO_TEST_CASE(packed_texts_tell_absent_from_empty) {
  const std::string long_text(100'000, 'x');
  for (const Views& texts : {Views{}, Views{"", std::nullopt, ""}, Views{"a", "", "bc"},
                             Views{std::nullopt, long_text, std::string_view("\0z", 2)}}) {
    const Texts packed(texts);
    BOOST_TEST((packed.views() == texts));
  }
}

BOOST_AUTO_TEST_CASE(packed_texts_are_their_own) {
  std::string text = "before";
  Texts packed({text, std::nullopt, std::nullopt});
  text = "after!";
  const Texts moved = std::move(packed);
  BOOST_TEST((moved.views() == Views{"before", std::nullopt, std::nullopt}));
}

BOOST_DATA_TEST_CASE(memory_of_any_size_can_be_used_and_given_back,
                     data::make({std::size_t{1}, std::size_t{1} << 12, (std::size_t{1} << 20) - 1,
                                 std::size_t{1} << 20, (std::size_t{1} << 21) + 1}),
                     bytes) {
  constexpr std::size_t kAlignment = 64;
  auto* const memory = static_cast<char*>(huge_page_resource().allocate(bytes, kAlignment));
  const std::uintptr_t alignment = bytes < (1U << 20) ? kAlignment : 1U << 21;
  BOOST_TEST(reinterpret_cast<std::uintptr_t>(memory) % alignment == 0U);
  std::fill_n(memory, bytes, 'x');
  BOOST_TEST(memory[bytes - 1] == 'x');
  huge_page_resource().deallocate(memory, bytes, kAlignment);
}
