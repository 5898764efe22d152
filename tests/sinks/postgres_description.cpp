#include "sink_under_test.hpp"
#include "support/postgres_server.hpp"

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

namespace {

using study_test::PostgresServer;

std::unique_ptr<PostgresServer>& server() {
  static std::unique_ptr<PostgresServer> instance;
  return instance;
}

std::string start_server() {
  if (study_test::postgres_programs().empty()) return "no PostgreSQL server is installed here";
  server() = std::make_unique<PostgresServer>();
  return {};
}

/// A started observer has a thread of its own.
bool has_observer() {
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(thread.path() / "comm"), name);
    if (name == "postgres_writer") return true;
  }
  return false;
}

/// Of the study that was stored last: each directory's studies are in one schema.
std::vector<std::string> attributes_of_attempts(const std::filesystem::path& /*study_dir*/) {
  std::istringstream rows(server()->query(
      "SELECT string_agg(coalesce(attributes::text, ''), chr(10) ORDER BY position, attempt) FROM "
      "study_checkpoint.attempts WHERE study_id = (SELECT max(study_id) FROM "
      "study_checkpoint.studies)"));
  std::vector<std::string> result;
  for (std::string row; std::getline(rows, row);) result.push_back(row);
  return result;
}

/// Whoever is left comes back by itself, after a pause, and begins to send what it has kept.
void restart_server() {
  server()->start();
  if (!has_observer()) return;
  study_test::wait_until("the observer is back", [] {
    return server()->query(
               "SELECT count(*) FROM pg_stat_activity WHERE application_name = "
               "'postgres_writer' AND query LIKE 'WITH stored%'") != "0";
  });
}

}  // namespace

const study_test::SinkUnderTest& study_test::sink_under_test() {
  static const SinkUnderTest sink{
      .name = "postgres_writer",
      .plugin = "postgres_writer.so",
      .options =
          [](const std::filesystem::path&) {
            // Nobody waits so long: a transition that did would hang the test.
            return R"({"wait_milliseconds": 3600000, "end_wait_seconds": 1, "connection": ")" +
                   server()->connection() + "\"}";
          },
      .set_up = start_server,
      .attributes = attributes_of_attempts,
      .lists_studies = true,
      .break_store = [] { server()->kill(); },
      .mend_store = restart_server};
  return sink;
}
