#include "postgres/session.hpp"

#include "postgres/schema.hpp"

#include <utility>

namespace study::postgres {
namespace {

constexpr int kOldestServer = 120000;

constexpr const char* kStoreChange = "store_change";
constexpr const char* kStoreEnding = "store_ending";

constexpr const char* kStoreEndingSql =
    "WITH stored AS (UPDATE {s}.studies SET status = $2::text, completed_at = $3::timestamptz "
    "WHERE "
    "study_id = $1::bigint) SELECT pg_catalog.pg_notify($4::text, $5::text)";

/// The state of the entry, as the view `manifest` tells it.
[[nodiscard]] std::string_view entry_state(AttemptStatus status) {
  return status == AttemptStatus::interrupted ? "pending" : to_string(status);
}

[[nodiscard]] std::string payload(std::int64_t study_id, const Change& change) {
  return "{\"study\": " + std::to_string(study_id) +
         ", \"entry\": " + std::to_string(change.entry) + ", \"state\": \"" +
         std::string(entry_state(change.status)) +
         "\", \"sequence\": " + std::to_string(change.sequence) + "}";
}

}  // namespace

std::string study_notification(std::int64_t study_id, StudyStatus status) {
  return "{\"study\": " + std::to_string(study_id) + ", \"status\": \"" +
         std::string(to_string(status)) + "\"}";
}

void prepare_session(Connection& connection, Deadline deadline) {
  if (connection.server_version() < kOldestServer) {
    throw StudyError(connection.description() + ": the server is older than PostgreSQL 12");
  }
  const std::string encoding = connection.server_parameter("server_encoding");
  if (encoding != "UTF8") {
    throw StudyError(connection.description() + " has the encoding " + encoding +
                     ", which does not hold every text: create a database with ENCODING 'UTF8'");
  }
  // Neither tables of a user's own schema nor a limit for idle sessions must get in the way, and
  // the lock of a host that has lost its power must be free again within a minute. Not every
  // version knows every setting.
  connection.run(
      "SELECT pg_catalog.set_config(s.name, v.value, false) FROM (VALUES ('search_path', "
      "'pg_catalog'), ('lock_timeout', '1s'), ('idle_session_timeout', '0'), "
      "('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', "
      "'3')) AS v (name, value) JOIN pg_catalog.pg_settings AS s ON s.name = v.name",
      deadline);
}

Session::Session(Connection connection, const Claim& claim, Deadline deadline)
    : connection_(std::move(connection)), study_id_(claim.study_id), channel_(claim.schema) {
  connection_.prepare(kStoreChange, in_schema(kStoreChangeSql, claim.schema), deadline);
  connection_.prepare(kStoreEnding, in_schema(kStoreEndingSql, claim.schema), deadline);
}

void Session::send(std::span<const Change> changes, const std::optional<Ending>& ending) {
  for (const Change& change : changes) {
    connection_.send(kStoreChange, BinaryRow()
                                       .int8(study_id_)
                                       .int4(static_cast<std::int32_t>(change.entry))
                                       .int4(change.attempt)
                                       .text(to_string(change.status))
                                       .time(change.started_at)
                                       .time(change.ended_at)
                                       .optional_text(change.result_file)
                                       .optional_text(change.error_type)
                                       .optional_text(change.error_message)
                                       .text(channel_)
                                       .text(payload(study_id_, change)));
  }
  if (ending) {
    connection_.send(kStoreEnding, BinaryRow()
                                       .int8(study_id_)
                                       .text(to_string(ending->status))
                                       .time(ending->completed_at)
                                       .text(channel_)
                                       .text(study_notification(study_id_, ending->status)));
  }
  connection_.send_end();
}

}  // namespace study::postgres
