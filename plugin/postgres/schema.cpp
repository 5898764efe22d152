#include "postgres/schema.hpp"

#include "base/format.hpp"

#include <study/identity.hpp>
#include <study/text.hpp>

#include <charconv>

namespace study::postgres {
namespace {

constexpr std::size_t kMaxNameBytes = 63;  // PostgreSQL's NAMEDATALEN less its terminator

// FORMAT.md tells what the tables mean. The index by name is a hash, since a name may be longer
// than what a B-tree takes. attempts keeps room in its pages, so that the update that ends an
// attempt stays in the page and touches no index.
constexpr const char* kTables = R"sql(
CREATE TABLE {s}.schema_version (
  version  integer NOT NULL,
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);

CREATE TABLE {s}.studies (
  study_id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  directory_id      text NOT NULL,
  directory_inode   bigint NOT NULL,
  study_dir         text NOT NULL,
  study_name        text NOT NULL,
  study_design_hash text NOT NULL,
  schema_version    text NOT NULL,
  framework_version text NOT NULL,
  status            text NOT NULL
    CHECK (status IN ('running', 'completed', 'interrupted', 'failed')),
  started_at_us     bigint NOT NULL,
  completed_at_us   bigint,
  writer_host       text NOT NULL,
  writer_pid        bigint NOT NULL,
  writer_since_us   bigint NOT NULL,
  writer_token      text NOT NULL
);
CREATE INDEX studies_by_directory ON {s}.studies (directory_id);
CREATE INDEX studies_by_name ON {s}.studies USING hash (study_name);

CREATE TABLE {s}.entries (
  study_id       bigint NOT NULL REFERENCES {s}.studies ON DELETE CASCADE,
  position       integer NOT NULL,
  config_hash    text NOT NULL,
  cycle          integer NOT NULL CHECK (cycle >= 1),
  config_summary text NOT NULL,
  PRIMARY KEY (study_id, position),
  UNIQUE (study_id, config_hash, cycle)
);

CREATE TABLE {s}.attempts (
  study_id      bigint NOT NULL,
  position      integer NOT NULL,
  attempt       integer NOT NULL CHECK (attempt >= 1),
  status        text NOT NULL
    CHECK (status IN ('running', 'completed', 'failed', 'interrupted')),
  discarded     boolean NOT NULL DEFAULT false,
  started_at_us bigint,
  ended_at_us   bigint,
  result_file   text,
  error_type    text,
  error_message text,
  attributes    json,
  PRIMARY KEY (study_id, position, attempt),
  FOREIGN KEY (study_id, position) REFERENCES {s}.entries ON UPDATE CASCADE ON DELETE CASCADE
) WITH (fillfactor = 80);

CREATE VIEW {s}.entry_states AS
SELECT e.study_id, e.position, e.config_hash, e.config_summary, e.cycle,
       coalesce(a.status, 'pending') AS status,
       a.result_file, a.error_type, a.error_message, a.started_at_us, a.ended_at_us
FROM {s}.entries AS e
LEFT JOIN LATERAL (
  SELECT * FROM {s}.attempts AS t
  WHERE t.study_id = e.study_id AND t.position = e.position
  ORDER BY t.attempt DESC LIMIT 1
) AS a ON a.status <> 'interrupted' AND NOT a.discarded;

CREATE VIEW {s}.manifest AS
SELECT study_id, position, config_hash, config_summary, cycle, status,
       result_file, error_type, error_message,
       to_timestamp(started_at_us / 1e6) AS started_at,
       to_timestamp(ended_at_us / 1e6) AS completed_at
FROM {s}.entry_states;

CREATE VIEW {s}.studies_overview AS
SELECT s.study_id, s.study_name, s.study_dir, s.status,
       to_timestamp(s.started_at_us / 1e6) AS started_at,
       to_timestamp(s.completed_at_us / 1e6) AS completed_at,
       s.writer_host, s.writer_pid, to_timestamp(s.writer_since_us / 1e6) AS writer_since,
       count(e.position) AS total_experiments,
       count(*) FILTER (WHERE e.status = 'completed') AS completed,
       count(*) FILTER (WHERE e.status = 'failed') AS failed,
       count(*) FILTER (WHERE e.status IN ('pending', 'running')) AS pending,
       count(*) FILTER (WHERE e.status = 'running') AS running
FROM {s}.studies AS s
LEFT JOIN {s}.entry_states AS e ON e.study_id = s.study_id
GROUP BY s.study_id;
)sql";

void fill_schema(Connection& connection, const std::string& schema, Deadline deadline) {
  // CREATE SCHEMA IF NOT EXISTS asks for a permission that it doesn't need if the schema is there.
  const Rows found =
      connection.run("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1::text",
                     Parameters(schema), deadline);
  if (found.size() == 0) connection.run_script(in_schema("CREATE SCHEMA {s}", schema), deadline);
  connection.run_script(in_schema(kTables, schema), deadline);
  connection.run(in_schema("INSERT INTO {s}.schema_version (version) VALUES ($1::integer)", schema),
                 Parameters(kTablesVersion), deadline);
}

[[nodiscard]] std::string advice(const ServerError& error, const std::string& schema) {
  if (error.sqlstate() == "42501") {
    return ": let the schema's owner make it, or give the user the right to (GRANT CREATE ON "
           "DATABASE)";
  }
  if (error.sqlstate() == "42P07") {
    return ": schema \"" + schema +
           "\" has tables of something else; choose another one with option \"schema\"";
  }
  return {};
}

}  // namespace

void check_schema_name(std::string_view schema) {
  const auto refuse = [](const std::string& why) {
    throw InputError("option \"schema\" " + why + ": choose another name");
  };
  if (schema.empty() || schema.size() > kMaxNameBytes) refuse("must have 1 to 63 bytes");
  if (schema.starts_with("pg_")) refuse("begins with pg_, which PostgreSQL keeps for itself");
  for (const char c : schema) {
    if (static_cast<unsigned char>(c) < 0x20) refuse("has a control character");
  }
  if (to_valid_utf8(schema) != schema) refuse("is not UTF-8");
}

std::string in_schema(std::string_view sql, std::string_view schema) {
  std::string quoted = "\"";
  for (const char c : schema) quoted.append(c == '"' ? 2 : 1, c);
  quoted += '"';
  constexpr std::string_view kPlace = "{s}";
  std::string result;
  for (std::size_t at = 0; (at = sql.find(kPlace)) != std::string_view::npos;) {
    result += sql.substr(0, at);
    result += quoted;
    sql.remove_prefix(at + kPlace.size());
  }
  return result += sql;
}

std::int64_t lock_key(std::string_view purpose) {
  const std::string digits = short_sha256("postgres_writer " + std::string(purpose));
  std::uint64_t key = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), key, 16);
  return static_cast<std::int64_t>(key);
}

bool has_tables(Connection& connection, const std::string& schema, Deadline deadline) {
  const Rows table = connection.run(
      "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
      "c.relnamespace WHERE n.nspname = $1::text AND c.relname = 'schema_version'",
      Parameters(schema), deadline);
  if (table.size() == 0) return false;
  const Rows rows =
      connection.run(in_schema("SELECT version FROM {s}.schema_version", schema), deadline);
  if (rows.size() != 1) {
    throw CheckpointError(
        CheckpointError::Kind::corrupt,
        study::format(
            "{}: the table schema_version in schema \"{}\" has no version: choose another schema",
            connection.description(), schema));
  }
  const std::int64_t version = rows.integer(0, 0);
  if (version == kTablesVersion) return true;
  const std::string found =
      study::format("{}: schema \"{}\" has version {} of the tables, and this program knows {}",
                    connection.description(), schema, version, kTablesVersion);
  if (version > kTablesVersion) {
    throw CheckpointError(CheckpointError::Kind::newer_version,
                          found + ": use the newer program that wrote it");
  }
  throw CheckpointError(CheckpointError::Kind::corrupt, found + ": choose another schema");
}

void make_tables(Connection& connection, const std::string& schema, Deadline deadline) {
  if (has_tables(connection, schema, deadline)) return;
  try {
    connection.run_script("BEGIN; SET LOCAL lock_timeout = '30s'", deadline);
    connection.run("SELECT pg_catalog.pg_advisory_xact_lock($1::bigint)",
                   Parameters(lock_key("tables " + schema)), deadline);
    // Once more: somebody else may have made them while we waited.
    if (!has_tables(connection, schema, deadline)) fill_schema(connection, schema, deadline);
    connection.run_script("COMMIT", deadline);
  } catch (const ServerError& error) {
    throw StudyError(study::format("{}: the tables can't be made in schema \"{}\": {}{}",
                                   connection.description(), schema, error.what(),
                                   advice(error, schema)));
  }
}

}  // namespace study::postgres
