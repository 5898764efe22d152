#include "sqlite/checkpoint_reader.hpp"

#include "sqlite/schema.hpp"
#include "sqlite/study_rows.hpp"

#include <study/error.hpp>

#include <string>
#include <system_error>

namespace study::sqlite {
namespace {

namespace fs = std::filesystem;

[[nodiscard]] fs::path log_of(const fs::path& database) {
  return database.string() + "-wal";
}

[[nodiscard]] std::optional<StudyManifest> read_from(Database& database,
                                                     const CheckpointQuery& query) {
  if (!has_schema(database)) return std::nullopt;
  const Snapshot snapshot(database);
  const auto study =
      query.study_dir.empty()
          ? latest_study_named(database, query.study_name)
          : latest_study_in(database, stored_directory(query.study_dir, database.path()));
  if (!study) return std::nullopt;
  return StudyManifest{read_head(database, study->study_id),
                       read_entries(database, study->study_id)};
}

[[nodiscard]] std::optional<StudyManifest> read_alone(const fs::path& path,
                                                      const CheckpointQuery& query) {
  Database database(path, Access::read_alone, std::chrono::milliseconds(0));
  return read_from(database, query);
}

[[nodiscard]] std::optional<StudyManifest> read_shared(const fs::path& path,
                                                       std::chrono::milliseconds busy_timeout,
                                                       const CheckpointQuery& query) {
  std::error_code ignored;
  const bool has_log = fs::exists(log_of(path), ignored);
  Database database(path, Access::read, busy_timeout);
  // What reading creates beside a read-only file, SQLite can't remove.
  if (database.is_read_only() && !has_log) return read_alone(path, query);
  database.execute("PRAGMA query_only = ON");
  // Who closes last copies the log into the database and removes it. That of a killed writer is not
  // ours to remove; without one, what is removed is the empty log that this connection has made.
  if (has_log) sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return read_from(database, query);
}

}  // namespace

fs::path database_path(const fs::path& option, const fs::path& results_dir) {
  return (results_dir / option).lexically_normal();
}

std::optional<StudyManifest> read_stored_checkpoint(const fs::path& database,
                                                    std::chrono::milliseconds busy_timeout,
                                                    const CheckpointQuery& query) {
  std::error_code error;
  if (fs::status(database, error).type() == fs::file_type::not_found) return std::nullopt;
  try {
    try {
      return read_shared(database, busy_timeout, query);
    } catch (const DatabaseError& failure) {
      // In a folder that we can't write to there is no place for the lock file. Without a log no
      // writer is there, and none is needed.
      const bool no_place = failure.code() == SQLITE_CANTOPEN || failure.code() == SQLITE_READONLY;
      if (!no_place || fs::exists(log_of(database), error)) throw;
      return read_alone(database, query);
    }
  } catch (const DatabaseError& failure) {
    throw CheckpointError(CheckpointError::Kind::corrupt, failure.what());
  }
}

}  // namespace study::sqlite
