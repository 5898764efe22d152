/// One connection to a SQLite database file, and its prepared statements.
#pragma once

#include <study/error.hpp>
#include <study/posix.hpp>
#include <study/timestamp.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <sqlite3.h>

namespace study::sqlite {

/// SQLite refused something. `what()` names the file, what is wrong and what to do.
class DatabaseError : public Error {
 public:
  DatabaseError(int code, const std::string& message) : Error(message), code_(code) {}

  /// SQLite's primary result code.
  [[nodiscard]] int code() const noexcept { return code_ & 0xff; }
  /// Another connection is in the way.
  [[nodiscard]] bool is_busy() const noexcept {
    return code() == SQLITE_BUSY || code() == SQLITE_LOCKED;
  }

 private:
  int code_;
};

enum class Access {
  write,       ///< creates the file where there is none
  read,        ///< writes nothing, and sees what other connections write meanwhile
  read_alone,  ///< needs no lock and no file beside the database, and so must not be used where
               ///< there is a `-wal` file
};

/// Not thread-safe; the calls may come from different threads.
///
/// Opens the database file by no other way than SQLite: a close(2) of any descriptor of a file ends
/// all POSIX locks that the process has on it (fcntl(2)), also those of other connections.
class Database {
 public:
  /// Throws `DatabaseError`. `busy_timeout` is how long each statement waits for a lock. Neither
  /// views nor triggers of the database are obeyed: in a shared folder somebody may have put them
  /// there that never end. A link is not followed; a new file's permissions are 0666 less the
  /// umask.
  Database(std::filesystem::path path, Access access, std::chrono::milliseconds busy_timeout);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::chrono::milliseconds busy_timeout() const { return busy_timeout_; }
  /// How long each statement waits from now on. What `fail` says of it stays as it was.
  void wait_for_locks(std::chrono::milliseconds patience);
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

  /// One or more statements whose rows nobody wants.
  void execute(const char* sql);
  [[nodiscard]] std::int64_t query_integer(const char* sql);
  [[nodiscard]] std::string query_text(const char* sql);

  [[nodiscard]] bool is_read_only() const { return sqlite3_db_readonly(handle(), "main") == 1; }
  /// From now on a statement that is still at work after `limit` fails, whatever the database makes
  /// it do.
  void limit_time(std::chrono::milliseconds limit);
  /// The path leads to another file by now, or to none: what is written here, nobody finds.
  [[nodiscard]] bool has_moved() const;
  /// The `-wal` file is another one by now, or gone: what is written here, nobody finds. Another
  /// copy of SQLite in the process removes it, which all our locks mean nothing to: Python's, for
  /// one. From then on closing copies nothing of the log into a database that others may have
  /// changed.
  [[nodiscard]] bool has_lost_log();

  /// Throws the `DatabaseError` for the result `code` of the last call.
  [[noreturn]] void fail(int code) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
  };

  static int is_too_late(void* self);

  std::filesystem::path path_;
  std::chrono::milliseconds busy_timeout_;
  std::chrono::milliseconds limit_{0};
  std::chrono::steady_clock::time_point deadline_;
  std::optional<FileIdentity> log_;  ///< as has_lost_log() saw it first
  std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement. Values are numbered from 1, columns from 0, as in SQLite. Texts may
/// contain U+0000.
class Statement {
 public:
  /// Prepares `sql`, to be run many times. Throws `DatabaseError`.
  Statement(Database& database, std::string_view sql);

  /// Binds the values to ?1, ?2, … and runs it, leaving the statement ready for the next time. The
  /// values are borrowed for the call.
  template <class... Values>
  void run(const Values&... values) {
    bind_all(values...);
    while (next()) {
    }
  }

  template <class... Values>
  void bind_all(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
  }

  void bind(int index, std::integral auto value) {
    bind_integer(index, static_cast<std::int64_t>(value));
  }
  void bind(int index, Timestamp value) { bind_integer(index, value.time_since_epoch().count()); }
  void bind(int index, std::string_view value);
  void bind(int index, std::nullopt_t /*value*/) {
    check(sqlite3_bind_null(statement_.get(), index));
  }
  template <class Value>
  void bind(int index, const std::optional<Value>& value) {
    value ? bind(index, *value) : bind(index, std::nullopt);
  }

  /// Goes to the next row; false after the last, and then the statement is ready for the next time.
  [[nodiscard]] bool next();

  [[nodiscard]] int columns() const { return sqlite3_column_count(statement_.get()); }

  // The present row.
  [[nodiscard]] std::int64_t integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
  }
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] Timestamp time(int column) const {
    return Timestamp(std::chrono::microseconds(integer(column)));
  }
  [[nodiscard]] std::optional<std::string> optional_text(int column) const {
    return is_null(column) ? std::nullopt : std::optional(text(column));
  }
  [[nodiscard]] std::optional<Timestamp> optional_time(int column) const {
    return is_null(column) ? std::nullopt : std::optional(time(column));
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };

  void bind_integer(int index, std::int64_t value) {
    check(sqlite3_bind_int64(statement_.get(), index, value));
  }
  void check(int code) const {
    if (code != SQLITE_OK) database_->fail(code);
  }
  [[nodiscard]] bool is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }

  Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// All or nothing: rolled back unless committed. Takes the write lock at its beginning, since a
/// transaction that has read before cannot wait for it (SQLITE_BUSY_SNAPSHOT).
class WriteTransaction {
 public:
  explicit WriteTransaction(Database& database) : database_(database) {
    database_.execute("BEGIN IMMEDIATE");
  }
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;
  ~WriteTransaction();

  void commit() {
    database_.execute("COMMIT");
    is_open_ = false;
  }

 private:
  Database& database_;
  bool is_open_ = true;
};

/// All that is read while it lives is from one moment. May lie inside a `WriteTransaction`.
class Snapshot {
 public:
  explicit Snapshot(Database& database) : database_(database) {
    database_.execute("SAVEPOINT snapshot");
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot() { sqlite3_exec(database_.handle(), "RELEASE snapshot", nullptr, nullptr, nullptr); }

 private:
  Database& database_;
};

}  // namespace study::sqlite
