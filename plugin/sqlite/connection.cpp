#include "sqlite/connection.hpp"

#include "sqlite/schema.hpp"

#include <functional>
#include <string>

namespace study::sqlite {
namespace {

// SQLite's own measure: 4 MB of log.
constexpr int kPagesPerCopy = 1000;

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
  database_.execute("PRAGMA foreign_keys = ON");
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

void WriterConnection::copy_log() noexcept {
  // What can't be copied now stays in the log, where everybody reads it.
  sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                            nullptr);
}

int WriterConnection::after_commit(void* self, sqlite3* /*handle*/, const char* /*schema*/,
                                   int log_pages) {
  auto& connection = *static_cast<WriterConnection*>(self);
  if (log_pages < connection.copied_pages_) connection.copied_pages_ = 0;  // it has been restarted
  if (log_pages - connection.copied_pages_ >= kPagesPerCopy) {
    connection.copy_log();
    connection.copied_pages_ = log_pages;
  }
  return SQLITE_OK;
}

}  // namespace study::sqlite
