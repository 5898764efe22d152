#include "sqlite/database.hpp"

#include "base/format.hpp"

#include <study/posix.hpp>

#include <algorithm>
#include <cerrno>
#include <limits>

#include <fcntl.h>
#include <unistd.h>

namespace study::sqlite {
namespace {

/// `path` as an SQLite URI (RFC 3986: everything that isn't unreserved is escaped).
[[nodiscard]] std::string immutable_uri(const std::filesystem::path& path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : path.native()) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/-._~").find(c) != std::string_view::npos;
    if (plain) {
      uri += c;
    } else {
      uri += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
  }
  return uri + "?immutable=1";
}

/// What SQLite itself would create is writable for its owner alone, whatever the umask; so a
/// colleague could not begin a study beside it. By a link and not by its name, so that no
/// descriptor of a database that others know is ever closed.
void create_if_absent(const std::filesystem::path& path) {
  std::error_code unknown;
  if (std::filesystem::exists(std::filesystem::symlink_status(path, unknown))) return;
  const std::filesystem::path own =
      path.parent_path() / study::format(".{}.{}.tmp", path.filename().string(), ::getpid());
  ::unlink(own.c_str());
  const UniqueFd file = open_regular_file(own.c_str(), O_WRONLY | O_CREAT | O_EXCL);
  if (!file) return;                                     // SQLite says why
  static_cast<void>(::link(own.c_str(), path.c_str()));  // or SQLite creates it
  ::unlink(own.c_str());
}

/// Whatever lies under the database's names and is no file, SQLite might wait for it for ever.
void refuse_what_is_no_file(const std::filesystem::path& database) {
  using std::filesystem::file_type;
  for (const char* const ending : {"", "-wal", "-shm", "-journal"}) {
    const std::string file = database.string() + ending;
    std::error_code unknown;
    const file_type type = std::filesystem::symlink_status(file, unknown).type();
    if (type == file_type::not_found || type == file_type::regular || type == file_type::none) {
      continue;
    }
    throw DatabaseError(SQLITE_CANTOPEN, file + ": " + open_problem(ELOOP));
  }
}

void obey_nothing_in(sqlite3* handle) {
  constexpr int kMaxValueBytes = 64 << 20;
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kMaxValueBytes);
}

[[nodiscard]] sqlite3* open(const std::filesystem::path& path, Access access, int& code) {
  // NOMUTEX: the observer's calls are serialised, and nobody else has the handle. SQLite opens with
  // O_CLOEXEC, so experiments don't inherit the file. Reading asks for a writable file, too: a
  // read-only connection can't remove the -shm file that it has to create.
  const int flags =
      SQLITE_OPEN_NOMUTEX | (access == Access::read_alone ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
                             : access == Access::read     ? SQLITE_OPEN_READWRITE
                                                      : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  sqlite3* handle = nullptr;
  const std::string name =
      access == Access::read_alone ? immutable_uri(path) : std::filesystem::absolute(path).string();
  code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  return handle;
}

[[nodiscard]] std::string seconds_text(std::chrono::milliseconds duration) {
  const auto count = duration.count();
  return count % 1000 == 0 ? study::format("{} s", count / 1000)
                           : study::format("{}.{:03} s", count / 1000, count % 1000);
}

}  // namespace

Database::Database(std::filesystem::path path, Access access,
                   std::chrono::milliseconds busy_timeout)
    : path_(std::move(path)), busy_timeout_(busy_timeout) {
  refuse_what_is_no_file(path_);
  if (access == Access::write) create_if_absent(path_);
  int code = SQLITE_OK;
  handle_.reset(open(path_, access, code));
  if (code != SQLITE_OK) fail(code);
  obey_nothing_in(handle());
  wait_for_locks(busy_timeout_);
}

void Database::wait_for_locks(std::chrono::milliseconds patience) {
  const auto most = std::chrono::milliseconds(std::numeric_limits<int>::max());
  sqlite3_busy_timeout(handle(), static_cast<int>(std::min(patience, most).count()));
}

void Database::limit_time(std::chrono::milliseconds limit) {
  constexpr int kInstructionsBetweenLooks = 10'000;
  limit_ = limit;
  deadline_ = std::chrono::steady_clock::now() + limit;
  sqlite3_progress_handler(handle(), kInstructionsBetweenLooks, &Database::is_too_late, this);
}

int Database::is_too_late(void* self) {
  return std::chrono::steady_clock::now() > static_cast<Database*>(self)->deadline_ ? 1 : 0;
}

void Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t Database::query_integer(const char* sql) {
  Statement statement(*this, sql);
  return statement.next() ? statement.integer(0) : 0;
}

std::string Database::query_text(const char* sql) {
  Statement statement(*this, sql);
  return statement.next() ? statement.text(0) : std::string();
}

bool Database::has_moved() const {
  int moved = 0;
  return sqlite3_file_control(handle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
         moved != 0;
}

bool Database::has_lost_log() {
  // A writer's connection has one from its first statement on.
  FileIdentity now;
  const bool is_there = identify_file(AT_FDCWD, (path_.string() + "-wal").c_str(), 0, now) == 0;
  if (!log_ && is_there) log_ = now;
  if (is_there && log_ == now) return false;
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return true;
}

void Database::fail(int code) const {
  const std::string file = path_.string();
  if (handle_ == nullptr) throw DatabaseError(code, file + ": " + sqlite3_errstr(code));
  // Of the last system call that failed; SQLite keeps it also where that was of no consequence.
  const int error_number = sqlite3_system_errno(handle());
  const std::string system =
      error_number == 0 ? "" : ": " + std::generic_category().message(error_number);
  const std::string reason = sqlite3_errmsg(handle());
  const auto explain = [&]() -> std::string {
    switch (code & 0xff) {
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
        return study::format(
            " has been locked by another process for {}: close the program that holds it, or give "
            "a larger busy_timeout_seconds",
            seconds_text(busy_timeout_));
      case SQLITE_INTERRUPT:
        return " takes more than " + seconds_text(limit_) +
               " to be read: what it holds is no study";
      case SQLITE_NOTADB:
        return " is not an SQLite database: move it away, or give sqlite_writer another `path`";
      case SQLITE_CORRUPT:
        return study::format(
            " is damaged ({}): move it away, and get what is left of it with `sqlite3 {} .recover`",
            reason, file);
      case SQLITE_READONLY:
        return " is read-only: make the file and its folder writable, or give sqlite_writer "
               "another `path`";
      case SQLITE_FULL:
        return " can't grow, the disk is full: make room on it";
      case SQLITE_CANTOPEN:
        return study::format(" can't be opened ({}{}): its folder must exist and be writable",
                             reason, system);
      case SQLITE_IOERR:
        return ": " + reason + system;
      default:
        return ": " + reason;
    }
  };
  throw DatabaseError(code, file + explain());
}

Statement::Statement(Database& database, std::string_view sql) : database_(&database) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  statement_.reset(statement);
}

void Statement::bind(int index, std::string_view value) {
  // A null pointer would bind NULL, which is not the empty text.
  const char* const bytes = value.data() == nullptr ? "" : value.data();
  check(sqlite3_bind_text64(statement_.get(), index, bytes, value.size(), SQLITE_STATIC,
                            SQLITE_UTF8));
}

bool Statement::next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    // The reset is what gives the locks back.
    check(sqlite3_reset(statement_.get()));
    return false;
  }
  try {
    database_->fail(code);
  } catch (...) {  // only now: the reset may change the message that the error is made of
    sqlite3_reset(statement_.get());
    throw;
  }
}

std::string Statement::text(int column) const {
  const auto* const bytes =
      reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

WriteTransaction::~WriteTransaction() {
  // Of no consequence if it fails: a transaction that is not committed is not there.
  if (is_open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace study::sqlite
