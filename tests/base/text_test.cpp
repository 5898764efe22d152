#include <study/text.hpp>

#include <array>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

namespace {

using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(valid_utf8_stays_as_it_is) {
  for (const std::string& text :
       {""s, "plain"s, "caf\xC3\xA9 \xE6\xBC\xA2 \xF0\x9F\x98\x80"s, "\0\x7f"s, "\xED\x9F\xBF"s,
        "\xEE\x80\x80"s, "\xF4\x8F\xBF\xBF"s, "\xE0\xA0\x80"s, "\xF0\x90\x80\x80"s}) {
    BOOST_TEST(study::to_valid_utf8(text) == text);
    BOOST_TEST(study::is_valid_utf8(text));
  }
}

BOOST_AUTO_TEST_CASE(an_ill_formed_byte_is_found_at_every_place) {
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'a');
      BOOST_TEST(study::is_valid_utf8(text));
      text[at] = '\x80';
      BOOST_TEST(!study::is_valid_utf8(text));
      BOOST_TEST(study::to_valid_utf8(text).size() == size + 2);
    }
  }
  BOOST_TEST(!study::is_valid_utf8("0123456789\xC3"));
  BOOST_TEST(study::is_valid_utf8("0123456789\xC3\xA9"));
}

BOOST_AUTO_TEST_CASE(each_maximal_ill_formed_part_becomes_one_replacement_character) {
  const std::string r = "\xEF\xBF\xBD";
  BOOST_TEST(study::to_valid_utf8("\x80") == r);
  BOOST_TEST(study::to_valid_utf8("a\xFFz") == "a" + r + "z");
  BOOST_TEST(study::to_valid_utf8("\xC0\xAF") == r + r);                  // overlong '/'
  BOOST_TEST(study::to_valid_utf8("\xE0\x80\xAF") == r + r + r);          // overlong '/'
  BOOST_TEST(study::to_valid_utf8("\xED\xA0\x80") == r + r + r);          // a surrogate
  BOOST_TEST(study::to_valid_utf8("\xF4\x90\x80\x80") == r + r + r + r);  // above U+10FFFF
  BOOST_TEST(study::to_valid_utf8("\xE6\xBC") == r);                      // cut off
  BOOST_TEST(study::to_valid_utf8("\xF0\x9F\x98\x28") == r + "(");
  // The example of Unicode 15, table 3-8.
  BOOST_TEST(study::to_valid_utf8("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64") ==
             "a" + r + r + r + "b" + r + "c" + r + r + "d");
}

BOOST_AUTO_TEST_CASE(text_is_cut_between_code_points) {
  const std::string text = "a\xC3\xA9\xF0\x9F\x98\x80z";  // 1 + 2 + 4 + 1 bytes
  const std::array<std::size_t, 10> kept = {0, 1, 1, 3, 3, 3, 3, 7, 8, 8};
  for (std::size_t limit = 0; limit < kept.size(); ++limit) {
    BOOST_TEST(study::truncate_utf8(text, limit) == text.substr(0, kept[limit]));
  }
}

BOOST_AUTO_TEST_CASE(a_failure_type_is_printable_ascii_without_spaces) {
  BOOST_TEST(study::failure_type("TimeoutError") == "TimeoutError");
  BOOST_TEST(study::failure_type("torch.cuda.OutOfMemoryError") == "torch.cuda.OutOfMemoryError");
  BOOST_TEST(study::failure_type(" My Error\n\xC3\xA9") == "MyError");
  BOOST_TEST(study::failure_type("") == "Error");
  BOOST_TEST(study::failure_type("\xE6\xBC\xA2 ") == "Error");
  BOOST_TEST(study::failure_type(std::string(500, 'x')) == std::string(120, 'x'));
  for (const char* raw : {"", "a b", "E\xC3\xA9", "x"}) {
    const std::string once = study::failure_type(raw);
    BOOST_TEST(study::failure_type(once) == once);
  }
}

BOOST_AUTO_TEST_CASE(the_nearest_name_is_the_one_that_was_meant) {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"results_dir", "plugin_path", "observers", "jobs", "runners", "n_cycles"});
  BOOST_TEST(study::nearest_name("result_dir", kNames) == "results_dir");
  BOOST_TEST(study::nearest_name("obsevrers", kNames) == "observers");  // two letters swapped
  BOOST_TEST(study::nearest_name("job", kNames) == "jobs");
  BOOST_TEST(study::nearest_name("Jobs", kNames) == "jobs");
  BOOST_TEST(study::nearest_name("ncycles", kNames) == "n_cycles");
  BOOST_TEST(study::nearest_name("jobs", kNames) == "jobs");
}

BOOST_AUTO_TEST_CASE(words_that_are_far_from_all_have_no_nearest_name) {
  constexpr auto kNames = std::to_array<std::string_view>({"jobs", "runners", "x"});
  BOOST_TEST(study::nearest_name("durability", kNames) == "");
  BOOST_TEST(study::nearest_name("y", kNames) == "");
  BOOST_TEST(study::nearest_name("", kNames) == "");
  BOOST_TEST(study::nearest_name(std::string(1'000'000, 'j'), kNames) == "");
  BOOST_TEST(study::nearest_name("jobs", {}) == "");
  BOOST_TEST(study::nearest_name("jabz", kNames) == "");           // two of four letters
  BOOST_TEST(study::nearest_name("rumers", kNames) == "runners");  // two of seven
}

BOOST_AUTO_TEST_CASE(a_swap_of_neighbours_is_nearer_than_two_replacements) {
  constexpr auto kNames = std::to_array<std::string_view>({"axcbef", "abdcef"});
  BOOST_TEST(study::nearest_name("abcdef", kNames) == "abdcef");
}

BOOST_AUTO_TEST_CASE(control_characters_are_made_visible) {
  BOOST_TEST(study::visible("a\nb\tc\x1b[1m\x7f…") == "a\\nb\\tc\\x1b[1m\\x7f…");
  BOOST_TEST(study::visible(std::string_view("a\0b", 3)) == "a\\x00b");
  // A terminal may take U+009B for the beginning of an escape sequence.
  BOOST_TEST(study::visible("\u00801m\u009b2J\u009f\u00a0") == "\\u00801m\\u009b2J\\u009f\u00a0");
}

BOOST_AUTO_TEST_CASE(text_cannot_change_the_direction_of_what_stands_behind_it) {
  BOOST_TEST(study::visible("\u200e\u200f\u202a\u202e\u2066\u2069\u061c\u2028") ==
             "\\u200e\\u200f\\u202a\\u202e\\u2066\\u2069\\u061c\\u2028");
  const std::string stays = "\u200d\u2027\u202f\u2065\u206a שלום 漢字 \U0001f600";
  BOOST_TEST(study::visible(stays) == stays);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
