#include "input/document.hpp"

#include "input_support.hpp"

#include <bit>
#include <charconv>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using host::Document;
using host::JsonDialect;
using host::Member;
using host::Node;
using host::parse_yaml;

namespace {

const study_test::InputFolder& folder() {
  static const study_test::InputFolder folder;
  return folder;
}

std::string yaml_error(const std::string& text) {
  return folder().error_of([&] { (void)parse_yaml(text, "study.yaml"); });
}

std::string json_error(const std::string& text, JsonDialect dialect = JsonDialect::strict) {
  return folder().error_of([&] { (void)study::parse_json_document(text, "study.json", dialect); });
}

boost::json::value from_yaml(const std::string& text) {
  return to_json(parse_yaml(text, "study.yaml").root);
}

// The value of the only key.
Node::Value scalar(const std::string& text) {
  const Document document = parse_yaml("x: " + text + "\n", "study.yaml");
  return std::get<Node::Mapping>(document.root.value).front().value.value;
}

const Member& member(const Document& document, std::size_t index) {
  return std::get<Node::Mapping>(document.root.value).at(index);
}

bool is_text(const std::string& scalar_text) {
  const Node::Value value = scalar(scalar_text);
  return std::holds_alternative<std::string>(value) && std::get<std::string>(value) == scalar_text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(document)

BOOST_AUTO_TEST_CASE(yaml_scalars_resolve_by_the_core_schema) {
  for (const char* text : {"", "~", "null", "Null", "NULL"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(std::holds_alternative<std::nullptr_t>(scalar(text)));
    }
  }
  for (const char* text : {"true", "True", "TRUE"}) BOOST_TEST(std::get<bool>(scalar(text)));
  for (const char* text : {"false", "False", "FALSE"}) BOOST_TEST(!std::get<bool>(scalar(text)));

  const std::vector<std::pair<const char*, std::int64_t>> integers = {
      {"0", 0},
      {"12", 12},
      {"-7", -7},
      {"+3", 3},
      {"0777", 777},
      {"0o17", 15},
      {"0x1F", 31},
      {"0xff", 255},
      {"9223372036854775807", INT64_MAX},
      {"-0", 0},
      {"-9223372036854775808", INT64_MIN}};
  for (const auto& [text, value] : integers) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(std::get<std::int64_t>(scalar(text)) == value);
    }
  }
  BOOST_TEST(std::get<std::uint64_t>(scalar("18446744073709551615")) == UINT64_MAX);
  BOOST_TEST(std::get<std::uint64_t>(scalar("0xFFFFFFFFFFFFFFFF")) == UINT64_MAX);

  const std::vector<std::pair<const char*, double>> floats = {
      {"1e-3", 0.001}, {"1.", 1.0},  {".5", 0.5},     {"-2.5E+3", -2500.0}, {"12e03", 12000.0},
      {"+1.5", 1.5},   {"1.0", 1.0}, {"1e5", 100000}, {"0e999", 0.0}};
  for (const auto& [text, value] : floats) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(std::get<double>(scalar(text)) == value);
    }
  }
}

BOOST_AUTO_TEST_CASE(yaml_scalars_of_other_schemas_are_text) {
  for (const char* text :
       {"yes",   "no",  "on",         "off",   "y",  "nULL", "tRUE", "1_000", "12:30:45",
        "0b101", "0o8", "0xG",        "-0x1F", "1e", "e5",   ".",    "1.2.3", "NaN",
        "nan",   "inf", "2026-02-27", "1e5.",  "=",  "0x",   "0o"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(is_text(text));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_quoted_scalar_is_text_whatever_it_looks_like) {
  BOOST_TEST(std::get<std::string>(scalar("\"12\"")) == "12");
  BOOST_TEST(std::get<std::string>(scalar("'true'")) == "true");
  BOOST_TEST(std::get<std::string>(scalar("'.nan'")) == ".nan");
  BOOST_TEST(std::get<std::string>(scalar("''")) == "");
  BOOST_TEST(std::get<std::string>(scalar("!!str 12")) == "12");
  BOOST_TEST(std::get<std::string>(scalar("|-\n  12")) == "12");
  BOOST_TEST(std::get<std::string>(scalar("\"a\\tb\\u00e9\"")) == "a\tb\xC3\xA9");
}

BOOST_AUTO_TEST_CASE(a_tag_decides_the_type_or_is_refused) {
  BOOST_TEST(std::get<std::int64_t>(scalar("!!int \"3\"")) == 3);
  BOOST_TEST(std::get<double>(scalar("!!float 3")) == 3.0);
  BOOST_TEST(yaml_error("a: 1\nb: !!int x\n") ==
             "study.yaml:2: b: 'x' is not a value of the type '!!int'");
  BOOST_TEST(yaml_error("b: !secret x\n") ==
             "study.yaml:1: b: the tag '!secret' is not understood; leave it out");
  BOOST_TEST(yaml_error("b: !!set {x}\n") ==
             "study.yaml:1: b: the tag 'tag:yaml.org,2002:set' is not understood; leave it out");
}

BOOST_AUTO_TEST_CASE(what_is_not_a_finite_number_is_refused_with_line_and_place) {
  BOOST_TEST(yaml_error("sweep:\n  lr:\n    - 0.5\n    - .nan\n") ==
             "study.yaml:4: sweep.lr[1]: .nan is not a finite number; give a number, or null for "
             "none");
  BOOST_TEST(yaml_error("a: -.Inf\n") ==
             "study.yaml:1: a: -.Inf is not a finite number; give a number, or null for none");
  BOOST_TEST(yaml_error("a: 1e999\n") ==
             "study.yaml:1: a: the number 1e999 is out of the range of a double; quote it if it is "
             "text");
  BOOST_TEST(json_error("{\n \"a\": NaN}") ==
             "study.json:2: a: NaN is not a finite number; give a number, or null for none");
  BOOST_TEST(json_error("{\"a\": [1, -Infinity]}") ==
             "study.json:1: a[1]: -Infinity is not a finite number; give a number, or null for "
             "none");
}

BOOST_AUTO_TEST_CASE(an_integer_beyond_64_bits_is_refused) {
  const std::string range =
      " is not in the range from -9223372036854775808 to 18446744073709551615; quote it if it is "
      "text";
  BOOST_TEST(yaml_error("a: 18446744073709551616\n") ==
             "study.yaml:1: a: the integer 18446744073709551616" + range);
  BOOST_TEST(yaml_error("a: -9223372036854775809\n") ==
             "study.yaml:1: a: the integer -9223372036854775809" + range);
  BOOST_TEST(json_error("{\"a\": 123456789012345678901}") ==
             "study.json:1: a: the integer 123456789012345678901" + range);
}

BOOST_AUTO_TEST_CASE(each_value_and_key_knows_its_line) {
  const Document yaml = parse_yaml("# comment\na: 1\n\nb:\n  - x\n  - y\nc:\nd: 4\n", "s.yaml");
  BOOST_TEST(member(yaml, 0).key_line == 2);
  BOOST_TEST(member(yaml, 1).key_line == 4);
  BOOST_TEST(std::get<Node::Sequence>(member(yaml, 1).value.value).at(1).line == 6);
  BOOST_TEST(member(yaml, 2).value.line == 7);
  const Document json = study::parse_json_document("{\r\n\"a\": 1,\r\n\"b\":\r\n[\r\n2\r\n]}",
                                                   "s.json", JsonDialect::strict);
  BOOST_TEST(member(json, 0).value.line == 2);
  BOOST_TEST(member(json, 1).key_line == 3);
  BOOST_TEST(member(json, 1).value.line == 4);
  BOOST_TEST(std::get<Node::Sequence>(member(json, 1).value.value).at(0).line == 5);
}

BOOST_AUTO_TEST_CASE(an_alias_has_the_line_on_which_it_is_used) {
  const Document document = parse_yaml("a: &x [1]\nb:\n  *x\n", "s.yaml");
  BOOST_TEST(member(document, 0).value.line == 1);
  BOOST_TEST(member(document, 1).value.line == 3);
}

BOOST_AUTO_TEST_CASE(duplicate_keys_are_refused_with_both_lines) {
  BOOST_TEST(yaml_error("a: 1\nb:\n  c: 2\n  d: 3\n  c: 4\n") ==
             "study.yaml:5: b: the key 'c' is there twice, first on line 3");
  BOOST_TEST(json_error("{\"a\": 1,\n\"a\": 2}") ==
             "study.json:2: the key 'a' is there twice, first on line 1");
}

BOOST_AUTO_TEST_CASE(aliases_and_merge_keys_are_resolved) {
  BOOST_TEST(from_yaml("a: &x {p: 1, q: [2]}\nb: *x\n") ==
             boost::json::parse(R"({"a": {"p": 1, "q": [2]}, "b": {"p": 1, "q": [2]}})"));
  // What the mapping says itself wins, before and behind the merge key.
  BOOST_TEST(boost::json::serialize(
                 from_yaml("a: &x {p: 1, q: 2, r: 3}\nb:\n  q: 20\n  <<: *x\n  r: 30\n").at("b")) ==
             R"({"q":20,"p":1,"r":30})");
  BOOST_TEST(from_yaml("a: &x {p: 1}\nb: &y {p: 2, q: 3}\nc: {<<: [*x, *y]}\n").at("c") ==
             boost::json::parse(R"({"p": 1, "q": 3})"));
  BOOST_TEST(from_yaml("a: {'<<': 1}\n").at("a") == boost::json::parse(R"({"<<": 1})"));
  BOOST_TEST(yaml_error("a:\n  <<: 5\n") ==
             "study.yaml:2: a: the value of '<<' must be a mapping or a list of mappings");
  BOOST_TEST(yaml_error("a: &x\n  b: *x\n") ==
             "study.yaml:2: a.b: an alias inside of what its own anchor stands for");
  BOOST_TEST(yaml_error("a: *nowhere\n").starts_with("study.yaml:1: not valid YAML: "));
}

BOOST_AUTO_TEST_CASE(an_alias_bomb_is_refused_without_being_built) {
  std::string bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string inner = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + inner;
    for (int n = 1; n < 10; ++n) bomb += ", " + inner;
    bomb += "]\n";
  }
  BOOST_TEST(yaml_error(bomb) ==
             "study.yaml:6: the document has more than 2000000 values, counting those that aliases "
             "repeat");
}

BOOST_AUTO_TEST_CASE(a_document_that_is_nested_too_deep_is_refused) {
  const std::string deepest = std::string(64, '[') + std::string(64, ']');
  BOOST_TEST(yaml_error(deepest) == "no error");
  BOOST_TEST(json_error(deepest) == "no error");
  const std::string expected = ": the document is nested deeper than 64 levels";
  BOOST_TEST(yaml_error("[" + deepest + "]").ends_with(expected));
  BOOST_TEST(json_error("[" + deepest + "]").ends_with(expected));
  const std::string bottomless = std::string(100'000, '[') + std::string(100'000, ']');
  BOOST_TEST(yaml_error(bottomless).ends_with(expected));
  BOOST_TEST(json_error(bottomless).ends_with(expected));
  std::string by_alias = "- &a0 [1]\n";
  for (int i = 1; i < 70; ++i) {
    by_alias += "- &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  BOOST_TEST(yaml_error(by_alias).ends_with(expected));
}

BOOST_AUTO_TEST_CASE(a_file_holds_exactly_one_document) {
  for (const char* empty : {"", "\n\n", "# nothing\n", "---\n", "null\n"}) {
    BOOST_TEST_CONTEXT(empty) {
      BOOST_TEST(yaml_error(empty) == "study.yaml: the file is empty");
    }
  }
  for (const char* empty : {"", " \n", "null"}) {
    BOOST_TEST_CONTEXT(empty) {
      BOOST_TEST(json_error(empty) == "study.json: the file is empty");
    }
  }
  BOOST_TEST(yaml_error("---\na: 1\n...\n") == "no error");
  BOOST_TEST(yaml_error("a: 1\n---\nb: 2\n") ==
             "study.yaml:2: a second document, or text behind the end of the first; one file holds "
             "one document");
  BOOST_TEST(json_error("{}\n{}").starts_with("study.json:2: not valid JSON: "));
}

BOOST_AUTO_TEST_CASE(invalid_yaml_is_refused_with_its_line) {
  BOOST_TEST(yaml_error("a: 1\nb: [1, 2\nc: 3\n").starts_with("study.yaml:3: not valid YAML: "));
  BOOST_TEST(yaml_error("a: 1\n\tb: 2\n").starts_with("study.yaml:2: not valid YAML: "));
  BOOST_TEST(yaml_error("a: b: c\n").starts_with("study.yaml:1: not valid YAML: "));
  BOOST_TEST(yaml_error("a: 1\n? [x]\n: 2\n").starts_with("study.yaml:2: a key must be text"));
  BOOST_TEST(yaml_error("command: {model}\nargs: [{a}: 1]\n")
                 .starts_with("study.yaml:2: args[0]: a key must be text"));
}

BOOST_AUTO_TEST_CASE(a_quote_that_is_not_closed_does_not_swallow_the_rest) {
  const std::string expected = "the quote that is opened here is not closed";
  for (const std::string quote : {"\"", "'"}) {
    for (const std::string rest : {"a\nsweep:\n  lr: [1, 2]\n", "a\n", "a", ""}) {
      BOOST_TEST_CONTEXT(quote + rest) {
        BOOST_TEST(yaml_error("name: q\nmodel: " + quote + rest) ==
                   "study.yaml:2: model: " + expected);
      }
    }
    BOOST_TEST(yaml_error("a:\n  - x\n  - " + quote + "y\n") == "study.yaml:3: a[1]: " + expected);
    BOOST_TEST(yaml_error(quote + "a: 1\n") == "study.yaml:1: " + expected);
  }
  BOOST_TEST(from_yaml("a: \"x\n  y\"\nb: 'it''s'\nc: it's # \"\n") ==
             boost::json::parse(R"({"a": "x y", "b": "it's", "c": "it's"})"));
}

BOOST_AUTO_TEST_CASE(a_block_scalar_at_the_end_keeps_the_newlines_that_it_has) {
  const auto text = [](const std::string& yaml) { return std::get<std::string>(scalar(yaml)); };
  BOOST_TEST(text("|\n  12\n\n") == "12\n");
  BOOST_TEST(text("|+\n  12\n\n") == "12\n\n\n");  // `scalar` has added one
  BOOST_TEST(from_yaml("x: |\n  12").at("x") == "12");
  BOOST_TEST(from_yaml("x: |+\n  12\n...\n").at("x") == "12\n");
}

BOOST_AUTO_TEST_CASE(invalid_json_is_refused_with_its_line_and_column) {
  BOOST_TEST(json_error("{\n \"a\": 1,\n}") ==
             "study.json:3: not valid JSON: syntax error at column 1");
  BOOST_TEST(json_error("{\n \"a\": tru }") ==
             "study.json:2: a: not valid JSON: syntax error at column 7");
  BOOST_TEST(json_error("{\"\u00e9\u6f22\": tru}") ==
             "study.json:1: \u00e9\u6f22: not valid JSON: syntax error at column 8");
  BOOST_TEST(json_error("{\"a\": [1,\n2") ==
             "study.json:2: a[2]: not valid JSON: the text ends too early");
  BOOST_TEST(json_error("{\"a\": \"x\ny\"}").starts_with("study.json:1: a: not valid JSON: "));
  BOOST_TEST(json_error("// c\n{}").starts_with("study.json:1: not valid JSON: "));
}

BOOST_AUTO_TEST_CASE(comments_and_trailing_commas_are_allowed_where_the_dialect_says_so) {
  const Document document =
      study::parse_json_document("// one\n{ /* two\n lines */ \"a\": [1, 2,], // three\n}\n",
                                 "host.json", JsonDialect::with_comments);
  BOOST_TEST(to_json(document.root) == boost::json::parse(R"({"a": [1, 2]})"));
  BOOST_TEST(member(document, 0).key_line == 3);
}

BOOST_AUTO_TEST_CASE(text_must_be_utf8_without_control_characters) {
  BOOST_TEST(to_json(parse_yaml("\xEF\xBB\xBF"
                                "a: é\n",
                                "s.yaml")
                         .root) == boost::json::parse(R"({"a": "é"})"));
  BOOST_TEST(
      to_json(study::parse_json_document("\xEF\xBB\xBF{\"a\": 1}", "s.json", JsonDialect::strict)
                  .root) == boost::json::parse(R"({"a": 1})"));
  BOOST_TEST(yaml_error("a: 1\nb: \xFF\n") == "study.yaml:2: the text is not UTF-8 (byte 0xFF)");
  BOOST_TEST(json_error("{\"a\":\n\"\xC3\"}") == "study.json:2: the text is not UTF-8 (byte 0xC3)");
  BOOST_TEST(yaml_error(std::string("a: 1\nb: \x04\nc: 2\n")) ==
             "study.yaml:2: there is a control character (0x04) in the text");
  BOOST_TEST(yaml_error(std::string("a: 1\0b: 2\n", 10)) ==
             "study.yaml:1: there is a control character (0x00) in the text");
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_named) {
  const auto error = [](const std::string& name) {
    return folder().error_of([&] { (void)host::load_document(folder() / name); });
  };
  BOOST_TEST(error("absent.yaml") == "absent.yaml: there is no such file");
  std::filesystem::create_directory(folder() / "directory.yaml");
  BOOST_TEST(error("directory.yaml") == "directory.yaml: is a directory, not a file");
}

BOOST_AUTO_TEST_CASE(doubles_round_trip_exactly_through_yaml_and_json) {
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937_64 random(seed);
  std::vector<double> expected = {5e-324,
                                  2.2250738585072014e-308,
                                  1.7976931348623157e308,
                                  0.1,
                                  0.30000000000000004,
                                  9007199254740993.0,
                                  1e22,
                                  1e23};
  while (expected.size() < 20'000) {
    const auto value = std::bit_cast<double>(random());
    if (value - value == 0) expected.push_back(value);
  }
  std::string text = "[";
  for (const double value : expected) {
    char digits[40];
    const auto end =
        std::to_chars(digits, digits + sizeof digits, value, std::chars_format::scientific).ptr;
    text += (text.size() > 1 ? ",\n" : "") + std::string(digits, end);
  }
  text += "]";
  for (const Document& document :
       {parse_yaml(text, "s.yaml"),
        study::parse_json_document(text, "s.json", JsonDialect::strict)}) {
    const auto& values = std::get<Node::Sequence>(document.root.value);
    BOOST_REQUIRE(values.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const double value = std::get<double>(values[i].value);
      BOOST_REQUIRE(std::bit_cast<std::uint64_t>(value) ==
                    std::bit_cast<std::uint64_t>(expected[i]));
    }
  }
}

BOOST_AUTO_TEST_CASE(json_numbers_keep_their_kind) {
  const auto value = [](const std::string& text) {
    return study::parse_json_document(text, "s.json", JsonDialect::strict).root.value;
  };
  BOOST_TEST(std::get<std::int64_t>(value("-9223372036854775808")) == INT64_MIN);
  BOOST_TEST(std::get<std::uint64_t>(value("18446744073709551615")) == UINT64_MAX);
  BOOST_TEST(std::get<std::int64_t>(value("9223372036854775807")) == INT64_MAX);
  BOOST_TEST(std::get<double>(value("1.0")) == 1.0);
  BOOST_TEST(std::get<double>(value("1e2\n")) == 100.0);
  BOOST_TEST(std::signbit(std::get<double>(value("-0.0"))));
  BOOST_TEST(std::get<double>(value("0.1000000000000000055511151231257827021181583404541015625")) ==
             0.1);
}

BOOST_AUTO_TEST_SUITE_END()
