/// One session with a PostgreSQL server, in which nothing waits for ever, and what goes to and fro.
#pragma once

#include "postgres/connection_settings.hpp"

#include <study/error.hpp>
#include <study/posix.hpp>
#include <study/timestamp.hpp>

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>

#include <libpq-fe.h>

namespace study::postgres {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

/// The server refused something, or can't be reached. The message has no password in it.
class ServerError : public Error {
 public:
  explicit ServerError(const std::string& message, std::string sqlstate = {})
      : Error(message), sqlstate_(std::move(sqlstate)) {}

  /// The server's code of five characters; empty if it is not the server that speaks.
  /// https://www.postgresql.org/docs/current/errcodes-appendix.html
  [[nodiscard]] const std::string& sqlstate() const { return sqlstate_; }

 private:
  std::string sqlstate_;
};

/// Ends waits that are under way in another thread: once asked for, every wait that looks at fd()
/// ends at once.
class Interrupt {
 public:
  Interrupt();

  /// [any-thread]
  void request() const;

  /// Readable once it has been asked for.
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
};

/// PostgreSQL's `text` takes any UTF-8 but U+0000. What it can't hold is written as U+001A
/// (SUBSTITUTE) and two lower-case hex digits: U+0000 as `1A 30 30`, a byte that is no UTF-8 (a
/// path may have some) likewise, and U+001A itself as `1A 31 61`, so that every text comes back as
/// it was. All other text is stored as it is.
[[nodiscard]] std::string to_stored(std::string_view text);

/// The text that `to_stored` was given. What it never writes stays as it is.
[[nodiscard]] std::string from_stored(std::string_view stored);

/// The values of a statement's $1, $2, … in text format. Texts are as `to_stored` writes them,
/// times microseconds since 1970, UTC.
class Parameters {
 public:
  template <class... Values>
  explicit Parameters(const Values&... values) {
    (add(values), ...);
  }

  void add(std::string_view value) { append(to_stored(value)); }
  void add(std::nullopt_t /*value*/) { begins_.push_back(kNull); }
  void add(std::integral auto value) { append(std::to_string(value)); }
  void add(Timestamp value) { add(value.time_since_epoch().count()); }
  template <class Value>
  void add(const std::optional<Value>& value) {
    value ? add(*value) : add(std::nullopt);
  }

  [[nodiscard]] int size() const { return static_cast<int>(begins_.size()); }
  /// As libpq wants them; valid as long as this isn't changed.
  [[nodiscard]] std::vector<const char*> values() const;

 private:
  static constexpr std::size_t kNull = std::string::npos;

  void append(std::string_view bytes);

  std::string bytes_;  ///< one behind the other, each with a U+0000 at its end
  std::vector<std::size_t> begins_;
};

/// The rows that a statement gave.
class Rows {
 public:
  explicit Rows(PGresult* result) : result_(result, &PQclear) {}

  [[nodiscard]] int size() const { return PQntuples(result_.get()); }
  [[nodiscard]] bool is_null(int row, int column) const {
    return PQgetisnull(result_.get(), row, column) != 0;
  }
  [[nodiscard]] std::int64_t integer(int row, int column) const;
  /// As `from_stored` reads it.
  [[nodiscard]] std::string text(int row, int column) const {
    return from_stored(bytes(row, column));
  }
  [[nodiscard]] std::optional<std::string> optional_text(int row, int column) const {
    return is_null(row, column) ? std::nullopt : std::optional(text(row, column));
  }
  /// Throws `CheckpointError` for a time that can't be one of a study.
  [[nodiscard]] Timestamp time(int row, int column) const;
  [[nodiscard]] std::optional<Timestamp> optional_time(int row, int column) const {
    return is_null(row, column) ? std::nullopt : std::optional(time(row, column));
  }

 private:
  [[nodiscard]] std::string_view bytes(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
  }

  std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

/// Not for two threads at once. After a `ServerError` without sqlstate it is of no more use.
class Connection {
 public:
  /// Connects, for at most the settings' connect_timeout for each host; whatever is waited for
  /// behind that ends with the interrupt. Settings and interrupt must outlive it.
  explicit Connection(const ConnectionSettings& settings, const Interrupt* interrupt = nullptr);

  /// One statement with its parameters, in one round trip.
  Rows run(const std::string& sql, const Parameters& parameters, Deadline deadline);
  Rows run(const std::string& sql, Deadline deadline) { return run(sql, Parameters(), deadline); }
  /// Several statements without parameters, in one round trip; one transaction unless they say
  /// otherwise.
  void run_script(const std::string& sql, Deadline deadline);
  void prepare(const char* name, const std::string& sql, Deadline deadline);

  // Pipelines: from the first send() on, these alone.

  /// Adds a prepared statement to the pipeline.
  void send(const char* prepared, const Parameters& parameters);
  /// Ends the pipeline, which is one transaction.
  void send_end();
  /// Waits for the acknowledgement of the pipeline that was ended; false if it has not come in time
  /// and may be waited for again. Throws `ServerError` if the transaction was refused.
  [[nodiscard]] bool await_end(Deadline deadline);

  [[nodiscard]] int server_pid() const { return PQbackendPID(connection_.get()); }
  [[nodiscard]] int server_version() const { return PQserverVersion(connection_.get()); }
  /// Such as `server_encoding`; empty if the server has not told.
  [[nodiscard]] std::string server_parameter(const char* name) const;
  /// `database "studies" at /run/postgresql:5432`
  [[nodiscard]] std::string description() const;

 private:
  using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

  [[noreturn]] void fail_connection() const;
  [[nodiscard]] ServerError error_of(const PGresult* result) const;
  /// False at the deadline.
  [[nodiscard]] bool wait(short events, Deadline deadline) const;
  /// Sends and receives until a result can be taken without waiting; false at the deadline.
  [[nodiscard]] bool make_ready(Deadline deadline);
  [[nodiscard]] Result next_result(Deadline deadline);
  /// Takes all results of what was sent; the last one that is none of an error.
  [[nodiscard]] Result finish(Deadline deadline);
  void require_sent(int success) const {
    if (success != 1) fail_connection();
  }

  const ConnectionSettings& settings_;
  const Interrupt* interrupt_;
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
  std::optional<ServerError> pipeline_error_;
};

}  // namespace study::postgres
