/// What a checkpoint store has to do. `CheckpointObserver` does the rest.
#pragma once

#include "checkpoint/entry_table.hpp"

#include <study/log.hpp>
#include <study/observer.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace study::checkpoint {

/// How sinks and their observer speak to the host's log.
using Log = std::function<void(LogSeverity severity, std::string_view text)>;

/// A store that keeps the checkpoint of one study. Calls are serialised; each may throw an
/// exception derived from std::exception with a message that names the store and what to do.
class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  /// Stores the whole table, the first thing that is asked of a sink that writes. When it returns,
  /// the store holds a checkpoint of the study. `event.resume_from` tells a resumed study, whose
  /// table need not be what the store holds: the table is right. It stays where it is
  /// until close() has returned. What it throws refuses the study.
  virtual void open(const EntryTable& table, const StudyStart& event) = 0;

  /// Stores what has changed: `transitions`, in order, after the last of which the entries are as
  /// in `table`. When it returns, all of them are stored as durably as the sink's options ask. When
  /// it throws, it is called again with the same transitions and those that have come since: a sink
  /// that stored a part of them tells by `Transition::sequence`.
  virtual void commit(const EntryTable& table, std::span<const Transition> transitions) = 0;

  /// The study has ended: `table.head()` has the outcome. Stores that and `missed`, the transitions
  /// that the last commits could not store, and releases everything. When it throws, it is called
  /// again a few times.
  virtual void close(const EntryTable& table, std::span<const Transition> missed) = 0;

  /// The checkpoint that is stored of a study; empty where there is none. Asked of a sink that has
  /// not been opened. Changes nothing. Throws `CheckpointError` for one that can't be used.
  [[nodiscard]] virtual std::optional<StudyManifest> read_checkpoint(
      const CheckpointQuery& query) = 0;
};

}  // namespace study::checkpoint
