/// What a checkpoint store has to do. `CheckpointObserver` does the rest.
#pragma once

#include "checkpoint/entry_table.hpp"

#include <study/error.hpp>
#include <study/log.hpp>
#include <study/manifest.hpp>
#include <study/observer.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace study::checkpoint {

/// How sinks and their observer speak to the host's log.
using Log = std::function<void(LogSeverity severity, std::string_view text)>;

/// A store that keeps the checkpoint of one study. Calls are serialised; each may throw an
/// exception derived from std::exception with a message that names the store and what to do.
///
/// The table numbers the attempts of each entry, from 1. A store that keeps a history of them has
/// the sink tell the table with `EntryTable::set_attempts()` which numbers it has already: in
/// open() those of a resumed study; in commit() or close() those of another store, where it goes on
/// with one because the first was lost. That is all that a sink changes of the table.
class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  /// Stores the whole table, the first thing that is asked of a sink that writes. When it returns,
  /// the store holds a checkpoint of the study. `event.resume_from` tells a resumed study, whose
  /// table need not be what the store holds: the table is right. Without it the store must not have
  /// a study of this directory: then it throws `occupied()`, and has changed nothing. The table
  /// stays where it is until close() has returned. What it throws refuses the study, but for
  /// `StoreAway`: then the sink is open, and stores the table before anything else when it can, but
  /// nothing before there is something else.
  virtual void open(EntryTable& table, const StudyStart& event) = 0;

  /// Whether it has a place for what is known of an attempt. Else nobody puts it together.
  [[nodiscard]] virtual bool keeps_attributes() const { return true; }

  /// Stores what has changed: `transition`, after which the entries are as in `table`, and all
  /// before it that are not stored yet. When it returns, all are stored as durably as the sink's
  /// options ask.
  ///
  /// A transition is handed over once, also when commit() throws: the sink keeps what it needs to
  /// store it with the next call, so that an outage costs each transition the same, however long it
  /// lasts. What a transition costs then should not grow with the number of those before it.
  virtual void commit(EntryTable& table, const Transition& transition) = 0;

  /// The entries of `table` from `first` on are new since `time`, and its design hash has changed:
  /// stores them, before any transition of theirs. What throws is tried again by the next call of
  /// any kind, as with commit(). What an entry costs should not grow with the number of those
  /// before it.
  virtual void add(EntryTable& table, EntryIndex first, Timestamp time) = 0;

  /// The study has ended: `table.head()` has the outcome. Stores that and all transitions that are
  /// not stored yet, and releases everything. When it throws, it is called again a few times. It
  /// doesn't wait for anybody beyond `deadline`.
  virtual void close(EntryTable& table, std::chrono::steady_clock::time_point deadline) = 0;

  /// The checkpoint that is stored of a study; empty where there is none. Asked of a sink that has
  /// not been opened. Changes nothing. Throws `CheckpointError` for one that can't be used.
  [[nodiscard]] virtual std::optional<StudyManifest> read_checkpoint(
      const CheckpointQuery& query) = 0;

  /// All attempts that are stored of the study, those at one entry in the order of their numbers;
  /// false where there is none of it. Otherwise as read_checkpoint(): asked of a sink whose
  /// observer is a `HistoryObserver`.
  [[nodiscard]] virtual bool read_attempts(const CheckpointQuery& query, const TakeAttempt& take) {
    static_cast<void>(query);
    static_cast<void>(take);
    return false;
  }

  /// All studies that the store has; false where it doesn't exist yet. Otherwise as
  /// read_checkpoint(): asked of a sink whose observer is a `SharedStoreObserver`.
  [[nodiscard]] virtual bool list_studies(const StudiesQuery& query, const TakeStudy& take) {
    static_cast<void>(query);
    static_cast<void>(take);
    return false;
  }
};

/// What a store says that has a study of the directory already. `what` names it, such as
/// `manifest.json tells of the study sweep, which began at …, 3 of 8 completed`; `way_out` is what
/// to do instead of resuming it.
[[nodiscard]] StudyError occupied(const std::string& what, const std::string& way_out);

/// `the study sweep, which began at 2026-02-27T16:30:00Z: 3 of 8 completed, interrupted`
[[nodiscard]] std::string describe_study(const ManifestHead& head,
                                         const ManifestCounters& counters);

}  // namespace study::checkpoint
