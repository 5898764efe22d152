/// The checkpoint as rows of an SQLite database that many studies share.
#pragma once

#include "checkpoint/sink.hpp"
#include "sqlite/study_writer.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

namespace study::sqlite {

/// Each transition is one row written by one transaction, durable as the options ask when the call
/// returns. FORMAT.md has the tables, and what survives what.
///
/// Several studies of several processes may write to one database: a write waits for the others, at
/// most the busy timeout. When that was in vain, the next ones wait only briefly until one
/// succeeds, so that a database that stays locked delays a study, and its end, once. A database
/// that was moved or removed while a study writes to it, or whose log was, is noticed within 50 ms
/// and at the end, and the study is stored whole in a new one at its place.
class SqliteSink final : public checkpoint::Sink {
 public:
  SqliteSink(SqliteOptions options, checkpoint::Log log)
      : options_(std::move(options)), log_(std::move(log)) {}

  void open(checkpoint::EntryTable& table, const StudyStart& event) override;
  void commit(checkpoint::EntryTable& table, const checkpoint::Transition& transition) override;
  void add(checkpoint::EntryTable& table, checkpoint::EntryIndex first, Timestamp time) override;
  void close(checkpoint::EntryTable& table,
             std::chrono::steady_clock::time_point deadline) override;
  [[nodiscard]] std::optional<StudyManifest> read_checkpoint(const CheckpointQuery& query) override;
  [[nodiscard]] bool read_attempts(const CheckpointQuery& query, const TakeAttempt& take) override;
  [[nodiscard]] bool list_studies(const StudiesQuery& query, const TakeStudy& take) override;

 private:
  [[nodiscard]] std::filesystem::path database_of(const CheckpointQuery& query) const;
  void connect_again(checkpoint::EntryTable& table);
  void look_after_database();
  void store(checkpoint::EntryTable& table);
  void write_unstored(const checkpoint::EntryTable& table);
  void note_failure(const DatabaseError& error);
  void wait_for_locks(std::chrono::milliseconds patience);
  [[nodiscard]] std::chrono::milliseconds patience_until_deadline() const;
  void leave_moved_database();

  const SqliteOptions options_;
  const checkpoint::Log log_;
  std::filesystem::path path_;           ///< of the database
  std::string stored_directory_;         ///< the study's, as the database has it
  std::unique_ptr<StudyWriter> writer_;  ///< null: the connection has failed
  std::vector<checkpoint::Transition> unstored_;
  std::chrono::milliseconds patience_ = options_.busy_timeout;  ///< with a locked database, now
  std::chrono::steady_clock::time_point looked_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;  ///< of the end of the study
};

}  // namespace study::sqlite
