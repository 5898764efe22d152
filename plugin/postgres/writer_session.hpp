/// A connection that may write to one study, and does it in single round trips.
#pragma once

#include "checkpoint/entry_table.hpp"
#include "postgres/writer_lock.hpp"

#include <unordered_map>
#include <vector>

namespace study::postgres {

/// What an attempt has come to, as in the column `status`, by the state that its entry has entered.
[[nodiscard]] inline std::string_view attempt_status(ExperimentState state) {
  return state == ExperimentState::pending ? "interrupted" : to_string(state);
}

/// One attempt at one experiment, as a row of the table `attempts`: whole as it is after a
/// transition, so that storing it twice does what storing it once does.
struct AttemptRow {
  checkpoint::EntryIndex entry = 0;
  std::uint32_t attempt = 0;   ///< as numbered in the store: 1 is the entry's first one ever
  std::uint64_t sequence = 0;  ///< of the transition
  ExperimentState state = ExperimentState::running;  ///< that the entry has entered
  std::optional<Timestamp> started_at;               ///< empty: it could not be started
  std::optional<Timestamp> ended_at;
  std::optional<std::string> result_file;
  std::optional<std::string> error_type;
  std::optional<std::string> error_message;
  std::optional<std::string> attributes;  ///< JSON
};

/// An entry that was added, as a row of the table `entries`, and the design hash that the study has
/// with it.
struct EntryRow {
  checkpoint::EntryIndex entry = 0;
  std::string config_hash;
  std::int32_t cycle = 1;
  std::string config_summary;
  std::string study_design_hash;
};

/// What is stored by one transaction, the entries first.
struct Batch {
  std::vector<EntryRow> entries;
  std::vector<AttemptRow> attempts;
};

/// Makes the rows of a study from its transitions, which come in order, each once.
class AttemptRows {
 public:
  [[nodiscard]] AttemptRow after(const checkpoint::Transition& transition);

 private:
  /// A row tells when its attempt began, a transition only when it happened.
  std::unordered_map<checkpoint::EntryIndex, Timestamp> running_since_;
};

/// What stores a transition, to be prepared; `{s}` is the schema. One statement, so that it is one
/// round trip and one transaction, in which listeners are told if and only if it is stored. Stored
/// twice it leaves the same row.
inline constexpr const char* kStoreAttemptSql =
    "WITH stored AS (INSERT INTO {s}.attempts (study_id, position, attempt, status, started_at_us, "
    "ended_at_us, result_file, error_type, error_message, attributes) VALUES ($1::bigint, "
    "$2::integer, $3::integer, $4::text, $5::bigint, $6::bigint, $7::text, $8::text, $9::text, "
    "$10::json) ON CONFLICT "
    "(study_id, position, attempt) DO UPDATE SET status = excluded.status, started_at_us = "
    "excluded.started_at_us, ended_at_us = excluded.ended_at_us, result_file = "
    "excluded.result_file, error_type = excluded.error_type, error_message = "
    "excluded.error_message, attributes = excluded.attributes) SELECT "
    "pg_catalog.pg_notify($11::text, $12::text)";

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

/// How many attempts the store has had of each entry; those of which it had none are left out.
using AttemptCounts = std::unordered_map<checkpoint::EntryIndex, std::uint32_t>;

/// Not for two threads at once. After a `ServerError` it is of no more use.
class WriterSession {
 public:
  /// Takes a connection that holds the lock.
  WriterSession(Connection connection, const WriterLock& lock, Deadline deadline);

  /// The attempts of the rows to come are counted from those that the store had already of each
  /// entry. `earlier` must outlive this.
  void count_from(const AttemptCounts& earlier) { earlier_ = &earlier; }

  /// Sends the rows and the ending as one transaction, with a notification for each attempt and the
  /// ending; does not wait. What was sent before must have been acknowledged.
  void send(const Batch& batch, const std::optional<Ending>& ending);

  /// Waits for the acknowledgement; false if it has not come at the deadline and may be waited for
  /// again.
  [[nodiscard]] bool await(Deadline deadline) { return connection_.await_end(deadline); }

 private:
  [[nodiscard]] std::uint32_t earlier_attempts(checkpoint::EntryIndex entry) const;

  Connection connection_;
  std::int64_t study_id_;
  std::string channel_;
  const AttemptCounts* earlier_ = nullptr;
};

}  // namespace study::postgres
