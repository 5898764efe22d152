/// One connection to a SQLite database file.
#pragma once

#include <study/error.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

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
  /// Throws `DatabaseError`. `busy_timeout` is how long each statement waits for a lock.
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

  [[nodiscard]] bool is_read_only() const;
  /// The path leads to another file by now, or to none: what is written here, nobody finds.
  [[nodiscard]] bool has_moved() const;

  /// Throws the `DatabaseError` for the result `code` of the last call.
  [[noreturn]] void fail(int code) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
  };

  std::filesystem::path path_;
  std::chrono::milliseconds busy_timeout_;
  std::unique_ptr<sqlite3, Close> handle_;
};

/// All or nothing: rolled back unless committed. Takes the write lock at its beginning, since a
/// transaction that has read before cannot wait for it (SQLITE_BUSY_SNAPSHOT).
class WriteTransaction {
 public:
  explicit WriteTransaction(Database& database);
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;
  ~WriteTransaction();

  void commit();

 private:
  Database& database_;
  bool is_open_ = true;
};

/// All that is read while it lives is from one moment. May lie inside a `WriteTransaction`.
class Snapshot {
 public:
  explicit Snapshot(Database& database);
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot();

 private:
  Database& database_;
};

}  // namespace study::sqlite
