// The same study, kept by each sink at once: whichever is asked tells of the same attempts.
#define BOOST_TEST_MODULE report_with_postgres
#define BOOST_TEST_NO_MAIN
#include "report/page_of_study.hpp"
#include "support/postgres_server.hpp"

#include <iostream>
#include <string>

#include <boost/test/unit_test.hpp>

using namespace study_test;

namespace {

json::object observer(const std::string& plugin, const std::string& connection) {
  json::object result{{"plugin", plugin}};
  if (plugin == "postgres_writer") result["options"] = {{"connection", connection}};
  return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_sink_that_keeps_attempts_tells_of_the_same) {
  const PostgresServer server;
  StudyFolder folder;
  json::array all;
  for (const char* plugin :
       {"manifest_writer", "journal_writer", "sqlite_writer", "postgres_writer"}) {
    all.push_back(observer(plugin, server.connection()));
  }
  folder.host(all, {{"jobs", 2}});
  folder.study("echo '{\"ok\": true}'; [ {attempt} = 3 ]", {{{"n", 1}}, {{"n", 2}}, {{"n", 3}}},
               {{"retries", 2}});
  BOOST_REQUIRE(folder.run().exit_code == 0);
  std::string expected;
  for (const char* plugin : {"journal_writer", "sqlite_writer", "postgres_writer"}) {
    const std::string config = std::string(plugin) + ".json";
    json::array alone{observer(plugin, server.connection())};
    folder.write(config, json::serialize(json::object{{"observers", alone}}));
    const ProgramResult result =
        report(folder.study_dir(), {"--config", (folder / config).string(), "--output", "-"});
    BOOST_TEST(result.exit_code == 0);
    BOOST_TEST(result.err == "");
    const json::value data = element(result.out, "data");
    BOOST_TEST(data.at("attempts").at("status").as_string() == "ffffff", plugin);
    BOOST_TEST(json::serialize(data.at("attempts").at("run")) == "[0,0,1,1,2,2]", plugin);
    const std::string told =
        json::serialize(data.at("attempts")) + json::serialize(data.at("runs"));
    const bool knows_slots =
        told.find("[-1") == std::string::npos && told.find(",-1") == std::string::npos;
    BOOST_TEST(knows_slots, plugin << " " << told);
    if (expected.empty()) expected = told;
    BOOST_TEST(told == expected, plugin);
  }
}

int main(int argc, char** argv) {
  if (postgres_programs().empty()) {
    std::cout << "SKIPPED: no PostgreSQL server is installed here" << std::endl;
    return 0;
  }
  return boost::unit_test::unit_test_main(&init_unit_test, argc, argv);
}
