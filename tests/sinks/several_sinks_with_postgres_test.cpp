#define BOOST_TEST_MODULE several_sinks_with_postgres
#define BOOST_TEST_NO_MAIN
#include "side_by_side.hpp"
#include "support/postgres_server.hpp"

#include <iostream>

#include <boost/test/unit_test.hpp>

using namespace study;
using enum study::ExperimentState;
using study_test::kNobody;
using study_test::PostgresServer;
using study_test::SinkUnderTest;

namespace {

PostgresServer& server() {
  static PostgresServer instance;
  return instance;
}

const SinkUnderTest kSinks[] = {
    {.name = "manifest_writer", .plugin = "manifest_writer.so"},
    {.name = "journal_writer", .plugin = "journal_writer.so"},
    {.name = "sqlite_writer", .plugin = "sqlite_writer.so"},
    {.name = "postgres_writer",
     .plugin = "postgres_writer.so",
     .options =
         [](const std::filesystem::path&) {
           return R"({"connection": ")" + server().connection() + "\"}";
         }},
};
constexpr std::size_t kPostgres = 3;

}  // namespace

const SinkUnderTest& study_test::sink_under_test() {
  return kSinks[0];
}

BOOST_AUTO_TEST_CASE(a_server_that_was_away_has_in_the_end_what_the_others_have) {
  study_test::SideBySide host(kSinks);
  host.tell(0, running, 1, kNobody);
  host.tell(0, completed, 2, kNobody);
  for (std::size_t i = 0; i < std::size(kSinks); ++i) BOOST_TEST(host.is_stored(i));
  server().kill();
  host.tell(1, running, 3, kNobody);
  host.tell(1, failed, 4, kNobody);
  host.tell(1, running, 5, kNobody);
  host.tell(2, running, 6, kNobody);
  for (std::size_t i = 0; i < kPostgres; ++i) BOOST_TEST(host.is_stored(i), kSinks[i].name);
  server().start();
  host.tell(2, completed, 7, kNobody);
  study_test::wait_until("the server has it all", [&] { return host.is_stored(kPostgres); });
  host.tell(1, completed, 8, kNobody);
  host.end(kNobody);
  for (std::size_t i = 0; i < std::size(kSinks); ++i) {
    BOOST_TEST(host.is_stored(i), kSinks[i].name);
  }
}

int main(int argc, char** argv) {
  if (study_test::postgres_programs().empty()) {
    std::cout << "SKIPPED: no PostgreSQL server is installed here" << std::endl;
    return 0;
  }
  return boost::unit_test::unit_test_main(&init_unit_test, argc, argv);
}
