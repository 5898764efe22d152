#include "postgres/writer_session.hpp"

#include "base/format.hpp"
#include "postgres/schema.hpp"

namespace study::postgres {
namespace {

constexpr int kOldestServer = 120000;

constexpr const char* kStoreAttempt = "store_attempt";
constexpr const char* kStoreEnding = "store_ending";

constexpr const char* kStoreEndingSql =
    "WITH stored AS (UPDATE {s}.studies SET status = $2::text, completed_at_us = $3::bigint WHERE "
    "study_id = $1::bigint) SELECT pg_catalog.pg_notify($4::text, $5::text)";

// Stored twice it leaves the same rows.
constexpr const char* kStoreEntry = "store_entry";
constexpr const char* kStoreEntrySql =
    "WITH stored AS (INSERT INTO {s}.entries (study_id, position, config_hash, cycle, "
    "config_summary) VALUES ($1::bigint, $2::integer, $3::text, $4::integer, $5::text) ON CONFLICT "
    "(study_id, position) DO NOTHING) UPDATE {s}.studies SET study_design_hash = $6::text WHERE "
    "study_id = $1::bigint AND study_design_hash <> $6::text";

[[nodiscard]] std::optional<std::string> text_or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

[[nodiscard]] std::string payload(std::int64_t study_id, const AttemptRow& row) {
  return "{\"study\": " + std::to_string(study_id) + ", \"entry\": " + std::to_string(row.entry) +
         ", \"state\": \"" + std::string(to_string(row.state)) +
         "\", \"sequence\": " + std::to_string(row.sequence) + "}";
}

}  // namespace

AttemptRow AttemptRows::after(const checkpoint::Transition& transition) {
  AttemptRow row;
  row.entry = transition.entry;
  row.attempt = transition.attempt;
  row.sequence = transition.sequence;
  row.state = transition.state;
  if (row.state == ExperimentState::running) {
    row.started_at = running_since_[transition.entry] = transition.time;
  } else {
    row.ended_at = transition.time;
    const auto begun = running_since_.extract(transition.entry);
    if (begun) row.started_at = begun.mapped();
  }
  row.result_file = text_or_null(transition.result_file);
  row.error_type = text_or_null(transition.error_type);
  row.error_message = text_or_null(transition.error_message);
  row.attributes = text_or_null(transition.attributes);
  return row;
}

std::string study_notification(std::int64_t study_id, StudyStatus status) {
  return study::format(R"({{"study": {}, "status": "{}"}})", study_id, to_string(status));
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
  // the lock of a host that has lost its power must be free again within half a minute: keepalives
  // see to that while nothing is under way, tcp_user_timeout while the server's answer is. Not
  // every version and system knows every setting.
  connection.run(
      "SELECT pg_catalog.set_config(s.name, v.value, false) FROM (VALUES ('search_path', "
      "'pg_catalog'), ('lock_timeout', '1s'), ('idle_session_timeout', '0'), "
      "('tcp_keepalives_idle', '10'), ('tcp_keepalives_interval', '5'), ('tcp_keepalives_count', "
      "'3'), ('tcp_user_timeout', '25s')) AS v (name, value) JOIN pg_catalog.pg_settings AS s ON "
      "s.name = v.name",
      deadline);
}

WriterSession::WriterSession(Connection connection, const WriterLock& lock, Deadline deadline)
    : connection_(std::move(connection)), study_id_(lock.study_id), channel_(lock.schema) {
  connection_.prepare(kStoreAttempt, in_schema(kStoreAttemptSql, lock.schema), deadline);
  connection_.prepare(kStoreEntry, in_schema(kStoreEntrySql, lock.schema), deadline);
  connection_.prepare(kStoreEnding, in_schema(kStoreEndingSql, lock.schema), deadline);
}

std::uint32_t WriterSession::earlier_attempts(checkpoint::EntryIndex entry) const {
  if (earlier_ == nullptr) return 0;
  const auto found = earlier_->find(entry);
  return found == earlier_->end() ? 0 : found->second;
}

void WriterSession::send(const Batch& batch, const std::optional<Ending>& ending) {
  for (const EntryRow& row : batch.entries) {
    connection_.send(kStoreEntry, Parameters(study_id_, row.entry, row.config_hash, row.cycle,
                                             row.config_summary, row.study_design_hash));
  }
  for (const AttemptRow& row : batch.attempts) {
    connection_.send(kStoreAttempt,
                     Parameters(study_id_, row.entry, row.attempt + earlier_attempts(row.entry),
                                attempt_status(row.state), row.started_at, row.ended_at,
                                row.result_file, row.error_type, row.error_message, row.attributes,
                                channel_, payload(study_id_, row)));
  }
  if (ending) {
    connection_.send(kStoreEnding,
                     Parameters(study_id_, to_string(ending->status), ending->completed_at,
                                channel_, study_notification(study_id_, ending->status)));
  }
  connection_.send_end();
}

}  // namespace study::postgres
