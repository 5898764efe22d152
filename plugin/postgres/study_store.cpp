#include "postgres/study_store.hpp"

#include "postgres/schema.hpp"
#include "postgres/session.hpp"

#include <utility>

namespace study::postgres {
namespace {

// `incoming` is the table that is right, `{id}` the study. In order:
//   - entries that the study no longer has go, with their attempts;
//   - positions change in two steps, since a position is unique at every moment;
//   - an attempt whose end the store has missed gets it: it began when the table says it did;
//   - any other running attempt was interrupted, nobody knows when;
//   - an outcome that the table doesn't count any more is discarded;
//   - an outcome that the store doesn't have becomes an attempt.
constexpr const char* kReconcile = R"sql(
DELETE FROM {s}.entries AS e WHERE e.study_id = {id} AND NOT EXISTS (
  SELECT 1 FROM pg_temp.incoming AS i WHERE i.config_hash = e.config_hash AND i.cycle = e.cycle);

UPDATE {s}.entries AS e SET position = -1 - i.position FROM pg_temp.incoming AS i
WHERE e.study_id = {id} AND i.config_hash = e.config_hash AND i.cycle = e.cycle
  AND e.position <> i.position;
UPDATE {s}.entries SET position = -1 - position WHERE study_id = {id} AND position < 0;

UPDATE {s}.entries AS e SET config_summary = i.config_summary FROM pg_temp.incoming AS i
WHERE e.study_id = {id} AND e.position = i.position AND e.config_summary <> i.config_summary;

INSERT INTO {s}.entries (study_id, position, config_hash, cycle, config_summary)
SELECT {id}, i.position, i.config_hash, i.cycle, i.config_summary FROM pg_temp.incoming AS i
WHERE NOT EXISTS (
  SELECT 1 FROM {s}.entries AS e WHERE e.study_id = {id} AND e.position = i.position)
ORDER BY i.position;

UPDATE {s}.attempts AS a
SET status = i.status, ended_at = i.completed_at, result_file = i.result_file,
    error_type = i.error_type, error_message = i.error_message
FROM pg_temp.incoming AS i
WHERE a.study_id = {id} AND a.position = i.position AND a.status = 'running' AND NOT a.discarded
  AND i.status IN ('completed', 'failed') AND a.started_at = i.started_at;

UPDATE {s}.attempts SET status = 'interrupted' WHERE study_id = {id} AND status = 'running';

UPDATE {s}.attempts AS a SET discarded = true FROM pg_temp.incoming AS i
WHERE a.study_id = {id} AND a.position = i.position AND i.status = 'pending'
  AND a.status IN ('completed', 'failed') AND NOT a.discarded
  AND a.attempt = (SELECT max(t.attempt) FROM {s}.attempts AS t
                   WHERE t.study_id = {id} AND t.position = a.position);

INSERT INTO {s}.attempts (study_id, position, attempt, status, started_at, ended_at, result_file,
                          error_type, error_message)
SELECT {id}, i.position, coalesce(a.attempt, 0) + 1, i.status, i.started_at, i.completed_at,
       i.result_file, i.error_type, i.error_message
FROM pg_temp.incoming AS i
LEFT JOIN LATERAL (
  SELECT * FROM {s}.attempts AS t WHERE t.study_id = {id} AND t.position = i.position
  ORDER BY t.attempt DESC LIMIT 1
) AS a ON true
WHERE i.status IN ('completed', 'failed') AND (a.attempt IS NULL OR a.discarded OR
  (a.status, a.started_at, a.ended_at, a.result_file, a.error_type, a.error_message)
    IS DISTINCT FROM
  (i.status, i.started_at, i.completed_at, i.result_file, i.error_type, i.error_message));
)sql";

constexpr const char* kMakeIncoming = R"sql(
CREATE TEMPORARY TABLE incoming (
  position integer, config_hash text, cycle integer, config_summary text, status text,
  result_file text, error_type text, error_message text,
  started_at timestamptz, completed_at timestamptz
) ON COMMIT DROP)sql";

[[nodiscard]] std::string copy_data(const checkpoint::EntryTable& table) {
  std::string data;
  append_copy_header(data);
  for (std::size_t i = 0; i < table.size(); ++i) {
    const ManifestEntryView entry = table.entry(i);
    BinaryRow()
        .int4(static_cast<std::int32_t>(i))
        .text(entry.config_hash)
        .int4(entry.cycle)
        .text(entry.config_summary)
        .text(to_string(entry.status))
        .optional_text(entry.result_file)
        .optional_text(entry.error_type)
        .optional_text(entry.error_message)
        .time(entry.started_at)
        .time(entry.completed_at)
        .append_copy_row(data);
  }
  append_copy_trailer(data);
  return data;
}

/// The latest row of this study, if it is known.
[[nodiscard]] std::optional<std::int64_t> find_study(Connection& connection, const Claim& claim,
                                                     Timestamp started_at, Deadline deadline) {
  const Rows rows = connection.run(
      in_schema("SELECT study_id FROM {s}.studies WHERE directory_id = $1::text AND "
                "directory_inode = $2::bigint AND started_at = $3::timestamptz ORDER BY study_id "
                "DESC LIMIT 1",
                claim.schema),
      BinaryRow().text(claim.directory.token).int8(claim.directory.inode).time(started_at),
      deadline);
  if (rows.size() == 0) return std::nullopt;
  return rows.int8(0, 0);
}

constexpr const char* kInsertStudy =
    "INSERT INTO {s}.studies (study_name, study_design_hash, schema_version, framework_version, "
    "status, started_at, completed_at, writer_host, writer_pid, writer_since, writer_token, "
    "study_dir, directory_id, directory_inode) VALUES ($1::text, $2::text, $3::text, $4::text, "
    "$5::text, "
    "$6::timestamptz, $7::timestamptz, $8::text, $9::bigint, $10::timestamptz, $11::text, "
    "$12::text, $13::text, $14::bigint) RETURNING study_id";
constexpr const char* kUpdateStudy =
    "UPDATE {s}.studies SET study_name = $1::text, study_design_hash = $2::text, schema_version = "
    "$3::text, framework_version = $4::text, status = $5::text, started_at = $6::timestamptz, "
    "completed_at = $7::timestamptz, writer_host = $8::text, writer_pid = $9::bigint, writer_since "
    "= $10::timestamptz, writer_token = $11::text, study_dir = $12::text WHERE study_id = "
    "$13::bigint RETURNING study_id";

[[nodiscard]] std::int64_t store_head(Connection& connection, const Claim& claim,
                                      const ManifestHead& head, bool resumed, Deadline deadline) {
  BinaryRow row;
  row.text(head.study_name)
      .text(head.study_design_hash)
      .text(kManifestSchemaVersion)
      .text(head.framework_version)
      .text(to_string(head.status))
      .time(head.started_at)
      .time(head.completed_at)
      .text(claim.writer.host)
      .int8(claim.writer.pid)
      .time(claim.writer.started_at)
      .text(claim.token)
      .text(claim.study_dir);
  const auto known = resumed ? find_study(connection, claim, head.started_at, deadline)
                             : std::optional<std::int64_t>();
  if (known) {
    row.int8(*known);
  } else {
    row.text(claim.directory.token).int8(claim.directory.inode);
  }
  return connection.run(in_schema(known ? kUpdateStudy : kInsertStudy, claim.schema), row, deadline)
      .int8(0, 0);
}

/// The id first: the schema's name may have anything in it.
[[nodiscard]] std::string for_study(std::string sql, const Claim& claim) {
  constexpr std::string_view kPlace = "{id}";
  const std::string id = std::to_string(claim.study_id);
  for (auto at = sql.find(kPlace); at != std::string::npos; at = sql.find(kPlace, at)) {
    sql.replace(at, kPlace.size(), id);
  }
  return in_schema(sql, claim.schema);
}

[[nodiscard]] StudyManifest read_study(Connection& connection, const std::string& schema,
                                       const Rows& head, Deadline deadline) {
  StudyManifest manifest;
  manifest.head.study_name = head.text(0, 1);
  manifest.head.study_design_hash = head.text(0, 2);
  manifest.head.framework_version = head.text(0, 3);
  manifest.head.started_at = head.time(0, 4);
  manifest.head.completed_at = head.optional_time(0, 5);
  manifest.head.status = *parse_study_status(head.text(0, 6));  // the table allows no other
  const Rows rows = connection.run(
      in_schema("SELECT config_hash, config_summary, cycle, status, result_file, error_type, "
                "error_message, started_at, completed_at FROM {s}.manifest WHERE study_id = "
                "$1::bigint ORDER BY position",
                schema),
      BinaryRow().int8(head.int8(0, 0)), deadline);
  manifest.experiments.reserve(static_cast<std::size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    ManifestEntry entry;
    entry.config_hash = rows.text(i, 0);
    entry.config_summary = rows.text(i, 1);
    entry.cycle = rows.int4(i, 2);
    entry.status = *parse_experiment_state(rows.text(i, 3));
    entry.result_file = rows.optional_text(i, 4);
    entry.error_type = rows.optional_text(i, 5);
    entry.error_message = rows.optional_text(i, 6);
    entry.started_at = rows.optional_time(i, 7);
    entry.completed_at = rows.optional_time(i, 8);
    manifest.experiments.push_back(std::move(entry));
  }
  return manifest;
}

[[nodiscard]] std::optional<StudyManifest> read_latest(Connection& connection,
                                                       const std::string& schema,
                                                       const char* condition,
                                                       const BinaryRow& parameters,
                                                       Deadline deadline) {
  if (!has_tables(connection, schema, deadline)) return std::nullopt;
  connection.run_script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", deadline);
  const Rows head = connection.run(
      in_schema(std::string("SELECT study_id, study_name, study_design_hash, framework_version, "
                            "started_at, completed_at, status FROM {s}.studies WHERE ") +
                    condition + " LIMIT 1",
                schema),
      parameters, deadline);
  if (head.size() == 0) return std::nullopt;
  return read_study(connection, schema, head, deadline);
}

}  // namespace

std::vector<std::int32_t> store_study(Connection& connection, Claim& claim,
                                      const checkpoint::EntryTable& table, bool resumed,
                                      Deadline deadline) {
  connection.run_script("BEGIN", deadline);
  claim.study_id = store_head(connection, claim, table.head(), resumed, deadline);
  connection.run_script(kMakeIncoming, deadline);
  connection.copy_in("COPY pg_temp.incoming FROM STDIN (FORMAT binary)", copy_data(table),
                     deadline);
  connection.run_script("ANALYZE pg_temp.incoming", deadline);
  connection.run_script(for_study(kReconcile, claim), deadline);
  const Rows rows = connection.run(
      in_schema("SELECT position, max(attempt) FROM {s}.attempts WHERE study_id = $1::bigint GROUP "
                "BY position",
                claim.schema),
      BinaryRow().int8(claim.study_id), deadline);
  std::vector<std::int32_t> last_attempts(table.size());
  for (int i = 0; i < rows.size(); ++i) {
    last_attempts.at(static_cast<std::size_t>(rows.int4(i, 0))) = rows.int4(i, 1);
  }
  connection.run(
      "SELECT pg_catalog.pg_notify($1::text, $2::text)",
      BinaryRow().text(claim.schema).text(study_notification(claim.study_id, table.head().status)),
      deadline);
  connection.run_script("COMMIT", deadline);
  return last_attempts;
}

std::optional<StudyManifest> read_by_directory(Connection& connection, const std::string& schema,
                                               const DirectoryId& directory, Deadline deadline) {
  // By way of JSON, since tables of version 1 have no such column, and who reads migrates nothing.
  return read_latest(connection, schema,
                     "directory_id = $1::text ORDER BY (to_jsonb(studies) ->> 'directory_inode' = "
                     "$2::text) IS TRUE DESC, started_at DESC, study_id DESC",
                     BinaryRow().text(directory.token).text(std::to_string(directory.inode)),
                     deadline);
}

std::optional<StudyManifest> read_by_name(Connection& connection, const std::string& schema,
                                          const std::string& study_name, Deadline deadline) {
  return read_latest(connection, schema,
                     "study_name = $1::text ORDER BY started_at DESC, study_id DESC",
                     BinaryRow().text(study_name), deadline);
}

}  // namespace study::postgres
