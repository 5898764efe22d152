/// A connection that may write to one study, and does it in single round trips.
#pragma once

#include "postgres/attempt_row.hpp"
#include "postgres/connection.hpp"
#include "postgres/writer_lock.hpp"

#include <study/experiment_state.hpp>

#include <optional>
#include <span>

namespace study::postgres {

/// What stores a transition, to be prepared; `{s}` is the schema. One statement, so that it is one
/// round trip and one transaction, in which listeners are told if and only if it is stored. Stored
/// twice it leaves the same row.
inline constexpr const char* kStoreAttemptSql =
    "WITH stored AS (INSERT INTO {s}.attempts (study_id, position, attempt, status, started_at_us, "
    "ended_at_us, result_file, error_type, error_message) VALUES ($1::bigint, $2::integer, "
    "$3::integer, $4::text, $5::bigint, $6::bigint, $7::text, $8::text, $9::text) ON CONFLICT "
    "(study_id, position, attempt) DO UPDATE SET status = excluded.status, started_at_us = "
    "excluded.started_at_us, ended_at_us = excluded.ended_at_us, result_file = "
    "excluded.result_file, error_type = excluded.error_type, error_message = "
    "excluded.error_message) SELECT pg_catalog.pg_notify($10::text, $11::text)";

/// How a study ended.
struct Ending {
  StudyStatus status = StudyStatus::completed;
  std::optional<Timestamp> completed_at;
};

/// Sets what the session needs, whatever the server's defaults are. Throws `StudyError` for a
/// server or a database that can't be used at all.
void prepare_session(Connection& connection, Deadline deadline);

/// What listeners are told of a study as a whole.
[[nodiscard]] std::string study_notification(std::int64_t study_id, StudyStatus status);

/// Not for two threads at once. After a `ServerError` it is of no more use.
class WriterSession {
 public:
  /// Takes a connection that holds the lock.
  WriterSession(Connection connection, const WriterLock& lock, Deadline deadline);

  /// Sends the rows and the ending as one transaction, with a notification for each; does not
  /// wait. What was sent before must have been acknowledged.
  void send(std::span<const AttemptRow> rows, const std::optional<Ending>& ending);

  /// Waits for the acknowledgement; false if it has not come at the deadline and may be waited for
  /// again.
  [[nodiscard]] bool await(Deadline deadline) { return connection_.await_end(deadline); }

 private:
  Connection connection_;
  std::int64_t study_id_;
  std::string channel_;
};

}  // namespace study::postgres
