/// The database as a study is written to it.
#pragma once

#include "sqlite/database.hpp"

#include <study/atomic_file.hpp>

#include <chrono>
#include <filesystem>

namespace study::sqlite {

/// A connection for writing: WAL, foreign keys, the present schema.
///
/// The write-ahead log is copied into the database after each thousand pages, during a transition
/// that then takes some milliseconds longer, and at the end of each study. SQLite's own way does it
/// after *every* transition as long as other connections keep a longer log from being restarted,
/// with two syncs each.
class WriterConnection {
 public:
  /// Throws `DatabaseError`, and `CheckpointError` for a database that is not ours; never changes
  /// such a one.
  WriterConnection(const std::filesystem::path& path, Durability durability,
                   std::chrono::milliseconds busy_timeout);
  WriterConnection(const WriterConnection&) = delete;
  WriterConnection& operator=(const WriterConnection&) = delete;

  [[nodiscard]] Database& database() { return database_; }

  /// Copies the log now, and syncs both, as far as other connections let it.
  void copy_log() noexcept;

 private:
  static int after_commit(void* self, sqlite3* handle, const char* schema, int log_pages);
  void use_wal();

  Database database_;
  int copied_pages_ = 0;  ///< how long the log was when it was copied last
};

}  // namespace study::sqlite
