// A study that can't be kept is refused with a message that says why, and never with a password.
#include "postgres/schema.hpp"
#include "written_study.hpp"

#include <study/error.hpp>
#include <study/observer_library.hpp>

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>
#include <netinet/in.h>
#include <sys/socket.h>

using namespace study;
using namespace study_test;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

constexpr const char* kPassword = "s3cret-w0rd";

/// What a new study is refused with.
std::string refusal(const postgres::PostgresOptions& options) {
  const TempDir dir;
  try {
    const WrittenStudy study(options, dir.path());
  } catch (const Error& error) {
    BOOST_TEST_MESSAGE(error.what());
    return error.what();
  }
  return "not refused";
}

postgres::PostgresOptions options_of(const std::string& connection) {
  auto options = fresh_options();
  options.connection = connection;
  options.connect_timeout_seconds = 2;
  return options;
}

/// Lets whoever comes connect, and never answers.
class DumbListener {
 public:
  DumbListener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd_, generic, size) != 0 || ::listen(fd_, 8) != 0 ||
        ::getsockname(fd_, generic, &size) != 0) {
      throw std::runtime_error("no listener");
    }
    port_ = ntohs(address.sin_port);
  }
  ~DumbListener() { ::close(fd_); }
  [[nodiscard]] std::string port() const { return std::to_string(port_); }

 private:
  int fd_;
  int port_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(refusals)

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there) {
  const TempDir nowhere;
  const std::string text = refusal(options_of("host=" + nowhere.path().string()));
  BOOST_TEST(contains(
      text, "server can't be used: connection to server on socket \"" + nowhere.path().string()));
  BOOST_TEST(contains(text,
                      "failed: No such file or directory. Start it, or mend option "
                      "\"connection\""));
  BOOST_TEST(!contains(text, "\n"));
}

BOOST_AUTO_TEST_CASE(a_server_that_accepts_and_never_answers) {
  const DumbListener listener;
  BOOST_TEST(
      contains(refusal(options_of("host=127.0.0.1 port=" + listener.port())), "timeout expired"));
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_no_text_is_not_shown) {
  const auto library =
      ObserverLibrary::load(std::string(STUDY_OBSERVER_DIR) + "/postgres_writer.so");
  const boost::json::object options{{"connection", {{"host", "db"}, {"password", kPassword}}}};
  const auto make = [&] {
    static_cast<void>(library.create(
        {"test", "1", [](LogSeverity, std::string_view, std::string_view) {}}, options));
  };
  BOOST_CHECK_EXCEPTION(make(), InputError, [](const InputError& error) {
    BOOST_TEST_MESSAGE(error.what());
    return contains(error.what(), "'connection' must be of type string; it is an object") &&
           !contains(error.what(), kPassword);
  });
}

BOOST_AUTO_TEST_CASE(a_wrong_password_is_not_shown) {
  server().query("CREATE ROLE guarded LOGIN PASSWORD 'right'");
  server().let_in("local all guarded scram-sha-256");
  const std::string host = server().socket_dir().string();
  const std::string place = "host=" + host + " user=guarded dbname=postgres";
  std::string encoded;
  for (const char c : host) encoded += c == '/' ? "%2F" : std::string(1, c);
  const std::string uri =
      "postgresql://guarded:" + std::string(kPassword) + "@" + encoded + "/postgres";
  for (const std::string& connection : {place + " password=" + kPassword, uri}) {
    const std::string text = refusal(options_of(connection));
    BOOST_TEST(contains(text, "password authentication failed for user \"guarded\""));
    BOOST_TEST(!contains(text, kPassword));
  }
  ::setenv("PGPASSWORD", kPassword, 1);
  const std::string text = refusal(options_of(place));
  ::unsetenv("PGPASSWORD");
  BOOST_TEST(contains(text, "password authentication failed"));
  BOOST_TEST(!contains(text, kPassword));
}

BOOST_AUTO_TEST_CASE(a_password_that_is_changed_during_an_outage_is_not_shown) {
  server().query("CREATE ROLE changing LOGIN PASSWORD '" + std::string(kPassword) + "'");
  server().query("GRANT CREATE ON DATABASE postgres TO changing");
  server().let_in("local all changing scram-sha-256");
  const TempDir dir;
  WrittenStudy study(options_of("host=" + server().socket_dir().string() +
                                " user=changing dbname=postgres password=" + kPassword),
                     dir.path());
  server().query("ALTER ROLE changing PASSWORD 'other'");
  server().query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = "
      "'changing'");
  study.set(0, ExperimentState::running, 1);
  BOOST_TEST_REQUIRE(study.logged.size() == 1U);
  BOOST_TEST(contains(study.logged[0], "password authentication failed"));
  BOOST_TEST(!contains(study.logged[0], kPassword));
  server().query("ALTER ROLE changing PASSWORD '" + std::string(kPassword) + "'");
  study.end();
  BOOST_TEST(study.stored() == study.expected());
}

BOOST_AUTO_TEST_CASE(a_database_that_does_not_exist) {
  BOOST_TEST(contains(refusal(options_of(server().connection("study", "nothing"))),
                      "database \"nothing\" does not exist"));
}

BOOST_AUTO_TEST_CASE(a_database_that_does_not_hold_every_text) {
  server().query("CREATE DATABASE old ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
  const std::string text = refusal(options_of(server().connection("study", "old")));
  BOOST_TEST(contains(text, "database \"old\""));
  BOOST_TEST(contains(text, "encoding LATIN1"));
}

BOOST_AUTO_TEST_CASE(a_user_who_may_not_make_the_schema) {
  server().query("CREATE ROLE guest LOGIN");
  auto options = options_of(server().connection("guest"));
  const std::string text = refusal(options);
  BOOST_TEST(contains(text, "schema \"" + options.schema + "\""));
  BOOST_TEST(contains(text, "permission denied for database postgres"));
  BOOST_TEST(contains(text, "GRANT CREATE ON DATABASE"));
}

BOOST_AUTO_TEST_CASE(a_user_who_may_only_read_reads) {
  const TempDir dir;
  auto options = fresh_options();
  WrittenStudy study(options, dir.path());
  server().query("CREATE ROLE reader LOGIN");
  options.connection = server().connection("reader");
  BOOST_CHECK_EXCEPTION(static_cast<void>(read(options, dir.path())), StudyError,
                        [](const Error& e) { return contains(e.what(), "permission denied"); });
  server().query("GRANT USAGE ON SCHEMA " + options.schema + " TO reader");
  server().query("GRANT SELECT ON ALL TABLES IN SCHEMA " + options.schema + " TO reader");
  BOOST_TEST(read(options, dir.path()) == study.expected());
}

BOOST_AUTO_TEST_CASE(tables_of_a_later_program) {
  const auto options = fresh_options();
  const TempDir dir;
  WrittenStudy(options, dir.path()).end();
  server().query("UPDATE " + options.schema + ".schema_version SET version = 7");
  const auto is_newer = [](const CheckpointError& error) {
    return error.kind() == CheckpointError::Kind::newer_version &&
           contains(error.what(), "has version 7 of the tables, and this program knows " +
                                      std::to_string(postgres::kTablesVersion));
  };
  BOOST_CHECK_EXCEPTION(WrittenStudy(options, dir.path()), CheckpointError, is_newer);
  BOOST_CHECK_EXCEPTION(static_cast<void>(read(options, dir.path())), CheckpointError, is_newer);
}

BOOST_AUTO_TEST_CASE(tables_of_an_earlier_program) {
  const auto options = fresh_options();
  const TempDir dir;
  WrittenStudy(options, dir.path()).end();
  server().query("UPDATE " + options.schema + ".schema_version SET version = 3");
  const auto is_earlier = [](const CheckpointError& error) {
    return error.kind() == CheckpointError::Kind::corrupt &&
           contains(error.what(), "has version 3 of the tables, and this program knows " +
                                      std::to_string(postgres::kTablesVersion) +
                                      ": choose another schema");
  };
  BOOST_CHECK_EXCEPTION(WrittenStudy(options, dir.path()), CheckpointError, is_earlier);
  BOOST_CHECK_EXCEPTION(static_cast<void>(read(options, dir.path())), CheckpointError, is_earlier);
}

BOOST_AUTO_TEST_CASE(tables_of_something_else_stay_as_they_are) {
  auto options = fresh_options();
  server().query("CREATE SCHEMA " + options.schema);
  server().query("CREATE TABLE " + options.schema + ".studies AS SELECT 42 AS answer");
  BOOST_TEST(contains(refusal(options), "has tables of something else; choose another one"));
  BOOST_TEST(server().query("SELECT answer FROM " + options.schema + ".studies") == "42");
  BOOST_TEST(server().query("SELECT count(*) FROM pg_tables WHERE schemaname = '" + options.schema +
                            "'") == "1");
}

BOOST_AUTO_TEST_CASE(a_schema_may_have_any_name) {
  auto options = fresh_options();
  options.schema = "Ünïcode \"quoted\" {id}; --";
  const TempDir dir;
  const WrittenStudy study(options, dir.path());
  BOOST_TEST(study.stored() == study.expected());
}

BOOST_AUTO_TEST_CASE(a_table_that_a_person_has_damaged_is_a_corrupt_checkpoint) {
  const auto options = fresh_options();
  const TempDir dir;
  const WrittenStudy study(options, dir.path());
  server().query("UPDATE " + options.schema + ".studies SET started_at_us = 9223372036854775807");
  BOOST_CHECK_EXCEPTION(static_cast<void>(study.stored()), CheckpointError,
                        [](const CheckpointError& error) {
                          return error.kind() == CheckpointError::Kind::corrupt &&
                                 contains(error.what(), "started_at");
                        });
}

BOOST_AUTO_TEST_SUITE_END()
