#include "sqlite/study_writer.hpp"

#include "base/format.hpp"
#include "checkpoint/sink.hpp"
#include "sqlite/reconciliation.hpp"
#include "sqlite/schema.hpp"
#include "sqlite/study_reader.hpp"

#include <functional>
#include <limits>
#include <vector>

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

[[nodiscard]] std::optional<std::string_view> text(std::string_view value) {
  return value.empty() ? std::nullopt : std::optional(value);
}

// Nothing where it is stored already, by a commit that has failed after its bytes had reached the
// disk.
constexpr std::string_view kAddEntry =
    "INSERT INTO entries (study_id, position, config_hash, cycle, config_summary)"
    " VALUES (?, ?, ?, ?, ?) ON CONFLICT (study_id, position) DO NOTHING";

constexpr std::string_view kUpdateDesign =
    "UPDATE studies SET study_design_hash = ? WHERE study_id = ?";

/// For each of `entries` the number of its last stored attempt, 0 where it has none. Rows that a
/// person has put beside them are passed over.
[[nodiscard]] std::vector<std::uint32_t> read_last_attempts(Database& database,
                                                            std::int64_t study_id,
                                                            std::size_t entries) {
  Statement row(database,
                "SELECT position, max(attempt) FROM attempts WHERE study_id = ?"
                " AND position >= 0 AND position < ? AND attempt <= ? GROUP BY position");
  row.bind_all(study_id, entries, std::numeric_limits<std::int32_t>::max());
  std::vector<std::uint32_t> result(entries);
  while (row.next())
    result.at(static_cast<std::size_t>(row.integer(0))) =
        static_cast<std::uint32_t>(row.integer(1));
  return result;
}

}  // namespace

WriterConnection::WriterConnection(const std::filesystem::path& path, Durability durability,
                                   std::chrono::milliseconds busy_timeout)
    : Database(path, Access::write, busy_timeout) {
  // Before anything is read: what reading creates beside a read-only file, SQLite can't remove.
  if (is_read_only()) fail(SQLITE_READONLY);
  retry_while_busy(*this, [&] {
    // Before anything is changed: whose is it? An older version is ours, and migrated below.
    migrate(*this);
    use_wal();
  });
  execute(durability == Durability::power ? "PRAGMA synchronous = FULL"
                                          : "PRAGMA synchronous = NORMAL");
  // What a resumed study is compared with needs no disk.
  execute("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY");
  sqlite3_wal_hook(handle(), &WriterConnection::after_commit, this);
}

void WriterConnection::use_wal() {
  if (query_text("PRAGMA journal_mode") == "wal") return;
  if (query_text("PRAGMA journal_mode = WAL") == "wal") return;
  throw DatabaseError(SQLITE_CANTOPEN,
                      path().string() +
                          ": this file system can't share memory between processes, which SQLite's "
                          "WAL needs: give sqlite_writer another `path`");
}

void WriterConnection::checkpoint_wal() noexcept {
  // What can't be copied now stays in the log, where everybody reads it.
  sqlite3_wal_checkpoint_v2(handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
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
    : database_(path, options.durability, options.busy_timeout),
      store_attempt_(database_, kStoreAttempt),
      end_attempt_(database_, kEndAttempt),
      add_entry_(database_, kAddEntry),
      update_design_(database_, kUpdateDesign) {}

void StudyWriter::start(const std::string& stored_directory, const EntryTable& table) {
  WriteTransaction transaction(database_);
  refuse_occupied(stored_directory);
  insert_study(stored_directory, table.head());
  Reconciliation(database_, study_id_, table).match_entries();
  transaction.commit();
  stored_entries_ = table.size();
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
  stored_entries_ = table.size();
  for (checkpoint::EntryIndex i = 0; i < attempts.size(); ++i) table.set_attempts(i, attempts[i]);
}

void StudyWriter::refuse_occupied(const std::string& stored_directory) {
  const auto found = latest_study_in(database_, stored_directory);
  if (!found) return;
  const StudyManifest manifest = read_study(database_, found->study_id);
  const std::string path = database_.path().string();
  throw checkpoint::occupied(
      study::format("{} has in its directory {}", path,
                    checkpoint::describe_study(manifest.head, count_entries(manifest))),
      study::format("remove its rows: sqlite3 {} \"PRAGMA foreign_keys = ON; DELETE FROM studies "
                    "WHERE study_id = {}\"",
                    path, found->study_id));
}

void StudyWriter::add_entries(const EntryTable& table) {
  for (std::size_t i = stored_entries_; i < table.size(); ++i) {
    const ManifestEntryView entry = table.entry(i);
    add_entry_.run(study_id_, i, entry.config_hash, entry.cycle, entry.config_summary);
  }
  update_design_.run(table.head().study_design_hash, study_id_);
}

void StudyWriter::write(const EntryTable& table, std::span<const Transition> transitions) {
  const bool grows = lacks_entries_of(table);
  if (transitions.size() == 1 && !grows) {  // one row: the statement is a transaction of its own
    write_one(transitions.front());
    return;
  }
  WriteTransaction transaction(database_);
  if (grows) add_entries(table);
  for (const Transition& transition : transitions) write_one(transition);
  transaction.commit();
  stored_entries_ = table.size();
}

void StudyWriter::finish(const ManifestHead& head) {
  update_study(head);
  database_.checkpoint_wal();
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
  // Back to pending means that it was interrupted before it had finished.
  const std::string_view status =
      transition.state == ExperimentState::pending ? "interrupted" : to_string(transition.state);
  const auto attributes = text(transition.attributes);
  if (transition.state == ExperimentState::running) {
    store_attempt_.run(study_id_, transition.entry, transition.attempt, status, transition.time,
                       std::nullopt, std::nullopt, std::nullopt, std::nullopt, attributes);
    return;
  }
  const auto result_file = text(transition.result_file);
  const auto error_type = text(transition.error_type);
  const auto error_message = text(transition.error_message);
  end_attempt_.run(status, transition.time, result_file, error_type, error_message, attributes,
                   study_id_, transition.entry, transition.attempt);
  if (sqlite3_changes64(database_.handle()) > 0) return;
  // It could not even be started, or its result was there already.
  store_attempt_.run(study_id_, transition.entry, transition.attempt, status, std::nullopt,
                     transition.time, result_file, error_type, error_message, attributes);
}

}  // namespace study::sqlite
