/// Whole studies: how a table gets into the database when a study is opened, and out of it again.
#pragma once

#include "checkpoint/entry_table.hpp"
#include "postgres/claim.hpp"

#include <study/observer.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace study::postgres {

/// Stores the whole table in one transaction and sets `claim.study_id`, which must hold the lock. A
/// resumed study keeps its rows and the history of its attempts, and where they disagree with
/// the table, the table is right; a new one gets rows of its own. Gives for each entry the number
/// of its last attempt, 0 where there is none.
[[nodiscard]] std::vector<std::int32_t> store_study(Connection& connection, Claim& claim,
                                                    const checkpoint::EntryTable& table,
                                                    bool resumed, Deadline deadline);

/// The checkpoint of one study as it is at one moment; empty if there is none.
/// By directory: the latest study of that directory or, where it has none yet because it is a copy,
/// of the one that it is a copy of. By name: the latest study of that name, wherever it ran.
[[nodiscard]] std::optional<StudyManifest> read_by_directory(Connection& connection,
                                                             const std::string& schema,
                                                             const DirectoryId& directory,
                                                             Deadline deadline);
[[nodiscard]] std::optional<StudyManifest> read_by_name(Connection& connection,
                                                        const std::string& schema,
                                                        const std::string& study_name,
                                                        Deadline deadline);

}  // namespace study::postgres
