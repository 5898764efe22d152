/// The checkpoint in a PostgreSQL database, of which many hosts may write their studies to one.
#pragma once

#include "checkpoint/sink.hpp"
#include "postgres/delivery.hpp"
#include "postgres/study_store.hpp"

namespace study::postgres {

struct PostgresOptions {
  std::string connection;  ///< conninfo or URI; empty: the PG* environment
  std::string schema = "study_checkpoint";
  std::chrono::milliseconds wait{300};      ///< of a transition, at most, for the network
  int connect_timeout_seconds = 5;          ///< for each host; what `connection` says comes first
  std::chrono::milliseconds start_wait{0};  ///< for a server that can't take us yet
  /// A server that owes an answer for so long is tried with a new connection.
  std::chrono::milliseconds answer_timeout{15'000};
};

/// Each transition is one round trip, and stored when commit() has returned. An outage of the
/// server costs no transition and no time: what changed meanwhile is sent when it is back.
/// FORMAT.md tells what is stored how, and what is promised.
class PostgresSink final : public checkpoint::Sink {
 public:
  /// Throws `InputError` for options that can't be right. Doesn't connect. `log` is told what is
  /// waited for.
  explicit PostgresSink(PostgresOptions options, checkpoint::Log log = {});

  void open(checkpoint::EntryTable& table, const StudyStart& event) override;
  void commit(checkpoint::EntryTable& table, const checkpoint::Transition& transition) override;
  void add(checkpoint::EntryTable& table, checkpoint::EntryIndex first, Timestamp time) override;
  void close(checkpoint::EntryTable& table, Deadline deadline) override;
  [[nodiscard]] std::optional<StudyManifest> read_checkpoint(const CheckpointQuery& query) override;
  [[nodiscard]] bool read_attempts(const CheckpointQuery& query, const TakeAttempt& take) override;
  [[nodiscard]] bool list_studies(const StudiesQuery& query, const TakeStudy& take) override;

 private:
  void begin(const StudyStart& event);
  [[nodiscard]] std::unique_ptr<WriterSession> store_whole(Connection connection,
                                                           const OpenedStudy& study);
  [[nodiscard]] std::unique_ptr<WriterSession> store_late(Connection connection);
  [[nodiscard]] std::unique_ptr<WriterSession> reconnect();
  template <class Row>
  void deliver(Row row);
  template <class Body>
  void read(const CheckpointQuery& query, const Body& body) const;

  const PostgresOptions options_;
  const checkpoint::Log log_;
  const ConnectionSettings settings_;
  const Interrupt interrupt_;
  WriterLock lock_;  ///< the delivery's, from open to close
  AttemptRows rows_;
  /// A study that began while the server was away, until it is stored; then how many attempts the
  /// server had. The delivery's.
  std::optional<OpenedStudy> unstored_;
  AttemptCounts earlier_attempts_;
  std::optional<Delivery> delivery_;  ///< uses all of the above
};

}  // namespace study::postgres
