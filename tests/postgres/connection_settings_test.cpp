#include "postgres/connection_settings.hpp"

#include "postgres/connection.hpp"
#include "postgres/schema.hpp"

#include <study/error.hpp>
#include <study/text.hpp>

#include <cstdlib>
#include <cstring>
#include <random>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

namespace bdata = boost::unit_test::data;
using namespace study;
using namespace study::postgres;

namespace {

/// The value of a parameter; `unset` if it has none.
std::string parameter(const ConnectionSettings& settings, const char* name) {
  const auto keywords = settings.keywords();
  for (std::size_t i = 0; keywords[i] != nullptr; ++i) {
    if (std::strcmp(keywords[i], name) == 0) return settings.values()[i];
  }
  return "unset";
}

/// Each has a piece of the password `s3cret` where libpq would show it.
const auto kBadConnections = bdata::make(std::vector<std::string>{
    "host=db password=my s3cret",
    "host=db password='s3cret",
    "host=db password=a s3cret=b",
    "host=db port=s3cret",
    "s3cret",
    "postgresql://user:pass%zzs3cret@db/studies",
    "postgresql://user:pass/s3cret@db/studies",
    "postgresql://user:12/s3cret@db/studies",
    "postgresql://user:pass@s3cret@db/studies",
    "postgresql://user:s3cret/studies",
    "postgresql://user:pass@db/studies?s3cret=1",
    "postgresql://user:pass@[s3cret/studies",
    "dbname=postgresql://user:s3cret@db/studies",
    "dbname='host=db password=s3cret'",
    "postgresql:/user:s3cret@db/studies",
    std::string("host=db\0 password=s3cret", 24),
});

}  // namespace

BOOST_AUTO_TEST_SUITE(connection_settings)

BOOST_DATA_TEST_CASE(a_connection_that_is_wrong_is_refused_without_showing_it, kBadConnections,
                     connection) {
  BOOST_CHECK_EXCEPTION(ConnectionSettings(connection, 5), InputError, [](const InputError& error) {
    const std::string text = error.what();
    return text.find("option \"connection\"") != std::string::npos &&
           text.find("s3cret") == std::string::npos && text.find("pass") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(passwords_are_taken_out_of_what_libpq_says) {
  ::setenv("PGPASSWORD", "from-environment", 1);
  const ConnectionSettings settings("host=db password=s3cret sslpassword=of-key", 5);
  BOOST_TEST(settings.presentable("a s3cret, of-key,\n\tfrom-environment and used-one\n",
                                  "used-one") == "a ***, ***, *** and ***");
  ::unsetenv("PGPASSWORD");
}

BOOST_AUTO_TEST_CASE(a_silent_network_is_noticed_unless_the_connection_says_otherwise) {
  const ConnectionSettings defaults("host=db", 7);
  BOOST_TEST(parameter(defaults, "connect_timeout") == "7");
  BOOST_TEST(parameter(defaults, "tcp_user_timeout") == "30000");
  BOOST_TEST(parameter(defaults, "keepalives_idle") == "15");
  BOOST_TEST(parameter(defaults, "host") == "db");
  BOOST_TEST(parameter(defaults, "user") == "unset");
  const ConnectionSettings own(
      "postgresql://db/studies?connect_timeout=9&tcp_user_timeout=1&keepalives_idle=2&"
      "client_encoding=LATIN1",
      7);
  BOOST_TEST(parameter(own, "connect_timeout") == "9");
  BOOST_TEST(parameter(own, "tcp_user_timeout") == "1");
  BOOST_TEST(parameter(own, "keepalives_idle") == "2");
  BOOST_TEST(parameter(own, "client_encoding") == "UTF8");
  ::setenv("PGCONNECT_TIMEOUT", "8", 1);
  BOOST_TEST(parameter(ConnectionSettings("", 7), "connect_timeout") == "unset");
  ::unsetenv("PGCONNECT_TIMEOUT");
}

BOOST_AUTO_TEST_CASE(a_name_that_no_schema_can_have_is_refused) {
  for (const std::string& name :
       {std::string(), std::string(64, 'x'), std::string("pg_own"), std::string("a\nb"),
        std::string("a\0b", 3), std::string("\xff")}) {
    BOOST_CHECK_THROW(check_schema_name(name), InputError);
  }
  check_schema_name(std::string(63, 'x'));
  BOOST_TEST(in_schema("{s}.a {s}", "x\"y") == "\"x\"\"y\".a \"x\"\"y\"");
}

BOOST_AUTO_TEST_CASE(every_text_comes_back_from_what_postgresql_can_hold) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const std::string pieces[] = {"a",    std::string(1, '\0'), "\x1a", "00", "1a", "é",
                                "\xff", "\xe6\xbc",           "漢",   "😀",  "\n", "\xc0\x80"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (auto n = random() % 8; n > 0; --n) text += pieces[random() % std::size(pieces)];
    const std::string stored = to_stored(text);
    BOOST_TEST_REQUIRE(stored.find('\0') == std::string::npos);
    BOOST_TEST_REQUIRE(to_valid_utf8(stored) == stored);
    BOOST_TEST_REQUIRE(from_stored(stored) == text);
  }
  BOOST_TEST(to_stored("plain 漢 text\n") == "plain 漢 text\n");
  BOOST_TEST(to_stored(std::string("a\0b", 3)) ==
             "a\x1a"
             "00b");
}

BOOST_AUTO_TEST_SUITE_END()
