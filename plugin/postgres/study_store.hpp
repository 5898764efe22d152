/// Whole studies: how a table gets into the database when a study is opened, and out of it again.
#pragma once

#include "checkpoint/entry_table.hpp"
#include "postgres/writer_session.hpp"

#include <string>

namespace study::postgres {

/// A study as it is when it is opened: a copy, since the table changes.
struct OpenedStudy {
  ManifestHead head;
  std::string entries;  ///< JSON
  bool is_resumed = false;
};

[[nodiscard]] OpenedStudy opened_study(const checkpoint::EntryTable& table, bool is_resumed);

/// Stores the whole study in one transaction and sets `lock.study_id`; the lock must be held. A
/// resumed study keeps its rows and the history of its attempts, from which to count on, and where
/// they disagree with the table, the table is right. Throws `StudyError` for a new one where there
/// is one of the directory.
[[nodiscard]] AttemptCounts store_study(Connection& connection, WriterLock& lock,
                                        const OpenedStudy& study, Deadline deadline);

/// The checkpoint of one study as it is at one moment; empty if there is none.
/// By `directory`, if there is one: the latest study of that directory or, where it has none yet
/// because it is a copy, of the one that it is a copy of. By name: the latest study of that name,
/// wherever it ran.
[[nodiscard]] std::optional<StudyManifest> read_latest(Connection& connection,
                                                       const std::string& schema,
                                                       const std::optional<DirectoryId>& directory,
                                                       const std::string& study_name,
                                                       Deadline deadline);

/// The same for all attempts at that study's entries; false if there is none.
[[nodiscard]] bool read_latest_attempts(Connection& connection, const std::string& schema,
                                        const std::optional<DirectoryId>& directory,
                                        const std::string& study_name, const TakeAttempt& take,
                                        Deadline deadline);

}  // namespace study::postgres
