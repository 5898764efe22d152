/// Writes the rows of one study, over a connection of its own.
#pragma once

#include "checkpoint/entry_table.hpp"
#include "sqlite/database.hpp"

#include <study/atomic_file.hpp>

#include <span>

namespace study::sqlite {

struct SqliteOptions {
  std::filesystem::path path = "studies.db";  ///< relative to where the host keeps its studies
  Durability durability = Durability::process;
  std::chrono::milliseconds busy_timeout{10'000};
};

/// A connection for writing: WAL, foreign keys, the present schema.
///
/// The write-ahead log is copied into the database after each thousand pages, during a transition
/// that then takes some milliseconds longer, and at the end of each study. SQLite's own way does it
/// after *every* transition as long as other connections keep a longer log from being restarted,
/// with two syncs each.
class WriterConnection : public Database {
 public:
  /// Throws `DatabaseError`, and `CheckpointError` for a database that is not ours; never changes
  /// such a one.
  WriterConnection(const std::filesystem::path& path, Durability durability,
                   std::chrono::milliseconds busy_timeout);
  WriterConnection(const WriterConnection&) = delete;
  WriterConnection& operator=(const WriterConnection&) = delete;

  /// Copies the log now, and syncs both, as far as other connections let it.
  void checkpoint_wal() noexcept;

 private:
  static int after_commit(void* self, sqlite3* handle, const char* schema, int log_pages);
  void use_wal();

  int checkpointed_pages_ = 0;  ///< how long the log was when it was copied last
};

/// study_id, position, attempt, status, started_at, ended_at, result_file, error_type,
/// error_message, attributes. Replaces what is stored of the same attempt: it may be that, where a
/// commit has failed after its bytes had reached the disk.
inline constexpr std::string_view kStoreAttempt =
    "INSERT OR REPLACE INTO attempts (study_id, position, attempt, status, started_at_us,"
    " ended_at_us, result_file, error_type, error_message, attributes)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// status, ended_at, result_file, error_type, error_message, attributes, study_id, position,
/// attempt: the end
/// of an attempt that is stored as running.
inline constexpr std::string_view kEndAttempt =
    "UPDATE attempts SET status = ?, ended_at_us = ?, result_file = ?, error_type = ?,"
    " error_message = ?, attributes = ? WHERE study_id = ? AND position = ? AND attempt = ?";

/// A connection, with the statements that a transition needs prepared. Each public function is one
/// transaction: when it throws, nothing of it is stored.
class StudyWriter {
 public:
  /// Throws `DatabaseError` and `CheckpointError`, see `WriterConnection`.
  StudyWriter(const std::filesystem::path& path, const SqliteOptions& options);

  /// Begins the rows of a new study. Throws `StudyError` if there is one of the same directory.
  /// Linear in the table, as is the next.
  void start(const std::string& stored_directory, const checkpoint::EntryTable& table);

  /// Goes on with the rows of the study that the table is of, and makes them say what it says;
  /// begins them if there are none. All earlier attempts stay, but those of entries that the table
  /// doesn't have, and the table counts on from them. `missed` has happened while there was no
  /// connection.
  void resume(const std::string& stored_directory, checkpoint::EntryTable& table,
              std::span<const checkpoint::Transition> missed = {});

  /// Stores the entries of `table` that have been added, with its design hash, and transitions.
  /// Storing something again changes nothing.
  void write(const checkpoint::EntryTable& table,
             std::span<const checkpoint::Transition> transitions);

  /// Whether `table` has entries that are not stored.
  [[nodiscard]] bool lacks_entries_of(const checkpoint::EntryTable& table) const {
    return stored_entries_ < table.size();
  }

  /// Stores how the study ended, then copies the log into the database.
  void finish(const ManifestHead& head);

  // As of `Database`.
  void wait_for_locks(std::chrono::milliseconds patience) { database_.wait_for_locks(patience); }
  [[nodiscard]] bool has_moved() { return database_.has_moved(); }
  [[nodiscard]] bool has_lost_log() { return database_.has_lost_log(); }

 private:
  void insert_study(const std::string& stored_directory, const ManifestHead& head);
  void update_study(const ManifestHead& head);
  [[nodiscard]] bool take_study(const std::string& stored_directory, const ManifestHead& head);
  void refuse_occupied(const std::string& stored_directory);
  void add_entries(const checkpoint::EntryTable& table);
  void write_one(const checkpoint::Transition& transition);

  WriterConnection database_;
  Statement store_attempt_;
  Statement end_attempt_;
  Statement add_entry_;
  Statement update_design_;
  std::int64_t study_id_ = 0;
  std::size_t stored_entries_ = 0;
};

}  // namespace study::sqlite
