#include "postgres/study_store.hpp"

#include "base/format.hpp"
#include "checkpoint/sink.hpp"
#include "postgres/schema.hpp"

#include <study/json.hpp>

#include <type_traits>

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
SET status = i.status, ended_at_us = i.ended_at_us, result_file = i.result_file,
    error_type = i.error_type, error_message = i.error_message
FROM pg_temp.incoming AS i
WHERE a.study_id = {id} AND a.position = i.position AND a.status = 'running' AND NOT a.discarded
  AND i.status IN ('completed', 'failed') AND a.started_at_us = i.started_at_us;

UPDATE {s}.attempts SET status = 'interrupted' WHERE study_id = {id} AND status = 'running';

UPDATE {s}.attempts AS a SET discarded = true FROM pg_temp.incoming AS i
WHERE a.study_id = {id} AND a.position = i.position AND i.status = 'pending'
  AND a.status IN ('completed', 'failed') AND NOT a.discarded
  AND a.attempt = (SELECT max(t.attempt) FROM {s}.attempts AS t
                   WHERE t.study_id = {id} AND t.position = a.position);

INSERT INTO {s}.attempts (study_id, position, attempt, status, started_at_us, ended_at_us,
                          result_file, error_type, error_message)
SELECT {id}, i.position, coalesce(a.attempt, 0) + 1, i.status, i.started_at_us, i.ended_at_us,
       i.result_file, i.error_type, i.error_message
FROM pg_temp.incoming AS i
LEFT JOIN LATERAL (
  SELECT * FROM {s}.attempts AS t WHERE t.study_id = {id} AND t.position = i.position
  ORDER BY t.attempt DESC LIMIT 1
) AS a ON true
WHERE i.status IN ('completed', 'failed') AND (a.attempt IS NULL OR a.discarded OR
  (a.status, a.started_at_us, a.ended_at_us, a.result_file, a.error_type, a.error_message)
    IS DISTINCT FROM
  (i.status, i.started_at_us, i.ended_at_us, i.result_file, i.error_type, i.error_message));
)sql";

// $1 is the table as JSON. What an object doesn't have is null.
constexpr const char* kMakeIncoming = R"sql(
CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT * FROM json_to_recordset($1::json) AS (
  position integer, config_hash text, cycle integer, config_summary text, status text,
  started_at_us bigint, ended_at_us bigint, result_file text, error_type text, error_message text
))sql";

/// Nothing where there is no value.
template <class Value>
void append_field(std::string& out, std::string_view name, const std::optional<Value>& value) {
  if (!value) return;
  out += ",\"";
  out += name;
  out += "\":";
  if constexpr (std::is_same_v<Value, Timestamp>) {
    out += std::to_string(value->time_since_epoch().count());
  } else {
    append_json_string(out, to_stored(*value));
  }
}

[[nodiscard]] std::string to_json(const checkpoint::EntryTable& table) {
  std::string json = "[";
  for (std::size_t i = 0; i < table.size(); ++i) {
    const ManifestEntryView entry = table.entry(i);
    json += (i == 0 ? "{\"position\":" : ",{\"position\":") + std::to_string(i) +
            ",\"cycle\":" + std::to_string(entry.cycle);
    append_field(json, "config_hash", std::optional(entry.config_hash));
    append_field(json, "config_summary", std::optional(entry.config_summary));
    append_field(json, "status", std::optional(to_string(entry.status)));
    append_field(json, "started_at_us", entry.started_at);
    append_field(json, "ended_at_us", entry.completed_at);
    append_field(json, "result_file", entry.result_file);
    append_field(json, "error_type", entry.error_type);
    append_field(json, "error_message", entry.error_message);
    json += '}';
  }
  return json += ']';
}

/// The latest row of this study, if it is known.
[[nodiscard]] std::optional<std::int64_t> find_study(Connection& connection, const WriterLock& lock,
                                                     Timestamp started_at, Deadline deadline) {
  const Rows rows = connection.run(
      in_schema("SELECT study_id FROM {s}.studies WHERE directory_id = $1::text AND "
                "directory_inode = $2::bigint AND started_at_us = $3::bigint ORDER BY study_id "
                "DESC LIMIT 1",
                lock.schema),
      Parameters(lock.directory.token, lock.directory.inode, started_at), deadline);
  if (rows.size() == 0) return std::nullopt;
  return rows.integer(0, 0);
}

constexpr const char* kInsertStudy =
    "INSERT INTO {s}.studies (study_name, study_design_hash, schema_version, framework_version, "
    "status, started_at_us, completed_at_us, writer_host, writer_pid, writer_since_us, "
    "writer_token, study_dir, directory_id, directory_inode) VALUES ($1::text, $2::text, $3::text, "
    "$4::text, $5::text, $6::bigint, $7::bigint, $8::text, $9::bigint, $10::bigint, $11::text, "
    "$12::text, $13::text, $14::bigint) RETURNING study_id";
constexpr const char* kUpdateStudy =
    "UPDATE {s}.studies SET study_name = $1::text, study_design_hash = $2::text, schema_version = "
    "$3::text, framework_version = $4::text, status = $5::text, started_at_us = $6::bigint, "
    "completed_at_us = $7::bigint, writer_host = $8::text, writer_pid = $9::bigint, "
    "writer_since_us = $10::bigint, writer_token = $11::text, study_dir = $12::text WHERE study_id "
    "= $13::bigint RETURNING study_id";

[[nodiscard]] std::int64_t store_head(Connection& connection, const WriterLock& lock,
                                      const ManifestHead& head, bool resumed, Deadline deadline) {
  Parameters row(head.study_name, head.study_design_hash, kManifestSchemaVersion,
                 head.framework_version, to_string(head.status), head.started_at, head.completed_at,
                 lock.writer.host, lock.writer.pid, lock.writer.started_at, lock.token,
                 lock.study_dir);
  const auto known = resumed ? find_study(connection, lock, head.started_at, deadline)
                             : std::optional<std::int64_t>();
  if (known) {
    row.add(*known);
  } else {
    row.add(lock.directory.token);
    row.add(lock.directory.inode);
  }
  return connection.run(in_schema(known ? kUpdateStudy : kInsertStudy, lock.schema), row, deadline)
      .integer(0, 0);
}

/// The id first: the schema's name may have anything in it.
[[nodiscard]] std::string for_study(std::string sql, const WriterLock& lock) {
  constexpr std::string_view kPlace = "{id}";
  const std::string id = std::to_string(lock.study_id);
  for (auto at = sql.find(kPlace); at != std::string::npos; at = sql.find(kPlace, at)) {
    sql.replace(at, kPlace.size(), id);
  }
  return in_schema(sql, lock.schema);
}

constexpr const char* kSelectHead =
    "SELECT study_id, study_name, study_design_hash, framework_version, started_at_us, "
    "completed_at_us, status FROM {s}.studies WHERE ";

/// `head` is a row that `kSelectHead` gives.
[[nodiscard]] StudyManifest read_study(Connection& connection, const std::string& schema,
                                       const Rows& head, Deadline deadline) {
  const Rows rows = connection.run(
      in_schema("SELECT config_hash, config_summary, cycle, status, result_file, error_type, "
                "error_message, started_at_us, ended_at_us FROM {s}.entry_states WHERE study_id = "
                "$1::bigint ORDER BY position",
                schema),
      Parameters(head.integer(0, 0)), deadline);
  // The tables allow no other states.
  StudyManifest manifest{{head.text(0, 1), head.text(0, 2), head.text(0, 3), head.time(0, 4),
                          head.optional_time(0, 5), *parse_study_status(head.text(0, 6))},
                         {}};
  manifest.experiments.reserve(static_cast<std::size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    manifest.experiments.push_back(
        {rows.text(i, 0), rows.text(i, 1), static_cast<std::int32_t>(rows.integer(i, 2)),
         *parse_experiment_state(rows.text(i, 3)), rows.optional_text(i, 4),
         rows.optional_text(i, 5), rows.optional_text(i, 6), rows.optional_time(i, 7),
         rows.optional_time(i, 8)});
  }
  return manifest;
}

/// Of the directory itself: a copy is another one.
void refuse_occupied(Connection& connection, const WriterLock& lock, Deadline deadline) {
  const Rows head = connection.run(
      in_schema(std::string(kSelectHead) +
                    "directory_id = $1::text AND directory_inode = $2::bigint ORDER BY study_id "
                    "DESC LIMIT 1",
                lock.schema),
      Parameters(lock.directory.token, lock.directory.inode), deadline);
  if (head.size() == 0) return;
  const StudyManifest found = read_study(connection, lock.schema, head, deadline);
  throw checkpoint::occupied(
      study::format("{} has in schema \"{}\", of the directory {}, {}", connection.description(),
                    lock.schema, lock.study_dir,
                    checkpoint::describe_study(found.head, count_entries(found))),
      in_schema("remove its rows: DELETE FROM {s}.studies WHERE study_id = ", lock.schema) +
          std::to_string(head.integer(0, 0)));
}

}  // namespace

OpenedStudy opened_study(const checkpoint::EntryTable& table, bool is_resumed) {
  return {table.head(), to_json(table), is_resumed};
}

AttemptCounts store_study(Connection& connection, WriterLock& lock, const OpenedStudy& study,
                          Deadline deadline) {
  connection.run_script("BEGIN", deadline);
  if (!study.is_resumed) refuse_occupied(connection, lock, deadline);
  lock.study_id = store_head(connection, lock, study.head, study.is_resumed, deadline);
  connection.run(kMakeIncoming, Parameters(study.entries), deadline);
  connection.run_script("ANALYZE pg_temp.incoming", deadline);
  connection.run_script(for_study(kReconcile, lock), deadline);
  const Rows last_attempts = connection.run(
      in_schema("SELECT position, max(attempt) FROM {s}.attempts WHERE study_id = $1::bigint GROUP "
                "BY position",
                lock.schema),
      Parameters(lock.study_id), deadline);
  connection.run("SELECT pg_catalog.pg_notify($1::text, $2::text)",
                 Parameters(lock.schema, study_notification(lock.study_id, study.head.status)),
                 deadline);
  connection.run_script("COMMIT", deadline);
  AttemptCounts counts;
  for (int i = 0; i < last_attempts.size(); ++i) {
    counts.emplace(static_cast<checkpoint::EntryIndex>(last_attempts.integer(i, 0)),
                   static_cast<std::uint32_t>(last_attempts.integer(i, 1)));
  }
  return counts;
}

namespace {

/// What `kSelectHead` gives of it, in a transaction in which the rest is from the same moment.
[[nodiscard]] Rows find_latest(Connection& connection, const std::string& schema,
                               const std::optional<DirectoryId>& directory,
                               const std::string& study_name, Deadline deadline) {
  connection.run_script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", deadline);
  return connection.run(
      in_schema(std::string(kSelectHead) +
                    (directory ? "directory_id = $1::text ORDER BY directory_inode = $2::bigint "
                                 "DESC, "
                               : "study_name = $1::text ORDER BY ") +
                    "started_at_us DESC, study_id DESC LIMIT 1",
                schema),
      directory ? Parameters(directory->token, directory->inode) : Parameters(study_name),
      deadline);
}

/// So many at once, so that the memory for them doesn't grow with the study.
constexpr int kAttemptsAtOnce = 1'000;

/// In the order of entries and attempts: the next behind ($2, $3).
constexpr const char* kSelectAttempts =
    "SELECT a.position, a.attempt, e.config_hash, e.cycle, a.status, a.started_at_us, "
    "a.ended_at_us, a.result_file, a.error_type, a.error_message, a.attributes FROM {s}.attempts "
    "AS a JOIN {s}.entries AS e USING (study_id, position) WHERE study_id = $1::bigint AND "
    "(position, attempt) > ($2::integer, $3::integer) ORDER BY position, attempt LIMIT $4::integer";

/// The tables allow no other states.
[[nodiscard]] StudyAttempt attempt_of(const Rows& rows, int row) {
  return {.config_hash = rows.text(row, 2),
          .cycle = static_cast<std::int32_t>(rows.integer(row, 3)),
          .attempt = static_cast<std::uint32_t>(rows.integer(row, 1)),
          .state = *parse_attempt_state(rows.text(row, 4)),
          .started_at = rows.optional_time(row, 5),
          .ended_at = rows.optional_time(row, 6),
          .result_file = rows.optional_text(row, 7),
          .error_type = rows.optional_text(row, 8),
          .error_message = rows.optional_text(row, 9),
          .attributes = rows.optional_text(row, 10).value_or("")};
}

}  // namespace

std::optional<StudyManifest> read_latest(Connection& connection, const std::string& schema,
                                         const std::optional<DirectoryId>& directory,
                                         const std::string& study_name, Deadline deadline) {
  if (!has_tables(connection, schema, deadline)) return std::nullopt;
  const Rows head = find_latest(connection, schema, directory, study_name, deadline);
  if (head.size() == 0) return std::nullopt;
  return read_study(connection, schema, head, deadline);
}

bool read_latest_attempts(Connection& connection, const std::string& schema,
                          const std::optional<DirectoryId>& directory,
                          const std::string& study_name, const TakeAttempt& take,
                          Deadline deadline) {
  if (!has_tables(connection, schema, deadline)) return false;
  const Rows head = find_latest(connection, schema, directory, study_name, deadline);
  if (head.size() == 0) return false;
  std::int64_t position = -1;
  std::int64_t attempt = 0;
  for (int count = kAttemptsAtOnce; count == kAttemptsAtOnce;) {
    const Rows rows = connection.run(
        in_schema(kSelectAttempts, schema),
        Parameters(head.integer(0, 0), position, attempt, kAttemptsAtOnce), deadline);
    count = rows.size();
    for (int i = 0; i < count; ++i) take(attempt_of(rows, i));
    if (count == 0) break;
    position = rows.integer(count - 1, 0);
    attempt = rows.integer(count - 1, 1);
  }
  return true;
}

}  // namespace study::postgres
