// What is YAML's own: its text, positions in it, and what a person writes wrong in it.
#include "input/document.hpp"
#include "input_support.hpp"

#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using host::Node;
using host::parse_yaml;

namespace {

std::string yaml_error(const std::string& text) {
  static const study_test::InputFolder folder;
  return folder.error_of([&] { (void)parse_yaml(text, "study.yaml"); });
}

boost::json::value from_yaml(const std::string& text) {
  return to_json(parse_yaml(text, "study.yaml").root);
}

// The value of the only key.
std::string text_of(const std::string& yaml) {
  return std::string(from_yaml("x: " + yaml + "\n").at("x").as_string());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(yaml)

BOOST_AUTO_TEST_CASE(quoted_text_is_read_as_pyyaml_reads_it) {
  BOOST_TEST(text_of("'a\n\n  '") == "a\n");
  BOOST_TEST(text_of("\"a\n\n\n  \"") == "a\n\n");
  BOOST_TEST(text_of("'a''''b'") == "a''b");
  BOOST_TEST(text_of("\"a \\\n  \\\\ b\"") == "a \\ b");
  BOOST_TEST(text_of(R"("\_\N\L\P\U0001F600")") == "\u00a0\xC2\x85\u2028\u2029\U0001F600");
  BOOST_TEST(text_of(R"("a\0b")") == std::string("a\0b", 3));
  BOOST_TEST(text_of("|2\n  \tx") == "\tx\n");
}

BOOST_AUTO_TEST_CASE(what_json_and_tabs_do_to_yaml_gets_a_hint) {
  BOOST_TEST(yaml_error(R"(a: "\uD83D\uDE00")") ==
             "study.yaml:1: not valid YAML: found invalid Unicode character escape code at column "
             "7; write \\U0001F600: YAML has one escape for the character, not JSON's two");
  BOOST_TEST(yaml_error(R"(a: "\uD83D")").ends_with("; half of a surrogate pair is no character"));
  BOOST_TEST(yaml_error("a: |\n  \tx\n") ==
             "study.yaml:2: not valid YAML: found a tab character where an indentation space is "
             "expected at column 3; text that begins with a tab needs the number of spaces before "
             "it, such as |2 in the place of |");
  BOOST_TEST(yaml_error("a: {a:}\n") ==
             "study.yaml:1: not valid YAML: found unexpected ':' at column 6; a space is missing "
             "behind the colon: {a: } in the place of {a:}");
  BOOST_TEST(from_yaml("a: {a: }\n").at("a") == boost::json::parse(R"({"a": null})"));
  BOOST_TEST(yaml_error("a:\n\tb: 1\n")
                 .ends_with(" at column 1; a tab doesn't indent in YAML; use spaces"));
}

BOOST_AUTO_TEST_CASE(directives_are_allowed_but_for_tags) {
  BOOST_TEST(yaml_error("%YAML 1.1\n---\na: 1\n") == "no error");
  BOOST_TEST(yaml_error("%TAG ! tag:example.org,2000:\n---\na: 1\n") ==
             "study.yaml:1: %TAG is not understood; leave it and its tags out");
}

BOOST_AUTO_TEST_CASE(lines_and_columns_are_those_of_an_editor) {
  BOOST_TEST(yaml_error("a: 1\rb: 2\r\nc: [\n").starts_with("study.yaml:4: "));
  BOOST_TEST(
      yaml_error("a: \"x\u2028 y\u2029\"\nb: \"\u00e9\U0001F600\" x\n")
          .starts_with("study.yaml:2: not valid YAML: did not find expected key at column 9"));
  BOOST_TEST(yaml_error("a: '\u2028\u2028'\nb: .nan\n").starts_with("study.yaml:2: b: .nan"));
}

BOOST_AUTO_TEST_CASE(keys_are_text_whatever_they_look_like) {
  BOOST_TEST(boost::json::serialize(from_yaml("null: 1\n12: 2\non: 3\n'': 4\n")) ==
             R"({"null":1,"12":2,"on":3,"":4})");
}

BOOST_AUTO_TEST_CASE(aliases_of_long_texts_are_refused_beyond_a_number_of_bytes) {
  std::string text = "a: &a " + std::string(1'000'000, 'x') + "\nb:\n";
  for (int i = 0; i < 60; ++i) text += "- *a\n";
  BOOST_TEST(yaml_error(text) == "no error");
  for (int i = 0; i < 20; ++i) text += "- *a\n";
  BOOST_TEST(yaml_error(text).ends_with(": anchors and aliases repeat more than 67108864 bytes"));
}

BOOST_AUTO_TEST_CASE(text_in_another_encoding_is_named) {
  BOOST_TEST(yaml_error(std::string("\xFF\xFE"
                                    "a\0:\0",
                                    6)) == "study.yaml:1: the text is UTF-16; save it as UTF-8");
  BOOST_TEST(yaml_error(std::string("\0a\0:", 4)) ==
             "study.yaml:1: the text is UTF-16; save it as UTF-8");
}

BOOST_AUTO_TEST_CASE(characters_that_yaml_has_as_escapes_only_are_named) {
  BOOST_TEST(yaml_error("a: 1\nb: \xC2\x85\n") ==
             "study.yaml:2: there is a character U+0085 (next line) in the text, which some take "
             "for the end of a line; write it as \\N in double quotes");
  BOOST_TEST(yaml_error("\uFEFF\uFEFFa: 1\n") ==
             "study.yaml:1: there is a byte order mark (U+FEFF) inside of the text; take it out, "
             "or write it as \\uFEFF in double quotes");
  BOOST_TEST(yaml_error("a: \x7F\n") ==
             "study.yaml:1: there is a character U+007F in the text; write it as \\x7F in double "
             "quotes");
  BOOST_TEST(yaml_error("a: \uFFFF\n").ends_with("write it as \\uFFFF in double quotes"));
}

BOOST_AUTO_TEST_SUITE_END()
