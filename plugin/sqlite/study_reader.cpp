#include "sqlite/study_reader.hpp"

#include "base/format.hpp"
#include "sqlite/schema.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <functional>
#include <limits>

namespace study::sqlite {
namespace {

namespace fs = std::filesystem;

/// A study of a million entries takes a second.
constexpr std::chrono::seconds kMostReadingTime{60};
/// The version of the schema from which on attempts have attributes.
constexpr std::int64_t kAttributesVersion = 2;

[[nodiscard]] fs::path without_links(const fs::path& path) {
  std::error_code error;
  const fs::path plain = path.has_filename() ? path : path.parent_path();
  fs::path result = fs::weakly_canonical(plain, error);
  return error ? plain.lexically_normal() : result;
}

[[nodiscard]] std::optional<StudyKey> find_study(Database& database, std::string_view sql,
                                                 std::string_view value) {
  Statement find(database, sql);
  find.bind_all(value);
  if (!find.next()) return std::nullopt;
  return StudyKey{find.integer(0), find.time(1)};
}

/// A person may have put anything into a text.
[[nodiscard]] std::optional<std::string> optional_utf8(const Statement& row, int column) {
  const auto text = row.optional_text(column);
  return text ? std::optional(to_valid_utf8(*text)) : std::nullopt;
}

[[noreturn]] void refuse(const Database& database, const std::string& what) {
  throw CheckpointError(CheckpointError::Kind::corrupt,
                        database.path().string() + " holds what no study has written: " + what);
}

[[nodiscard]] ManifestHead read_head(Database& database, std::int64_t study_id) {
  Statement row(database,
                "SELECT study_name, study_design_hash, framework_version, started_at_us,"
                " completed_at_us, status, schema_version FROM studies WHERE study_id = ?");
  row.bind_all(study_id);
  if (!row.next()) refuse(database, "no study " + std::to_string(study_id));
  const auto status = parse_study_status(row.text(5));
  if (!status) refuse(database, "the status of study " + std::to_string(study_id));
  if (row.text(6) != kManifestSchemaVersion) {
    throw CheckpointError(
        CheckpointError::Kind::newer_version,
        study::format("{}: study {} has schema_version {}, and this program reads {}",
                      database.path().string(), study_id, to_valid_utf8(row.text(6)),
                      kManifestSchemaVersion));
  }
  return {to_valid_utf8(row.text(0)), to_valid_utf8(row.text(1)),
          to_valid_utf8(row.text(2)), row.time(3),
          row.optional_time(4),       *status};
}

/// In order of their positions: what the view `entry_states` gives. Throws `CheckpointError` for a
/// state that is none.
[[nodiscard]] std::vector<ManifestEntry> read_entries(Database& database, std::int64_t study_id) {
  Statement row(database,
                "SELECT e.config_hash, e.config_summary, e.cycle, coalesce(a.status, 'pending'),"
                " a.result_file, a.error_type, a.error_message, a.started_at_us, a.ended_at_us"
                " FROM entries AS e LEFT JOIN attempts AS a"
                " ON a.study_id = e.study_id AND a.position = e.position AND a.attempt ="
                " (SELECT max(attempt) FROM attempts"
                " WHERE study_id = e.study_id AND position = e.position)"
                " AND a.status <> 'interrupted' AND a.discarded = 0"
                " WHERE e.study_id = ? ORDER BY e.position");
  row.bind_all(study_id);
  std::vector<ManifestEntry> entries;
  while (row.next()) {
    const auto status = parse_experiment_state(row.text(3));
    const std::int64_t cycle = row.integer(2);
    if (cycle < 1 || cycle > std::numeric_limits<std::int32_t>::max()) {
      refuse(database, "the cycle of an entry of study " + std::to_string(study_id));
    }
    if (!status) refuse(database, "the status of an entry of study " + std::to_string(study_id));
    entries.push_back({to_valid_utf8(row.text(0)), to_valid_utf8(row.text(1)),
                       static_cast<std::int32_t>(cycle), *status, optional_utf8(row, 4),
                       optional_utf8(row, 5), optional_utf8(row, 6), row.optional_time(7),
                       row.optional_time(8)});
  }
  return entries;
}

[[nodiscard]] fs::path log_of(const fs::path& database) {
  return database.string() + "-wal";
}

/// In order of entries and attempts.
void read_attempts(Database& database, std::int64_t study_id, const TakeAttempt& take) {
  const bool has_attributes = database.query_integer("PRAGMA user_version") >= kAttributesVersion;
  Statement row(database,
                study::format("SELECT e.config_hash, e.cycle, a.attempt, a.status, a.started_at_us,"
                              " a.ended_at_us, a.result_file, a.error_type, a.error_message, {}"
                              " FROM attempts AS a JOIN entries AS e"
                              " ON e.study_id = a.study_id AND e.position = a.position"
                              " WHERE a.study_id = ? ORDER BY a.position, a.attempt",
                              has_attributes ? "a.attributes" : "NULL"));
  row.bind_all(study_id);
  while (row.next()) {
    const auto state = parse_attempt_state(row.text(3));
    if (!state || row.integer(1) < 1 || row.integer(1) > std::numeric_limits<std::int32_t>::max() ||
        row.integer(2) < 1 || row.integer(2) > std::numeric_limits<std::uint32_t>::max()) {
      refuse(database, "an attempt of study " + std::to_string(study_id));
    }
    take({.config_hash = to_valid_utf8(row.text(0)),
          .cycle = static_cast<std::int32_t>(row.integer(1)),
          .attempt = static_cast<std::uint32_t>(row.integer(2)),
          .state = *state,
          .started_at = row.optional_time(4),
          .ended_at = row.optional_time(5),
          .result_file = optional_utf8(row, 6),
          .error_type = optional_utf8(row, 7),
          .error_message = optional_utf8(row, 8),
          .attributes = row.optional_text(9).value_or("")});
  }
}

/// By which they are counted: as in `read_entries`.
constexpr std::string_view kSelectStudies =
    "SELECT s.study_dir, s.study_name, s.study_design_hash, s.status, s.started_at_us,"
    " s.completed_at_us, count(e.position), count(*) FILTER (WHERE a.status = 'completed'),"
    " count(*) FILTER (WHERE a.status = 'failed'), count(*) FILTER (WHERE a.status = 'running')"
    " FROM studies AS s LEFT JOIN entries AS e ON e.study_id = s.study_id LEFT JOIN attempts AS a"
    " ON a.study_id = e.study_id AND a.position = e.position AND a.attempt ="
    " (SELECT max(attempt) FROM attempts WHERE study_id = e.study_id AND position = e.position)"
    " AND a.status <> 'interrupted' AND a.discarded = 0"
    " WHERE ?1 = '' OR s.study_name = ?1 GROUP BY s.study_id";

void list_studies(Database& database, const std::string& study_name, const TakeStudy& take) {
  const fs::path folder = without_links(database.path()).parent_path();
  Statement row(database, kSelectStudies);
  row.bind_all(study_name);
  while (row.next()) {
    const std::string directory = row.text(0);
    const auto status = parse_study_status(row.text(3));
    if (!status) refuse(database, "the status of the study in " + to_valid_utf8(directory));
    const std::int64_t completed = row.integer(7);
    const std::int64_t failed = row.integer(8);
    take({.study_name = to_valid_utf8(row.text(1)),
          .study_dir = (folder / directory).lexically_normal().string(),
          .study_design_hash = to_valid_utf8(row.text(2)),
          .status = *status,
          .started_at = row.time(4),
          .completed_at = row.optional_time(5),
          .counters = {completed, failed, row.integer(6) - completed - failed},
          .running = row.integer(9),
          .writer = {}});
  }
}

/// What is wanted of the database, from one moment; false where there is no such study.
using Read = std::function<bool(Database& database)>;

[[nodiscard]] bool read_from(Database& database, const Read& read) {
  if (!has_schema(database)) return false;
  const Snapshot snapshot(database);
  return read(database);
}

[[nodiscard]] bool read_alone(const fs::path& path, const Read& read) {
  Database database(path, Access::read_alone, std::chrono::milliseconds(0));
  database.limit_time(kMostReadingTime);
  return read_from(database, read);
}

[[nodiscard]] bool read_shared(const fs::path& path, std::chrono::milliseconds busy_timeout,
                               const Read& read) {
  std::error_code ignored;
  const bool has_log = fs::exists(log_of(path), ignored);
  Database database(path, Access::read, busy_timeout);
  database.limit_time(kMostReadingTime + busy_timeout);
  // What reading creates beside a read-only file, SQLite can't remove.
  if (database.is_read_only() && !has_log) return read_alone(path, read);
  database.execute("PRAGMA query_only = ON");
  // Who closes last copies the log into the database and removes it. That of a killed writer is not
  // ours to remove; without one, what is removed is the empty log that this connection has made.
  if (has_log) sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return read_from(database, read);
}

/// False also where there is no database.
[[nodiscard]] bool read_stored(const fs::path& database, std::chrono::milliseconds busy_timeout,
                               const Read& read) {
  std::error_code error;
  if (fs::status(database, error).type() == fs::file_type::not_found) return false;
  bool has_begun = false;  // what was handed over isn't handed over twice
  const Read read_once = [&](Database& opened) {
    has_begun = true;
    return read(opened);
  };
  try {
    try {
      return read_shared(database, busy_timeout, read_once);
    } catch (const DatabaseError& failure) {
      // In a folder that we can't write to there is no place for the lock file. Without a log no
      // writer is there, and none is needed.
      const bool no_place = failure.code() == SQLITE_CANTOPEN || failure.code() == SQLITE_READONLY;
      if (!no_place || has_begun || fs::exists(log_of(database), error)) throw;
      return read_alone(database, read_once);
    }
  } catch (const DatabaseError& failure) {
    throw CheckpointError(CheckpointError::Kind::corrupt, failure.what());
  }
}

/// The study that is meant; empty where there is none.
[[nodiscard]] std::optional<StudyKey> find_meant(Database& database, const CheckpointQuery& query) {
  if (!query.study_dir.empty()) {
    return latest_study_in(database, stored_directory(query.study_dir, database.path()));
  }
  return find_study(database,
                    "SELECT study_id, started_at_us FROM studies WHERE study_name = ?"
                    " ORDER BY started_at_us DESC, study_id DESC LIMIT 1",
                    query.study_name);
}

}  // namespace

fs::path database_path(const fs::path& option, const fs::path& results_dir) {
  return (results_dir / option).lexically_normal();
}

std::string stored_directory(const fs::path& study_dir, const fs::path& database) {
  const fs::path directory = without_links(study_dir);
  const fs::path folder = without_links(database).parent_path();
  const auto [rest, in_directory] =
      std::mismatch(folder.begin(), folder.end(), directory.begin(), directory.end());
  if (rest != folder.end() || in_directory == directory.end()) return directory.string();
  return directory.lexically_relative(folder).string();
}

std::optional<StudyKey> latest_study_in(Database& database, const std::string& stored_directory) {
  return find_study(database,
                    "SELECT study_id, started_at_us FROM studies WHERE study_dir = ?"
                    " ORDER BY study_id DESC LIMIT 1",
                    stored_directory);
}

StudyManifest read_study(Database& database, std::int64_t study_id) {
  return {read_head(database, study_id), read_entries(database, study_id)};
}

std::optional<StudyManifest> read_stored_checkpoint(const fs::path& database,
                                                    std::chrono::milliseconds busy_timeout,
                                                    const CheckpointQuery& query) {
  std::optional<StudyManifest> manifest;
  const auto read = [&](Database& opened) {
    const auto study = find_meant(opened, query);
    if (study) manifest = read_study(opened, study->study_id);
    return study.has_value();
  };
  static_cast<void>(read_stored(database, busy_timeout, read));
  return manifest;
}

bool read_stored_attempts(const fs::path& database, std::chrono::milliseconds busy_timeout,
                          const CheckpointQuery& query, const TakeAttempt& take) {
  return read_stored(database, busy_timeout, [&](Database& opened) {
    const auto study = find_meant(opened, query);
    if (study) read_attempts(opened, study->study_id, take);
    return study.has_value();
  });
}

bool list_stored_studies(const fs::path& database, std::chrono::milliseconds busy_timeout,
                         const std::string& study_name, const TakeStudy& take) {
  return read_stored(database, busy_timeout, [&](Database& opened) {
    list_studies(opened, study_name, take);
    return true;
  });
}

}  // namespace study::sqlite
