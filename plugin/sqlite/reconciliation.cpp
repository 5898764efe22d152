#include "sqlite/reconciliation.hpp"

#include <optional>
#include <string_view>

namespace study::sqlite {
namespace {

constexpr const char* kMakeIncoming =
    "CREATE TEMPORARY TABLE incoming (position INTEGER PRIMARY KEY, config_hash TEXT,"
    " cycle INTEGER, config_summary TEXT, status TEXT, started_at_us INTEGER, ended_at_us INTEGER,"
    " result_file TEXT, error_type TEXT, error_message TEXT, attributes TEXT)";

// `incoming` is the table that is right, ?1 the study. In order:
//   - entries that the study no longer has go, with their attempts;
//   - positions change in two steps, since a position is unique at every moment;
//   - summaries that differ are replaced, entries that are missing come.
constexpr const char* kMatchEntries[] = {
    R"sql(
DELETE FROM entries WHERE study_id = ?1
  AND (config_hash, cycle) NOT IN (SELECT config_hash, cycle FROM temp.incoming))sql",
    R"sql(
UPDATE entries AS e SET position = -1 - i.position FROM temp.incoming AS i
WHERE e.study_id = ?1 AND e.config_hash = i.config_hash AND e.cycle = i.cycle
  AND e.position <> i.position)sql",
    R"sql(
UPDATE entries SET position = -1 - position WHERE study_id = ?1 AND position < 0)sql",
    R"sql(
UPDATE entries AS e SET config_summary = i.config_summary FROM temp.incoming AS i
WHERE e.study_id = ?1 AND e.position = i.position AND e.config_summary <> i.config_summary)sql",
    R"sql(
INSERT INTO entries (study_id, position, config_hash, cycle, config_summary)
SELECT ?1, position, config_hash, cycle, config_summary FROM temp.incoming
WHERE position NOT IN (SELECT position FROM entries WHERE study_id = ?1) ORDER BY position)sql"};

// In order:
//   - an attempt whose end the store has missed gets it: it began when the table says it did;
//   - any other running attempt was interrupted, unless the table has it as running, too;
//   - an outcome that the table doesn't count any more is discarded;
//   - a state that the store doesn't have becomes an attempt.
// Attributes don't tell attempts apart, and stay as they are stored: of an attempt that has ended
// the table doesn't know them any more.
constexpr const char* kMatchAttempts[] = {
    R"sql(
UPDATE attempts AS a
SET status = i.status, ended_at_us = i.ended_at_us, result_file = i.result_file,
    error_type = i.error_type, error_message = i.error_message
FROM temp.incoming AS i
WHERE a.study_id = ?1 AND a.position = i.position AND a.status = 'running'
  AND i.status IN ('completed', 'failed') AND a.started_at_us IS i.started_at_us)sql",
    R"sql(
UPDATE attempts AS a SET status = 'interrupted'
WHERE a.study_id = ?1 AND a.status = 'running' AND NOT EXISTS (
  SELECT 1 FROM temp.incoming AS i
  WHERE i.position = a.position AND i.status = 'running'
    AND i.started_at_us IS a.started_at_us))sql",
    R"sql(
UPDATE attempts AS a SET discarded = 1 FROM temp.incoming AS i
WHERE a.study_id = ?1 AND a.position = i.position AND i.status = 'pending'
  AND a.status IN ('completed', 'failed') AND a.discarded = 0
  AND a.attempt = (SELECT max(attempt) FROM attempts
                   WHERE study_id = ?1 AND position = i.position))sql",
    R"sql(
INSERT INTO attempts (study_id, position, attempt, status, started_at_us, ended_at_us,
                      result_file, error_type, error_message, attributes)
SELECT ?1, i.position, coalesce(a.attempt, 0) + 1, i.status, i.started_at_us, i.ended_at_us,
       i.result_file, i.error_type, i.error_message, i.attributes
FROM temp.incoming AS i
LEFT JOIN attempts AS a ON a.study_id = ?1 AND a.position = i.position
 AND a.attempt = (SELECT max(attempt) FROM attempts
                  WHERE study_id = ?1 AND position = i.position)
WHERE i.status <> 'pending' AND (a.attempt IS NULL OR a.discarded = 1 OR
  (a.status, a.started_at_us, a.ended_at_us, a.result_file, a.error_type, a.error_message)
    IS NOT
  (i.status, i.started_at_us, i.ended_at_us, i.result_file, i.error_type, i.error_message)))sql"};

[[nodiscard]] std::optional<std::string_view> unless_empty(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

Reconciliation::Reconciliation(Database& database, std::int64_t study_id,
                               const checkpoint::EntryTable& table)
    : database_(database), study_id_(study_id) {
  database_.execute(kMakeIncoming);
  Statement insert(database_, "INSERT INTO temp.incoming VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < table.size(); ++i) {
    const ManifestEntryView entry = table.entry(i);
    insert.run(i, entry.config_hash, entry.cycle, entry.config_summary, to_string(entry.status),
               entry.started_at, entry.completed_at, entry.result_file, entry.error_type,
               entry.error_message,
               unless_empty(table.attributes(static_cast<checkpoint::EntryIndex>(i))));
  }
}

Reconciliation::~Reconciliation() {
  // Where it fails, the transaction has failed, too, and takes the table with it.
  sqlite3_exec(database_.handle(), "DROP TABLE temp.incoming", nullptr, nullptr, nullptr);
}

void Reconciliation::match_entries() {
  run_each(kMatchEntries);
}

void Reconciliation::match_attempts() {
  run_each(kMatchAttempts);
}

void Reconciliation::run_each(std::span<const char* const> statements) {
  for (const char* const sql : statements) Statement(database_, sql).run(study_id_);
}

}  // namespace study::sqlite
