// Texts that would leave their place in the page, if they could.
#include "report/page_text.hpp"

#include "report/study_files.hpp"

#include <limits>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace {

std::string script_text(std::string_view text) {
  std::string out;
  host::append_script_text(out, text);
  return out;
}

std::string html(std::string_view text) {
  std::string out;
  host::append_html(out, text);
  return out;
}

std::string short_number(double number) {
  std::string out;
  host::append_short_number(out, number);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(page_text)

BOOST_AUTO_TEST_CASE(json_in_a_script_element_has_nothing_that_ends_it) {
  BOOST_TEST(script_text("</script><!-- & \u2028\u2029") ==
             R"("\u003c/script\u003e\u003c!-- \u0026 \u2028\u2029")");
  for (const std::string_view text :
       {std::string_view("</SCRIPT>"), std::string_view("\xe2\x80"),
        std::string_view("\xe2\x80\xa7é\""), std::string_view("\0\x1b\\", 3)}) {
    const std::string json = script_text(text);
    BOOST_TEST(json.find_first_of("<>&") == std::string::npos);
    BOOST_TEST(boost::json::parse(json).is_string());
  }
  BOOST_TEST(boost::json::parse(script_text("\u2028 – é < '")).as_string() == "\u2028 – é < '");
  BOOST_TEST(script_text("a\xff") == "\"a\ufffd\"");
}

BOOST_AUTO_TEST_CASE(markup_in_html_is_text) {
  BOOST_TEST(html("<b title='x' y=\"z\">&") == "&lt;b title=&#39;x&#39; y=&quot;z&quot;&gt;&amp;");
  BOOST_TEST(html("a\u202eb\n") == "a\\u202eb\\n");
}

BOOST_AUTO_TEST_CASE(numbers_are_short_and_integers_exact) {
  BOOST_TEST(short_number(0) == "0");
  BOOST_TEST(short_number(-123456789012.0) == "-123456789012");
  BOOST_TEST(short_number(1.0 / 3) == "0.3333333");
  BOOST_TEST(short_number(1e300) == "1e+300");
  BOOST_TEST(short_number(9007199254740993.0) == "9.007199e+15");
}

BOOST_AUTO_TEST_CASE(a_policy_knows_a_text_by_its_hash) {
  // echo -n "alert('Hello, world.');" | openssl sha256 -binary | openssl base64: CSP level 3, 8.3
  BOOST_TEST(host::policy_hash("alert('Hello, world.');") ==
             "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
}

BOOST_AUTO_TEST_CASE(a_plain_name_leads_nowhere_else) {
  for (const char* name :
       {"a.json", "..a", "a..b", "_x:y", "gpt2_a1:0.json", "a b?#%2f", ".hidden"}) {
    BOOST_TEST(host::is_plain_file_name(name), name);
  }
  for (const char* name : {"", ".", "..", "...", "a/b", "/a", "a\\b", "../a", "file:x", "HTTP://x",
                           "javascript:alert(1)", "a-b+c.d:e"}) {
    BOOST_TEST(!host::is_plain_file_name(name), name);
  }
  BOOST_TEST(!host::is_plain_file_name(std::string_view("a\0b", 3)));
}

BOOST_AUTO_TEST_SUITE_END()
