#include "sqlite/study_writer.hpp"

#include "sqlite/reconcile.hpp"
#include "sqlite/schema.hpp"
#include "sqlite/study_reader.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace study::sqlite {
namespace {

using checkpoint::EntryTable;
using checkpoint::Transition;

// SQLite's own measure: 4 MB of log.
constexpr int kPagesPerCheckpoint = 1000;

constexpr int kRetryMilliseconds = 5;

/// Some locks SQLite doesn't wait for: those of a change of the journal mode, which it takes while
/// it reads.
void retry_while_busy(const Database& database, const std::function<void()>& step) {
  const auto end = std::chrono::steady_clock::now() + database.busy_timeout();
  for (;;) {
    try {
      step();
      return;
    } catch (const DatabaseError& error) {
      if (!error.is_busy() || std::chrono::steady_clock::now() >= end) throw;
    }
    sqlite3_sleep(kRetryMilliseconds);
  }
}

/// What an attempt has come to, by the state that its entry has entered.
[[nodiscard]] constexpr std::string_view attempt_status(ExperimentState state) {
  switch (state) {
    case ExperimentState::running:
      return kRunning;
    case ExperimentState::completed:
      return "completed";
    case ExperimentState::failed:
      return "failed";
    case ExperimentState::pending:
      break;
  }
  return "interrupted";  // back to pending before it had finished
}

[[nodiscard]] std::optional<std::string_view> text(const std::string& value) {
  return value.empty() ? std::nullopt : std::optional<std::string_view>(value);
}

}  // namespace

WriterConnection::WriterConnection(const std::filesystem::path& path, Durability durability,
                                   std::chrono::milliseconds busy_timeout)
    : database_(path, Access::write, busy_timeout) {
  // Before anything is read: what reading creates beside a read-only file, SQLite can't remove.
  if (database_.is_read_only()) database_.fail(SQLITE_READONLY);
  retry_while_busy(database_, [&] {
    // Before anything is changed: whose is it? An older version is ours, and migrated below.
    migrate(database_);
    use_wal();
  });
  database_.execute(durability == Durability::power ? "PRAGMA synchronous = FULL"
                                                    : "PRAGMA synchronous = NORMAL");
  // What a resumed study is compared with needs no disk.
  database_.execute("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY");
  sqlite3_wal_hook(database_.handle(), &WriterConnection::after_commit, this);
}

void WriterConnection::use_wal() {
  if (database_.query_text("PRAGMA journal_mode") == "wal") return;
  if (database_.query_text("PRAGMA journal_mode = WAL") == "wal") return;
  throw DatabaseError(SQLITE_CANTOPEN, database_.path().string() +
                                           ": this file system can't share memory between "
                                           "processes, which SQLite's WAL needs: give "
                                           "sqlite_writer another `path`");
}

void WriterConnection::checkpoint_wal() noexcept {
  // What can't be copied now stays in the log, where everybody reads it.
  sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                            nullptr);
}

int WriterConnection::after_commit(void* self, sqlite3* /*handle*/, const char* /*schema*/,
                                   int log_pages) {
  auto& connection = *static_cast<WriterConnection*>(self);
  if (log_pages < connection.checkpointed_pages_)
    connection.checkpointed_pages_ = 0;  // it has been restarted
  if (log_pages - connection.checkpointed_pages_ >= kPagesPerCheckpoint) {
    connection.checkpoint_wal();
    connection.checkpointed_pages_ = log_pages;
  }
  return SQLITE_OK;
}

StudyWriter::StudyWriter(const std::filesystem::path& path, const SqliteOptions& options)
    : connection_(path, options.durability, options.busy_timeout),
      database_(connection_.database()),
      store_attempt_(database_, kStoreAttempt),
      end_attempt_(database_, kEndAttempt) {}

void StudyWriter::start(const std::string& stored_directory, const EntryTable& table) {
  WriteTransaction transaction(database_);
  insert_study(stored_directory, table.head());
  Reconciliation(database_, study_id_, table).match_entries();
  transaction.commit();
}

void StudyWriter::resume(const std::string& stored_directory, EntryTable& table,
                         std::span<const Transition> missed) {
  WriteTransaction transaction(database_);
  if (!take_study(stored_directory, table.head())) insert_study(stored_directory, table.head());
  {
    Reconciliation rows(database_, study_id_, table);
    rows.match_entries();
    for (const Transition& transition : missed) write_one(transition);
    rows.match_attempts();
  }
  const auto attempts = read_last_attempts(database_, study_id_, table.size());
  transaction.commit();
  for (checkpoint::EntryIndex i = 0; i < attempts.size(); ++i) table.set_attempts(i, attempts[i]);
}

void StudyWriter::write(std::span<const Transition> transitions) {
  if (transitions.size() == 1) {  // one row: the statement is a transaction of its own
    write_one(transitions.front());
    return;
  }
  WriteTransaction transaction(database_);
  for (const Transition& transition : transitions) write_one(transition);
  transaction.commit();
}

void StudyWriter::finish(const ManifestHead& head) {
  update_study(head);
  connection_.checkpoint_wal();
}

void StudyWriter::insert_study(const std::string& stored_directory, const ManifestHead& head) {
  Statement(database_,
            "INSERT INTO studies (study_dir, study_name, study_design_hash, schema_version,"
            " framework_version, status, started_at_us, completed_at_us)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .run(stored_directory, head.study_name, head.study_design_hash, kManifestSchemaVersion,
           head.framework_version, to_string(head.status), head.started_at, head.completed_at);
  study_id_ = sqlite3_last_insert_rowid(database_.handle());
}

void StudyWriter::update_study(const ManifestHead& head) {
  Statement(database_,
            "UPDATE studies SET study_name = ?, study_design_hash = ?, schema_version = ?,"
            " framework_version = ?, status = ?, started_at_us = ?, completed_at_us = ?"
            " WHERE study_id = ?")
      .run(head.study_name, head.study_design_hash, kManifestSchemaVersion, head.framework_version,
           to_string(head.status), head.started_at, head.completed_at, study_id_);
}

bool StudyWriter::take_study(const std::string& stored_directory, const ManifestHead& head) {
  // Another start in the same directory is another study, whose history must stay.
  const auto found = latest_study_in(database_, stored_directory);
  if (!found || found->started_at != head.started_at) return false;
  study_id_ = found->study_id;
  update_study(head);
  return true;
}

void StudyWriter::write_one(const Transition& transition) {
  if (transition.state == ExperimentState::running) {
    store_attempt_.run(study_id_, transition.entry, transition.attempt, kRunning, transition.time,
                       std::nullopt, std::nullopt, std::nullopt, std::nullopt);
    return;
  }
  const std::string_view status = attempt_status(transition.state);
  const auto result_file = text(transition.result_file);
  const auto error_type = text(transition.error_type);
  const auto error_message = text(transition.error_message);
  end_attempt_.run(status, transition.time, result_file, error_type, error_message, study_id_,
                   transition.entry, transition.attempt);
  if (sqlite3_changes64(database_.handle()) > 0) return;
  // It could not even be started.
  store_attempt_.run(study_id_, transition.entry, transition.attempt, status, std::nullopt,
                     transition.time, result_file, error_type, error_message);
}

}  // namespace study::sqlite
