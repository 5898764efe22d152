#include "sqlite/schema.hpp"

#include "base/format.hpp"

#include <array>

namespace study::sqlite {
namespace {

using Kind = CheckpointError::Kind;

// FORMAT.md has the same text. The conditions are written out, since SQLite builds a table for each
// evaluation of `IN`.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE studies (
  study_id          INTEGER PRIMARY KEY AUTOINCREMENT,
  study_dir         TEXT NOT NULL,
  study_name        TEXT NOT NULL,
  study_design_hash TEXT NOT NULL,
  schema_version    TEXT NOT NULL,
  framework_version TEXT NOT NULL,
  status            TEXT NOT NULL
    CHECK (status = 'running' OR status = 'completed' OR status = 'interrupted' OR status = 'failed'),
  started_at_us     INTEGER NOT NULL,
  completed_at_us   INTEGER
) STRICT;
CREATE INDEX studies_by_dir ON studies (study_dir);
CREATE INDEX studies_by_name ON studies (study_name, started_at_us);

CREATE TABLE entries (
  study_id       INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE,
  position       INTEGER NOT NULL,
  config_hash    TEXT NOT NULL,
  cycle          INTEGER NOT NULL CHECK (cycle >= 1),
  config_summary TEXT NOT NULL,
  PRIMARY KEY (study_id, position),
  UNIQUE (study_id, config_hash, cycle)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
  study_id      INTEGER NOT NULL,
  position      INTEGER NOT NULL,
  attempt       INTEGER NOT NULL CHECK (attempt >= 1),
  status        TEXT NOT NULL
    CHECK (status = 'running' OR status = 'completed' OR status = 'failed' OR status = 'interrupted'),
  discarded     INTEGER NOT NULL DEFAULT 0 CHECK (discarded = 0 OR discarded = 1),
  started_at_us INTEGER,
  ended_at_us   INTEGER,
  result_file   TEXT,
  error_type    TEXT,
  error_message TEXT,
  PRIMARY KEY (study_id, position, attempt),
  FOREIGN KEY (study_id, position) REFERENCES entries ON UPDATE CASCADE ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE VIEW entry_states AS
SELECT e.study_id, e.position, e.config_hash, e.config_summary, e.cycle,
       coalesce(a.status, 'pending') AS status,
       a.result_file, a.error_type, a.error_message, a.started_at_us, a.ended_at_us
FROM entries AS e
LEFT JOIN attempts AS a
  ON a.study_id = e.study_id AND a.position = e.position
 AND a.attempt = (SELECT max(attempt) FROM attempts
                  WHERE study_id = e.study_id AND position = e.position)
 AND a.status <> 'interrupted' AND a.discarded = 0;

CREATE VIEW manifest AS
SELECT study_id, position, config_hash, config_summary, cycle, status,
       result_file, error_type, error_message,
       strftime('%Y-%m-%dT%H:%M:%S', started_at_us / 1000000, 'unixepoch')
         || CASE started_at_us % 1000000 WHEN 0 THEN '' ELSE printf('.%06d', started_at_us % 1000000) END
         || 'Z' AS started_at,
       strftime('%Y-%m-%dT%H:%M:%S', ended_at_us / 1000000, 'unixepoch')
         || CASE ended_at_us % 1000000 WHEN 0 THEN '' ELSE printf('.%06d', ended_at_us % 1000000) END
         || 'Z' AS completed_at
FROM entry_states;

CREATE VIEW studies_overview AS
SELECT s.study_id, s.study_name, s.study_dir, s.status,
       strftime('%Y-%m-%dT%H:%M:%SZ', s.started_at_us / 1000000, 'unixepoch') AS started_at,
       strftime('%Y-%m-%dT%H:%M:%SZ', s.completed_at_us / 1000000, 'unixepoch') AS completed_at,
       count(e.position) AS total_experiments,
       count(*) FILTER (WHERE e.status = 'completed') AS completed,
       count(*) FILTER (WHERE e.status = 'failed') AS failed,
       count(*) FILTER (WHERE e.status = 'pending' OR e.status = 'running') AS pending,
       count(*) FILTER (WHERE e.status = 'running') AS running
FROM studies AS s
LEFT JOIN entry_states AS e ON e.study_id = s.study_id
GROUP BY s.study_id;
)sql";

constexpr const char* kVersion2 = R"sql(
ALTER TABLE attempts ADD COLUMN attributes TEXT;
)sql";

constexpr auto kMigrations = std::to_array<Migration>({{1, kVersion1}, {2, kVersion2}});

/// What a checkpoint is read from is in it as in the present version.
constexpr std::int64_t kOldestReadable = 1;

/// Whose database it is and of which version, from one moment.
struct Identity {
  std::int64_t application_id = 0;
  std::int64_t version = 0;
  bool is_empty = true;
};

[[nodiscard]] Identity identify(Database& database) {
  const Snapshot snapshot(database);
  return {database.query_integer("PRAGMA application_id"),
          database.query_integer("PRAGMA user_version"),
          database.query_integer("SELECT count(*) FROM sqlite_schema") == 0};
}

/// Throws for a database that is another's or of a later version. True if it is ours, false if it
/// is nobody's yet.
[[nodiscard]] bool is_ours(const Database& database, const Identity& found, std::int64_t newest) {
  const std::string file = database.path().string();
  if (found.application_id == 0 && found.version == 0 && found.is_empty) return false;
  if (found.application_id != kApplicationId) {
    throw CheckpointError(
        Kind::corrupt,
        file + " is the database of another application: give sqlite_writer another `path`");
  }
  if (found.version > newest) {
    throw CheckpointError(Kind::newer_version,
                          study::format("{} has version {} of the schema, and this program knows "
                                        "{}: use the newer program that wrote it",
                                        file, found.version, newest));
  }
  return true;
}

/// Whether what is read are tables of the database's own, and not some function's under their
/// names.
[[nodiscard]] bool has_plain_tables(Database& database) {
  return database.query_integer(
             "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 AND"
             " lower(name) IN ('studies', 'entries', 'attempts')") == 3;
}

}  // namespace

std::span<const Migration> migrations() {
  return kMigrations;
}

bool has_schema(Database& database) {
  const std::int64_t newest = kMigrations.back().version;
  const Identity found = identify(database);
  if (!is_ours(database, found, newest)) return false;
  if (!has_plain_tables(database)) {
    throw CheckpointError(Kind::corrupt,
                          database.path().string() + " doesn't have the tables of a study");
  }
  if (found.version >= kOldestReadable) return true;
  throw CheckpointError(Kind::corrupt,
                        study::format("{} has version {} of the schema, and this program reads {}: "
                                      "the next study that is started with it brings it up to that",
                                      database.path().string(), found.version, newest));
}

void migrate(Database& database, std::span<const Migration> steps) {
  const std::int64_t newest = steps.back().version;
  const Identity before = identify(database);
  if (is_ours(database, before, newest) && before.version == newest) return;
  WriteTransaction transaction(database);
  // Once more: somebody else may have done it while we waited for the lock.
  const Identity found = identify(database);
  static_cast<void>(is_ours(database, found, newest));
  for (const Migration& step : steps) {
    if (step.version > found.version) database.execute(step.sql);
  }
  database.execute(
      study::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, newest)
          .c_str());
  transaction.commit();
}

}  // namespace study::sqlite
