/// Makes the stored rows of a study say what its table says, which is right.
#pragma once

#include "checkpoint/entry_table.hpp"
#include "sqlite/database.hpp"

#include <cstdint>
#include <vector>

namespace study::sqlite {

/// Gives each entry of the table its row and its position, with the attempts that are stored of
/// it. Entries that the table doesn't have go. Belongs inside a transaction.
void match_entries(Database& database, std::int64_t study_id, const checkpoint::EntryTable& table);

/// Makes each entry's last attempt tell its state. Nothing that has happened is forgotten: an
/// attempt that the table doesn't know of is kept, as `interrupted` where its writer was killed, as
/// discarded where its result is no longer valid; one that only the table knows of is added.
///
/// Gives for each entry the number of its last attempt less those that the table counts. Belongs
/// inside a transaction, after `match_entries`.
[[nodiscard]] std::vector<std::int64_t> match_states(Database& database, std::int64_t study_id,
                                                     const checkpoint::EntryTable& table);

}  // namespace study::sqlite
